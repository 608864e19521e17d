// All sweeps.
import { ago, api, cell, dim, duration, enc, every, fill, finder, grid, h, link, now, num, panel, params, plural, setParams, sortHead, stateBadge } from './lib.js';

export async function show(main) {
	document.title = 'Sweeps · Sweep';
	let rows = (await api('/sweeps')).sweeps;
	const body = h('div.scroll', { style: { '--tall': 'none' } }), count = h('span.count', { role: 'status' });
	const input = finder('Search names, ids, metrics, files, notes and tags', params().get('q') ?? '', q => { setParams({ q }); draw(); });
	let sort = params().get('sort') ?? '';
	const trials = r => Object.values(r.counts).reduce((a, b) => a + b, 0), words = r => [r.name, r.id, r.metric, r.file, r.method, r.state, r.remark?.note, ...r.remark?.tags ?? []].join(' ').toLowerCase();
	const columns = { name: r => (r.name ?? r.id).toLowerCase(), state: r => r.state, best: r => r.best, trials, failed: r => r.counts.failed ?? 0, created: r => -r.created };
	const draw = () => {
		const q = input.value.toLowerCase().split(/\s+/).filter(Boolean), found = rows.filter(r => q.every(w => words(r).includes(w)));
		const key = columns[sort.replace('-', '')];
		if (key) found.sort((a, b) => { const x = key(a), y = key(b); return ((x === null) - (y === null)) || (x < y ? -1 : x > y ? 1 : 0) * (sort.startsWith('-') ? -1 : 1); });
		count.textContent = `showing ${Math.min(500, found.length)} of ${plural(rows.length, 'sweep')}`;
		const sorted = (label, key, isNumber) => sortHead(label, key, sort, next => { sort = next; setParams({ sort }); draw(); }, isNumber);
		fill(body, rows.length === 0 ? h('p.empty', 'No sweep yet: ', h('code', 'sweep create config.yaml')) : grid([sorted('sweep', 'name'), sorted('state', 'state'), 'method', sorted('best', 'best', true), 'metric', sorted('trials', 'trials', true), sorted('failed', 'failed', true), sorted('created', 'created'), 'time'],
			found.slice(0, 500).map(r => [[link(`/sweeps/${enc(r.id)}`, r.name ?? r.id), r.name ? dim(` ${r.id}`) : null, r.remark?.star ? ' ★' : null, (r.remark?.tags ?? []).map(t => [' ', h('span.badge.dim', t)])], stateBadge(r.state), r.method,
				cell(num(r.best)), r.metric, cell(`${trials(r)}${r.expected ? ` of ${r.expected}` : ''}`), h('td.n', { class: r.counts.failed ? 'bad' : '', title: Object.keys(r.failures ?? {}).join('\n') }, r.counts.failed ?? 0),
				ago(r.created), duration(((r.ended ?? now()) - r.created) / 1000)])));
	};
	fill(main, h('div.head', h('h1', 'Sweeps'), count), h('div.filters', input), panel(body));
	draw();
	return every(5000, async () => { rows = (await api('/sweeps')).sweeps; draw(); });
}
