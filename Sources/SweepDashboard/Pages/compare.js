// Some trials side by side: what differs, and how they went.
import { api, bytes, clock, curve, dim, duration, enc, fill, flat, grid, h, h2, keptChoice, known, link, noted, num, number, overviewOf, panel, params, plural, recordOf, setParams, spring, stateBadge, text, th, toggle, trialPath } from './lib.js';
import { curveControls, curveOptions, lineChart } from './charts.js';

const MOST = 20;

export async function show(main, sweep) {
	const numbers = (params().get('trials') ?? '').split(',').map(Number).filter(n => n > 0), list = numbers.slice(0, MOST), path = `/sweeps/${enc(sweep)}`;
	document.title = 'Compare · Sweep';
	if (!sweep || list.length === 0) {
		fill(main, panel(h('h1', 'Compare'), h('p', 'Choose two trials or more in a sweep’s leaderboard.'), link('/', 'All sweeps')));
		return null;
	}
	const runs = await Promise.all(list.map(n => api(`${path}/trials/${n}`)));
	const base = runs[0], table = h('div.scroll', { style: { '--tall': 'none' } });
	const sections = [
		['Parameters', runs.map(r => Object.fromEntries(flat(r.trial.params)))],
		['Metrics', runs.map(r => Object.fromEntries(Object.entries(r.trial.metrics).map(([k, v]) => [k, number(v)])))],
		['How it went', runs.map(r => { const a = r.attempts[r.attempts.length - 1] ?? {}; return { state: r.trial.state, reason: r.trial.reason, started: clock(r.trial.started), took: duration((r.trial.ended - r.trial.started) / 1000), attempts: r.trial.attempt, host: a.host, agent: a.agent, slot: a.slot, memory: bytes(a.peakMemory), 'CPU time': duration(a.cpuSeconds), command: a.argv?.join(' '), directory: a.directory }; })],
	];
	let onlyDifferent = params().get('same') !== '1';
	const draw = () => {
		let hidden = 0;
		const rows = sections.flatMap(([name, maps]) => {
			const keys = [...new Set(maps.flatMap(m => Object.keys(m)))];
			const lines = keys.map(k => {
				const values = maps.map(m => m[k]), same = values.every(v => text(v) === text(values[0]));
				if (same && onlyDifferent) { hidden++; return null; }
				return h('tr', h('th', { scope: 'row' }, k), values.map((v, i) => h('td.wrap', { title: text(v) }, text(v),
					typeof v === 'number' && v !== values[0] && known(v - values[0]) ? dim(` (${v > values[0] ? '+' : ''}${num(v - values[0], 2)})`) : null)));
			}).filter(Boolean);
			return lines.length ? [h('tr', h('th', { colspan: runs.length + 1, scope: 'rowgroup' }, name)), ...lines] : [];
		});
		fill(table, grid(['', ...runs.map((r, i) => th(link(trialPath(sweep, r.trial.number), `trial ${r.trial.number}`), i === 0 ? ' (base)' : '', ' ', stateBadge(r.trial.state)))], rows),
			hidden ? noted(`${plural(hidden, 'row')} the same in all ${plural(runs.length, 'trial')} ${hidden === 1 ? 'is' : 'are'} not shown`) : null);
	};
	const chart = panel(), code = panel(h2('Code'));
	fill(main, h('div.head', h('h1', `Compare ${plural(runs.length, 'trial')}`), link(path, 'Back to the sweep'), spring(),
		numbers.length > MOST ? h('span.count', `showing ${MOST} of ${numbers.length}`) : null, toggle('Only what differs', onlyDifferent, on => { onlyDifferent = on; setParams({ same: on ? '' : '1' }); draw(); })),
	panel(table), chart, code);
	draw();
	const names = [...new Set(runs.flatMap(r => Object.keys(r.trial.metrics)))];
	let curves = [], metric = params().get('metric') ?? base.metric ?? names[0];
	const plot = lineChart(chart, { title: 'Curves', height: 300, data: () => curves, options: curveOptions(), controls: [keptChoice('Metric', 'metric', names.slice(0, 300), v => { metric = v; load(); }, metric), curveControls(o => plot.set(o))] });
	const load = async () => {
		if (!metric) return;
		const d = await api(`${path}/curves?metric=${enc(metric)}&trials=${list.join(',')}&width=800`);
		curves = d.curves.filter(c => c.series.length).map(c => curve(`trial ${c.trial}`, c.series[0]));
		plot.render();
	};
	const [records] = await Promise.all([Promise.all(runs.map(r => recordOf(trialPath(sweep, r.trial.number), r.trial.attempt))), load()]);
	const overviews = await Promise.all(records.map(overviewOf));
	sections.push(['Environment and code', overviews.map(o => Object.fromEntries(flat(o)))]);
	draw();
	const patches = await Promise.all(records.map(r => r.has('diff.patch') ? r.read('diff.patch') : ''));
	const others = patches.map((words, i) => [words, i]).filter(([words, i]) => i > 0 && words !== patches[0]);
	code.append(...others.length ? others.map(([words, i]) => h('details', { open: others.length === 1 }, h('summary', `trial ${runs[i].trial.number} against trial ${runs[0].trial.number}: uncommitted changes`), h('pre.log.diff', { tabindex: 0 }, against(patches[0], words)))) : [h('p.dim', 'Uncommitted changes are the same in all of them.')]);
	return null;
}

function against(one, two) {
	const [a, b] = [one, two].map(words => words.split('\n')), lost = a.filter(line => !b.includes(line)).map(line => h('span.a31', `- ${line}\n`));
	return [lost, b.map(line => a.includes(line) ? `  ${line}\n` : h('span.a32', `+ ${line}\n`))];
}
