// What a trial's record holds beside its metrics and its output: why it was tried, files, artifacts, histograms.
import { ago, api, bytes, cell, complain, dim, enc, facts, fill, finder, flat, grid, h, h2, link, noted, num, panel, params, plural, ramp, recordOf, rgb, setParams, svg, trialPath } from './lib.js';
import { Figure, Plot, clip, makeScale } from './plot.js';

const SHOWN = 300_000;

const scrolled = (...rows) => h('div.scroll', { tabindex: 0 }, grid(...rows));

export async function why(body, run) {
	const draw = async () => {
		const { facts: all, compared } = await api(`${run.path}/why`), lines = all.map(f => [f.name, f.text]);
		if (compared.length) lines.push(['compared with', h('span', compared.map(n => [link(trialPath(run.sweep, n), `trial ${n}`), ' ']))]);
		fill(body, panel(h2('Why this point, and what came of it'), facts(lines)));
	};
	await draw();
	run.refresh = () => draw().catch(complain);
}

export async function files(body, run) {
	const record = await recordOf(run.path, run.attempt, SHOWN), { list } = record, content = panel();
	const show = async name => {
		setParams({ file: name });
		const { size } = list.find(f => f.name === name), words = await record.read(name);
		fill(content, h('div.head', h2(name), dim(bytes(size)), h('a', { href: record.address(name), download: name }, 'Save')),
			size > SHOWN ? noted(`showing the first ${bytes(SHOWN)} of ${bytes(size)}`) : null,
			name === 'diff.patch' ? diff(words) : name === 'overview.json' && size <= SHOWN ? facts(flat(JSON.parse(words))) : h('pre.log', { tabindex: 0 }, words));
	};
	fill(body, list.length ? null : h('p.empty', 'This run left no files.'), h('div.grid.even', panel(h2('Files'), grid(['file', 'size'], list.map(f => [link(`${run.path}?tab=files&file=${f.name}`, f.name), cell(bytes(f.size))]))), content));
	const first = [params().get('file'), 'diff.patch', list[0]?.name].find(record.has);
	if (first) await show(first);
}

/** Lines of a patch in their colours, and how many each file has gained and lost. */
function diff(words) {
	const changed = [], lines = words.split('\n').map(line => {
		const file = line.match(/^\+\+\+ (?:b\/)?(.*)/), isHead = /^(diff|index|---|\+\+\+|new file|deleted file|similarity|rename) ?/.test(line);
		if (line.startsWith('diff ')) changed.push([line.split(' b/').pop(), 0, 0]);
		if (file && file[1] !== '/dev/null' && changed.length) changed.at(-1)[0] = file[1];
		const kind = isHead ? 1 : line.startsWith('@@') ? 36 : line[0] === '+' ? 32 : line[0] === '-' ? 31 : 0;
		if (changed.length && (kind === 32 || kind === 31)) changed.at(-1)[kind === 32 ? 1 : 2]++;
		return h(kind ? `span.a${kind}` : 'span', `${line}\n`);
	});
	return [grid(['changed', '+', '−'], changed), h('pre.log.diff', { tabindex: 0, 'aria-label': 'Changes' }, lines)];
}

export async function artifacts(body, run) {
	const { artifacts: all } = await api(`/sweeps/${enc(run.sweep)}/artifacts`), id = run.data.trial.id.replace(/-\d+$/, ''), isMe = u => u.sweep === id && u.trial === run.n;
	const made = all.filter(isMe), given = all.filter(a => a.usedBy.some(isMe)), mine = [...new Set([...made, ...given])];
	if (!mine.length) { fill(body, h('p.empty', 'No artifact: what a trial leaves in $SWEEP_ARTIFACTS_DIR/NAME/ becomes one.')); return; }
	const chosen = mine.find(a => a.reference === params().get('artifact')) ?? mine[0], content = panel(), nodes = new Map(), edges = [];
	const named = a => `${a.name}:v${a.version}`, address = a => `${run.path}?tab=artifacts&artifact=${enc(a.reference)}`;
	const runName = u => `${u.sweep === id ? '' : `${u.sweep} `}trial ${u.trial}`, runPath = u => `${trialPath(u.sweep, u.trial)}?tab=artifacts`, runLink = u => link(runPath(u), runName(u));
	// Five columns: makers, what it was given, itself, what it made, users.
	const put = (column, kind, words, href) => { if (!nodes.has(href)) nodes.set(href, { column, kind, words, href }); return nodes.get(href); };
	const one = (a, column) => put(column, 'artifact', named(a), address(a)), other = (u, column) => put(column, 'run', runName(u), runPath(u)), me = other({ sweep: id, trial: run.n }, 2);
	for (const a of given) { edges.push([one(a, 1), me]); if (a.trial) edges.push([other(a, 0), one(a, 1)]); }
	for (const a of made) { edges.push([me, one(a, 3)]); for (const u of a.usedBy) edges.push([one(a, 3), other(u, 4)]); }
	const graph = panel(), figure = new Figure(graph, { title: 'Lineage', table: () => ({ columns: ['from', 'to'], rows: edges.map(e => e.map(n => link(n.href, n.words))) }) });
	figure.body.append(h('div.scroll', lineage([...nodes.values()], edges, [me.href, address(chosen)])));
	fill(body, panel(h2('Artifacts'), scrolled(['artifact', 'called', 'type', 'size', 'files', 'created', 'made by', 'used by'], mine.map(a => [link(address(a), named(a)), a.aliases.map(t => [h('span.badge', t), ' ']), a.type,
		cell(bytes(a.size)), a.fileCount, ago(a.created), a.trial ? runLink(a) : 'a person', a.usedBy.map(u => [runLink(u), ' '])]))), graph, content);
	const path = `${chosen.sweep ? `/sweeps/${chosen.sweep}` : ''}/artifacts/${enc(chosen.name)}/v${chosen.version}`, { files: list } = await api(path);
	fill(content, h2(named(chosen)), facts(flat(chosen.metadata ?? {})), noted(`showing ${Math.min(500, list.length)} of ${plural(list.length, 'file')}`),
		scrolled(['file', 'size', 'SHA-256'], list.slice(0, 500).map(f => [h('a', { href: `/api/v1${path}/file?path=${enc(f.path)}`, download: '' }, f.path), cell(bytes(f.size)), h('td.mono', f.sha256)])));
}

/** Nodes that lead somewhere, and lines between them; of a column at most twelve. */
function lineage(nodes, edges, current) {
	const columns = [0, 1, 2, 3, 4].map(c => nodes.filter(n => n.column === c).slice(0, 12)), tall = 44 * Math.max(...columns.map(c => c.length)) + 10, shown = columns.flat();
	columns.forEach((column, c) => column.forEach((n, k) => Object.assign(n, { x: c * 185 + 5, y: (k + 0.5) / column.length * tall })));
	return svg('svg', { viewBox: `0 0 900 ${tall}`, class: 'lineage', role: 'group', 'aria-label': 'Lineage' },
		...edges.filter(e => e.every(n => shown.includes(n))).map(([a, b]) => svg('path', { d: `M${a.x + 150} ${a.y}C${a.x + 170} ${a.y} ${b.x - 20} ${b.y} ${b.x} ${b.y}` })),
		...shown.map(n => svg('a', { href: n.href, class: n.kind, 'aria-current': current.includes(n.href) }, svg('title', {}, n.words), svg('rect', { x: n.x, y: n.y - 16, width: 150, height: 32, rx: n.kind === 'run' ? 16 : 4 }), svg('text', { x: n.x + 75, y: n.y + 5 }, clip(n.words, 22)))));
}

/** Histograms over time: a column a step, the darker the more values. */
export async function model(body, run) {
	const space = h('div.small'), note = h('p.note', { role: 'status' });
	const draw = async find => {
		setParams({ find });
		const { names, histograms } = await api(`${run.path}/histograms?find=${enc(find)}${run.attempt ? `&attempt=${run.attempt}` : ''}`);
		note.textContent = names.length ? `showing ${histograms.length} of ${plural(names.length, 'histogram')}` : find ? 'None has such a name.' : 'No histograms: wandb.watch(model) and TensorBoard’s add_histogram write them.';
		space.replaceChildren();
		for (const one of histograms) heat(one);
	};
	const heat = ({ name, low, high, steps, shares }) => {
		const card = panel(), bins = shares[0].length, darkest = Math.max(...shares.flat()), edge = b => low + (high - low) * b / bins;
		const quantile = (row, q) => { let sum = 0; const b = row.findIndex(share => (sum += share) >= q); return edge(b < 0 ? bins : b + 0.5); };
		space.append(card);
		new Plot(card, {
			title: name, height: 190,
			prepare: () => ({
				x: makeScale('linear', steps[0], steps.at(-1) + (steps.at(-1) - steps[0]) / steps.length), y: makeScale('linear', low, high), xLabel: 'step', summary: `${plural(steps.length, 'step')}, at last around ${num(quantile(shares.at(-1), 0.5))}`,
				hits: { n: steps.length, x: i => steps[i], y: i => quantile(shares[i], 0.5), label: i => [`step ${steps[i]}`, `half below ${num(quantile(shares[i], 0.5))}`, `90 % from ${num(quantile(shares[i], 0.05))} to ${num(quantile(shares[i], 0.95))}`] },
			}),
			draw: (ctx, p) => steps.forEach((step, i) => {
				const x = p.px(step), wide = i + 1 < steps.length ? p.px(steps[i + 1]) - x : p.inner[0] + p.inner[2] - x;
				shares[i].forEach((share, b) => {
					if (!share) return;
					const y = low < high ? p.py(edge(b + 1)) : p.inner[1] + p.inner[3] / 2;
					ctx.fillStyle = rgb(ramp(1 - share / darkest));
					ctx.fillRect(x, y, Math.max(1, wide + 0.5), low < high ? p.py(edge(b)) - y + 0.5 : 3);
				});
			}),
			table: () => ({ columns: ['step', '5 %', 'half', '95 %'], rows: steps.map((s, i) => [s, ...[0.05, 0.5, 0.95].map(q => quantile(shares[i], q))]) }),
		}).render();
	};
	const find = params().get('find') ?? '';
	fill(body, h('div.filters', finder('Find histograms', find, v => draw(v).catch(complain))), note, space);
	await draw(find);
}
