// The page of one sweep.
import { actionButton, ago, api, clock, complain, copy, curve, dim, duration, enc, facts, field, fill, grouped, h, h2, keptChoice, link, listen, noted, notify, num, panel, params, plural, press, remarkBox, setNow, setParams, settle, sparing, spring, stateBadge, stateWords, text, trialPath } from './lib.js';
import { LIMIT, Selection, Trials, axesOf, ranking } from './model.js';
import { clip, extent } from './plot.js';
import { curveControls, curveOptions, edfChart, heatChart, historyChart, importanceChart, lineChart, paretoChart, robust, scatterChart, sparkline, timelineChart } from './charts.js';
import { Parallel } from './parallel.js';
import { Leaderboard } from './table.js';
import { go } from './app.js';

/** One set of trials, one selection; all parts of the page draw from them. */
class Controls {
	constructor(id) {
		this.id = id;
		this.query = params();
		this.trials = new Trials();
		this.selection = new Selection(this.query);
		this.mask = new Uint8Array(0);
		this.axes = [];
		this.derive = this.query.get('derive') ?? '';
		this.trials.value = this.query.get('value') ?? '';
		this.parts = [];
	}

	get path() { return `/sweeps/${enc(this.id)}`; }
	get csv() { return `/api/v1${this.path}/trials.csv`; }
	get metric() { return this.facts?.metric ?? 'objective'; }
	/** The thinned history of all trials, where the page holds a sample of them. */
	get sampled() { return this.trials.length < this.trials.total ? this.history : null; }

	async load() {
		const [details, table, remarks] = await Promise.all([api(this.path), this.readTable(''), api(`${this.path}/remarks`)]);
		this.remarks = remarks.trials;
		this.takeDetails(details);
		this.takeTable(table);
		if (table.total > table.shown) {
			const thinned = await api(`${this.path}/history?width=1200`);
			this.history = { ...thinned, objective: thinned.objective.map(Number), best: thinned.best.map(Number) };
		}
		if (this.selection.where) await this.applyWhere().catch(complain);
	}

	/** Columns that are computed: `name = expression; …` in the address. */
	get derived() { return this.derive.split(';').map(part => part.trim()).filter(Boolean).map(part => `&derive=${enc(part)}`).join(''); }
	async setDerived(all) {
		const before = this.derive;
		this.derive = all;
		try {
			this.takeTable(await this.readTable(''));
			setParams({ derive: all });
			this.after();
		} catch (e) { this.derive = before; complain(e); }
	}
	compute = sparing(() => 5000, () => this.setDerived(this.derive));
	readTable(where) { return api(`${this.path}/trials?limit=${where ? 10000 : LIMIT}${where}${this.derived}`); }
	async readExtremes(names) {
		const { trials: t } = this;
		for (const name of t.value ? names.filter(n => t.metrics.has(n)) : []) {
			const known = t.extremes.get(name);
			if (known && (known.version === t.version || Date.now() - known.at < 5000)) continue;
			t.extremes.set(name, { ...known, version: t.version, at: Date.now() });
			try {
				const { number, low, high } = await api(`${this.path}/extremes?metric=${enc(name)}`), by = values => new Map(number.map((n, i) => [n, values[i]]));
				Object.assign(t.extremes.get(name), { low: by(low), high: by(high) });
				this.after();
			} catch (e) { complain(e); }
		}
	}

	takeDetails(d) {
		Object.assign(this, { details: d, id: d.sweep.id, row: d.sweep, facts: d.facts, strip: d.strip, mayAct: d.mayAct, axes: axesOf(d.facts) });
		this.trials.goal = d.facts?.goal;
		setNow(d.now);
	}

	/** The trials with a value, and the range of these that charts show; found once for all charts. */
	finite() {
		return this.withValue ??= [...this.trials.number.keys()].filter(i => Number.isFinite(this.trials.objective[i]));
	}
	range() { return this.valueRange ??= robust(this.finite().map(i => this.trials.objective[i])); }

	takeTable(table) {
		this.withValue = this.valueRange = null;
		this.epoch = (this.epoch ?? 0) + 1;
		this.trials.merge(table);
		if (table.total !== undefined) this.trials.total = table.total;
		this.trials.version = table.version ?? this.trials.version;
		this.mask = this.selection.mask(this.trials);
	}

	axis(name) {
		const known = this.axes.find(a => a.name === name) ?? (name === 'objective' ? this.objectiveAxis() : null);
		if (known) return known;
		const [low, high] = extent([...this.trials.number.keys()].map(i => this.trials.get(name, i)));
		return { name, kind: 'linear', values: [], low, high };
	}

	window(name) {
		const r = this.selection.ranges.get(name);
		return r && !r.values ? [r.low, r.high] : null;
	}

	objectiveAxis() {
		if (!this.facts?.metric) return null;
		const [low, high] = this.range();
		return { name: 'objective', label: this.facts.metric, kind: 'linear', low, high, values: [] };
	}

	*visible() { for (let i = 0; i < this.mask.length; i++) if (this.mask[i]) yield i; }

	changed() {
		this.mask = this.selection.mask(this.trials);
		for (const part of this.parts) if (!part.isSlow) part.render();
		this.after();
		this.onchange?.();
		this.saveSelection();
	}

	/** What takes long to work out waits until a brush rests. */
	after = settle(120, () => { for (const part of this.parts) if (part.isSlow) part.render(); });

	saveSelection = settle(150, () => setParams(this.selection.params()));

	/** Names and their ranges; without a range all of it. */
	brush(...pairs) {
		for (let i = 0; i < pairs.length; i += 2) this.selection.set(pairs[i], pairs[i + 1] ? { low: pairs[i + 1][0], high: pairs[i + 1][1] } : null);
		this.changed();
	}

	brushAxis(name, span, values) {
		const axis = this.axis(name);
		if (span && axis.kind === 'category') {
			const [from, to] = span.map(v => axis.values.indexOf(v)).sort((a, b) => a - b);
			values = new Set(axis.values.slice(from, to + 1).map(text));
		}
		this.selection.set(name, values ? { values } : span ? { low: span[0], high: span[1] } : null);
		this.changed();
	}

	async applyWhere() {
		const { selection: s } = this;
		if (!s.where) { s.fits = null; return; }
		const found = await this.readTable(`&where=${enc(s.where)}`);
		s.fits = new Set(found.number);
		// A trial that fits may be one that the sample left out.
		this.takeTable({ ...found, total: this.trials.total });
	}

	countText() {
		const { trials: t } = this;
		let n = 0;
		for (const m of this.mask) n += m;
		const held = t.length < t.total ? ` (a sample of ${grouped(t.length)} is held)` : '';
		return `showing ${grouped(n)} of ${grouped(t.total)}${held}`;
	}

	describe(i) {
		const t = this.trials;
		return [`trial ${t.number[i]} · ${t.word(i)}`, `${this.metric} ${num(t.objective[i])}`, ...this.axes.slice(0, 8).map(a => `${clip(a.name, 30)} ${clip(text(t.get(a.name, i)), 40)}`), t.reason[i] ? clip(t.reason[i], 120) : null].filter(Boolean);
	}

	href(i) { return trialPath(this.id, this.trials.number[i]); }
	open(i) { go(this.href(i)); }
	openNumber(n) { go(trialPath(this.id, n)); }
}

export async function show(main, id) {
	const ctl = new Controls(id);
	await ctl.load();
	document.title = `${ctl.row.name ?? ctl.id} · Sweep`;

	const head = h('div.head'), strip = h('dl.strip.card'), filters = h('div.filters');
	const cards = Array.from({ length: 8 }, () => panel());
	const more = h('div.stack');
	fill(main, head, ctl.mayAct ? editBox(ctl) : null, strip, filters, h('div.grid', cards[0], cards[1]), h('div.grid.even', cards[2], cards[3]), more);

	drawHead(head, ctl);
	drawStrip(strip, ctl);
	drawFilters(filters, ctl);
	const history = historyChart(cards[0], ctl);
	ctl.parts.push(history);
	history.paint();
	performance.mark('first-chart');
	const board = new Leaderboard(cards[1], ctl);
	ctl.parts.push(board);
	board.render();
	ctl.onchange = () => drawChips(filters, ctl);
	const facts = panel();
	ctl.reload = async () => { await ctl.load(); drawHead(head, ctl); drawStrip(strip, ctl); drawFacts(facts, ctl); for (const part of ctl.parts) part.render(); };

	const close = follow(ctl, () => { drawHead(head, ctl); drawStrip(strip, ctl); drawChips(filters, ctl); for (const part of ctl.parts) part.render(); ctl.learn?.(); });
	let asked = '', surveyed = 0;
	ctl.survey = async (...pair) => {
		const query = pair.length ? `?across=${enc(pair[0])}&up=${enc(pair[1])}` : '';
		if (query === asked && (ctl.row.state !== 'running' || Date.now() - surveyed < 60000)) return;
		[asked, surveyed] = [query, Date.now()];
		try { ctl.landscape = await api(`${ctl.path}/landscape${query}`); } catch { return; }
		for (const part of ctl.parts) part.render();
	};
	// The rest after the first chart is on the screen.
	requestAnimationFrame(() => setTimeout(() => {
		const slices = panel(), tail = h('div.grid.even', cards[4], cards[5]);
		const trade = panel();
		more.append(slices, h('div.grid.three', cards[6], cards[7], trade), tail, facts);
		ctl.parts.push(importanceChart(cards[2], ctl), new Parallel(cards[3], ctl));
		drawSlices(slices, ctl);
		ctl.parts.push(heatChart(cards[6], ctl), edfChart(cards[7], ctl), paretoChart(trade, ctl));
		drawTimeline(cards[4], ctl);
		drawCurves(cards[5], ctl);
		drawFacts(facts, ctl);
		if (ctl.mayAct) more.append(agentBox(ctl));
		for (const part of ctl.parts) part.render();
		performance.mark('all-charts');
	}));
	let due = 0;
	ctl.learn = async () => {
		if (Date.now() < due) return;
		due = Date.now() + 15000;
		try { ctl.insight = await api(`${ctl.path}/insight`); } catch { return; }
		drawStrip(strip, ctl);
		ctl.after();
		if (ctl.axes.length === 1) ctl.survey();
	};
	ctl.learn();
	return () => { close(); ctl.leave?.(); };
}

function agentBox(ctl) {
	const body = h('div');
	return panel(h('details', { open: ctl.query.get('agents') === '1', ontoggle: async e => {
		const { open } = e.currentTarget;
		setParams({ agents: open });
		ctl.leave?.();
		ctl.leave = open ? await import('/static/agents.js').then(m => m.agents(body)) : null;
	} }, h('summary', 'Agents and their slots'), body));
}

function drawHead(el, ctl) {
	const r = ctl.row, base = `${ctl.path}/actions`;
	const buttons = !ctl.mayAct ? [dim('read only')] : [
		r.state === 'running' ? actionButton('Pause', `${base}/pause`) : null,
		r.state !== 'running' && r.state !== 'cancelled' ? actionButton('Resume', `${base}/resume`) : null,
		r.state === 'running' || r.state === 'paused' ? actionButton('Stop', `${base}/stop`, { ask: 'Stop? Running trials may end' }) : null,
		r.state === 'running' || r.state === 'paused' ? actionButton('Cancel', `${base}/cancel`, { ask: 'Cancel? Running trials are ended' }) : null,
		(r.counts.failed ?? 0) > 0 ? actionButton(`Retry ${r.counts.failed} failed`, `${base}/retry-failed`) : null,
		press({ onclick: ctl.openEdit }, 'Edit, budget'),
		press({ onclick: () => copy(`${location.origin}${ctl.path}?key=${enc(ctl.details.link)}`, 'A link that only reads is in the clipboard') }, 'Share'),
	];
	const key = JSON.stringify([r.state, r.counts.failed, r.name, r.reason]);
	if (el.dataset.key === key) return;
	el.dataset.key = key;
	fill(el, h('h1', r.name ?? ctl.id), stateBadge(r.state), h('span.meta', `${r.id} · ${r.method}${ctl.facts?.metric ? ` · ${ctl.facts.goal} ${ctl.facts.metric}` : ''} · ${ago(r.created)}`),
		r.reason ? h('span.meta', r.reason) : null, spring(), buttons);
}

/** Changes the sweep: empty fields change nothing, entries of a field are parted by semicolons. */
function editBox(ctl) {
	const hints = { runCap: 'Run cap: 200', budget: 'Budget: 4h', parallel: 'At once: 8', priority: 'Priority: 0', stop: 'Stopping: hyperband', add: 'Add: lr=0.3', drop: 'Drop: batch=64', range: 'Range: lr=1e-4:1e-2', exclude: 'Exclude: batch = 64', tries: 'Try next: {lr: 0.01}', because: 'Because' };
	const lists = ['add', 'drop', 'range', 'exclude', 'tries'], inputs = Object.fromEntries(Object.entries(hints).map(([name, hint]) => [name, field(hint, { name, 'aria-label': hint.split(':')[0] })]));
	const said = h('p', { role: 'status' });
	const send = async isTrial => {
		const body = { key: String(Math.random()), isTrial };
		for (const { name, value } of Object.values(inputs)) {
			if (!value.trim()) continue;
			body[name] = lists.includes(name) ? value.split(';').map(t => t.trim()).filter(Boolean) : name === 'priority' ? Number(value) : value.trim();
		}
		try {
			const done = await api(`${ctl.path}/edit`, { method: 'POST', body });
			said.textContent = [...done.changes, ...done.warnings].join(' · ');
			if (isTrial) return;
			for (const input of Object.values(inputs)) input.value = '';
			notify(`Changed: ${said.textContent}`);
			await ctl.reload();
		} catch (e) { complain(e); }
	};
	const brushed = () => { inputs.range.value = [...ctl.selection.ranges].filter(([name, r]) => !r.values && ctl.facts.axes.some(a => a.name === name)).map(([name, r]) => `${name}=${r.low}:${r.high}`).join('; '); };
	const box = h('section.card', { id: 'edit', hidden: true, 'aria-label': 'Change the sweep' }, h('div.filters', Object.values(inputs),
		press({ onclick: brushed }, 'Selected range'), press({ onclick: () => send(true) }, 'Check'), press({ class: 'primary', onclick: () => send(false) }, 'Change')), said);
	ctl.openEdit = () => { box.hidden = !box.hidden; if (!box.hidden) inputs.runCap.focus(); };
	return box;
}

function drawStrip(el, ctl) {
	const s = ctl.strip, r = ctl.row, c = r.counts, cost = ctl.details.cost, gpus = ctl.facts?.gpus || 0;
	const n = w => c[w] ?? 0, running = n('running') + n('assigned');
	const total = ctl.facts?.expected, done = s.finished;
	const fails = Object.entries(r.failures ?? {}).sort((a, b) => b[1] - a[1]).slice(0, 2).map(([k, v]) => `${clip(k, 32)} ×${v}`).join(', ');
	const spent = (cost?.slotSeconds ?? 0) + (ctl.spentAt ? running * (Date.now() - ctl.spentAt) / 1000 : 0);
	const next = ctl.insight?.forecast;
	const failed = ctl.trials.state.lastIndexOf('f');
	const items = [
		['best', h('dd.big', s.best === null ? '–' : num(Number(s.best)), s.bestTrial ? [' ', h('small', h('a', { href: trialPath(ctl.id, s.bestTrial) }, `trial ${s.bestTrial}`))] : null)],
		['last better', s.bestAt ? `${ago(s.bestAt)}` : '–', s.bestAt ? `${plural(s.endedSince, 'trial')} since` : null],
		['done', `${grouped(done)}${total ? ` of ${grouped(total)}` : ''}`, total ? `${Math.floor(done / Math.max(1, total) * 100)} %` : null],
		['running', grouped(running)], ['pruned', grouped(n('pruned'))],
		['failed', h('dd', { class: n('failed') ? 'bad' : '' }, grouped(n('failed')), ' ', h('small', { title: Object.keys(r.failures ?? {}).join('\n') }, failed < 0 ? fails : h('a', { href: ctl.href(failed) }, fails || 'why?')))],
		[gpus ? 'GPU-hours' : 'slot-hours', num(spent / 3600 * (gpus || 1), 3), s.meanSeconds ? `${duration(s.meanSeconds)} a trial` : null],
		['ETA', r.state !== 'running' ? '–' : s.eta === null ? 'not known' : duration(s.eta)],
		next ? [`next ${next.trials} trials`, h('dd', { title: `Expected improvement ${num(next.improvement, 2)}, judged by ${next.basis === 'model' ? 'a model of the trials' : 'the order of the values'}` }, `${num(next.chance * 100, 2)} % `, h('small', `for a new best, by ${num(next.improvement, 2)}`))] : null,
	].filter(Boolean);
	fill(el, items.map(([k, v, small]) => h('div', h('dt', k), v instanceof Node ? v : h('dd', v, small ? [' ', h('small', small)] : null))));
}

function drawFilters(el, ctl) {
	const input = field("Filter, e.g. lr > 1e-3 and optimizer = 'adam'", { type: 'search', id: 'where', value: ctl.selection.where, 'aria-label': 'Filter by an expression', spellcheck: 'false' });
	const apply = async () => {
		ctl.selection.where = input.value.trim();
		try { await ctl.applyWhere(); input.removeAttribute('aria-invalid'); ctl.changed(); } catch (error) { input.setAttribute('aria-invalid', 'true'); complain(error); }
	};
	input.addEventListener('change', apply);
	input.addEventListener('search', apply);
	const chips = Object.keys(stateWords).map(l => press({ class: 'chip', 'data-state': l, onclick: () => {
		const { states } = ctl.selection;
		if (!states.delete(l)) states.add(l);
		ctl.changed();
	} }));
	fill(el, input, chips, h('span.count', { id: 'count', role: 'status' }), press({ id: 'clear', onclick: () => { ctl.selection.clear(); input.value = ''; ctl.changed(); } }, 'Show all'));
	drawChips(el, ctl);
}

function drawChips(el, ctl) {
	const { states, ranges, isEmpty } = ctl.selection, counts = {};
	for (const s of ctl.trials.state) counts[s] = (counts[s] ?? 0) + 1;
	for (const chip of el.querySelectorAll('.chip')) {
		const { state } = chip.dataset, n = counts[state] ?? 0;
		chip.hidden = !n && !states.has(state);
		chip.setAttribute('aria-pressed', String(states.has(state)));
		chip.textContent = `${stateWords[state]} ${grouped(n)}`;
	}
	el.querySelector('#count').textContent = ctl.countText() + [...ranges].map(([k, r]) => `; ${clip(k, 24)} ${r.values ? `in ${[...r.values].slice(0, 3).join(', ')}` : `${num(r.low, 3)} … ${num(r.high, 3)}`}`).join('');
	el.querySelector('#clear').disabled = isEmpty;
}

function drawSlices(el, ctl) {
	const box = h('div.small');
	el.append(h('div.bar.head', h2('Each parameter'), dim('drag across to select')), box);
	const build = () => {
		const names = ctl.axes.map(a => a.name).slice(0, 12);
		if (box.dataset.names === names.join()) return;
		box.dataset.names = names.join();
		box.replaceChildren();
		ctl.parts = ctl.parts.filter(p => !p.isSlice);
		ctl.parts.push(...names.map(name => Object.assign(scatterChart(box, ctl, name), { isSlice: true })));
		if (ctl.axes.length > names.length) box.append(noted(`showing ${names.length} of ${ctl.axes.length} parameters`));
	};
	build();
	ctl.parts.push({ render: build });
}

async function drawTimeline(el, ctl) {
	const read = async () => { const d = await api(`${ctl.path}/timeline?limit=3000`); return { ...d, nowOffset: Date.now() - d.origin }; };
	try {
		const plot = timelineChart(el, ctl, await read());
		ctl.parts.push(plot, { render: sparing(() => 5000, () => { if (el.isConnected) read().then(plot.take, () => { /* the next time */ }); }) });
		plot.render();
	} catch (e) { complain(e); }
}

function drawCurves(el, ctl) {
	const keys = { weight: 'smooth', across: 'curvex', log: 'curvelog' }, names = [...new Set([ctl.facts?.metric, ...(ctl.details.metricNames ?? [])].filter(Boolean))], note = noted();
	let curves = [], metric = ctl.query.get('curve') ?? names[0] ?? '', shown = '';
	const chart = lineChart(el, {
		title: 'Curves of the best', height: 250, data: () => curves, open: c => ctl.openNumber(c.trial), options: curveOptions(keys),
		controls: [names.length > 1 ? keptChoice('Metric', 'curve', names.slice(0, 200), v => { metric = v; load(); }, metric) : null, curveControls(o => chart.set(o), keys)],
	});
	chart.el.append(note);
	const load = async () => {
		const order = ranking(ctl.trials, ctl.mask, ctl.facts?.goal).filter(i => ctl.trials.attempt[i] > 0), list = order.slice(0, 20).map(i => ctl.trials.number[i]);
		const key = `${metric}|${list.join()}|${order.some(i => ctl.trials.state[i] === 'r') ? ctl.trials.version : ''}`;
		if (key === shown || !metric) return;
		shown = key;
		try {
			curves = list.length ? (await api(`${ctl.path}/curves?metric=${enc(metric)}&trials=${list.join(',')}&width=500`)).curves.filter(c => c.series.length).map(c => ({ ...curve(`trial ${c.trial}`, c.series[0]), trial: c.trial })) : [];
			note.textContent = `showing ${curves.length} of ${plural(order.length, 'selected trial')} that started, the best first`;
			if (metric === ctl.facts?.metric) { ctl.sparks = new Map(curves.map(c => [c.trial, sparkline(c)])); ctl.after(); }
			chart.render();
		} catch (e) { complain(e); }
	};
	ctl.parts.push({ render: sparing(() => ctl.row.counts.running ? 5000 : 0, () => { if (el.isConnected) load(); }) });
	load();
}

function drawFacts(el, ctl) {
	const { row: r, facts: f } = ctl;
	fill(el, h('div.head', h2('The sweep')), remarkBox(ctl.path, r.remark, ctl.mayAct),
		facts([['id', r.id], ['file', r.file], ['created in', r.createdIn], ['method', r.method], ['objective', f?.metric ? `${f.goal} ${f.metric} (${f.summary})${f.target !== null ? `, target ${num(f.target)}` : ''}` : null],
			['priority', r.priority], ['repeats', f?.repetitions], ...(f?.axes ?? []).map(a => [a.name, a.law])]),
		noted('The same data: ', link(ctl.csv, 'CSV'), ' · ', link(`/api/v1${ctl.path}/trials`, 'JSON'), ` · pandas.read_csv("${location.origin}${ctl.csv}?key=${ctl.details.link ?? '…'}")`),
		r.edits?.length ? h('ol', { id: 'edits' }, r.edits.map(e => h('li', `${clock(e.time)}: ${e.changes.join('; ')}`, e.because ? dim(` (${e.because})`) : null))) : null,
		h('details', h('summary', 'YAML'), h('pre.log', { tabindex: 0 }, r.yaml ?? '')));
}

function follow(ctl, draw) {
	let reloading = false;
	const reload = async () => {
		if (reloading) return;
		reloading = true;
		try { await ctl.load(); draw(); } catch (e) { complain(e); }
		reloading = false;
	};
	return listen(ctl.id, {
		reload, hello: d => { if (d.version !== ctl.trials.version) reload(); },
		change: d => {
			const isEdited = d.sweep.edits?.length !== ctl.row.edits?.length;
			ctl.row = { ...d.sweep, yaml: ctl.row.yaml };
			ctl.strip = d.strip;
			ctl.spentAt ??= Date.now();
			ctl.takeTable({ ...d.trials, version: d.version });
			ctl.trials.total = Object.values(d.sweep.counts).reduce((a, b) => a + b, 0);
			// What is computed is not in the news.
			if (ctl.derive || ctl.facts.derived.length) ctl.compute();
			if (isEdited || [...ctl.trials.params.keys()].some(n => !ctl.facts.axes.some(a => a.name === n))) ctl.reload().catch(complain); else draw();
		},
	});
}
