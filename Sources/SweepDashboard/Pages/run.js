// The page of one trial: what it was given, how it goes, what it said.
import { actionButton, ago, api, bytes, choice, clock, complain, copy, curve, dim, duration, enc, every, facts, fill, finder, flat, grid, h, h2, link, listen, noted, num, number, overviewOf, panel, params, plural, press, recordOf, remarkBox, setParams, settle, spring, stateBadge, toggle, trialPath } from './lib.js';
import { curveControls, curveOptions, lineChart } from './charts.js';

const TABS = ['overview', 'charts', 'system', 'model', 'logs', 'files', 'artifacts', 'why'], label = tab => tab[0].toUpperCase() + tab.slice(1);
/** Tabs of another module, which is loaded when one of them is opened. */
const later = name => async (body, run) => {
	const box = h('div');
	body.append(box);
	if (!run.data.trial.attempt && name !== 'why') fill(box, h('p.empty', 'It has not started yet.'));
	else await import('/static/record.js').then(m => m[name](box, run)).catch(complain);
};
const isSystem = name => name.startsWith('system.') || name.startsWith('system/');

export async function show(main, sweep, n) {
	const path = trialPath(sweep, n);
	const [data, remarks] = await Promise.all([api(path), api(`/sweeps/${enc(sweep)}/remarks`)]);
	const run = { sweep, n, path, data, tab: params().get('tab'), attempt: Number(params().get('attempt')) || null, stop: null };
	run.tab = TABS.includes(run.tab) ? run.tab : 'overview';
	document.title = `trial ${n} · Sweep`;
	const head = h('div.head'), why = h('div'), said = remarkBox(path, remarks.trials[n], data.mayAct), tabs = h('div.tabs', { role: 'tablist' }), body = h('div', { role: 'tabpanel', tabindex: 0 });
	fill(main, head, why, said, tabs, body);
	const choose = tab => {
		run.tab = tab;
		setParams({ tab: tab === 'overview' ? '' : tab });
		for (const b of tabs.children) { const on = b.dataset.tab === tab; b.setAttribute('aria-selected', String(on)); b.tabIndex = on ? 0 : -1; }
		body.setAttribute('aria-label', label(tab));
		run.stop?.();
		run.stop = null;
		run.refresh = null;
		fill(body);
		(({ overview, charts, system: (b, r) => charts(b, r, true), logs })[tab] ?? later(tab))(body, run);
	};
	fill(tabs, TABS.map(tab => press({ role: 'tab', 'data-tab': tab, onclick: () => choose(tab), onkeydown: e => {
		const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
		if (!by) return;
		const i = (TABS.indexOf(run.tab) + by + TABS.length) % TABS.length;
		choose(TABS[i]);
		tabs.children[i].focus();
	} }, label(tab))));
	drawHead(head, run);
	drawWhy(why, run);
	choose(run.tab);
	const again = settle(250, async () => {
		try { run.data = await api(path); } catch { return; }
		drawHead(head, run);
		drawWhy(why, run);
		run.refresh?.();
	});
	const close = listen(sweep, { hello: again, change: d => { if (d.trials.number.includes(n)) again(); } });
	return () => { close(); run.stop?.(); };
}

function drawHead(el, run) {
	const { trial: t, rank, ranked, mayAct } = run.data, base = `${run.path}/actions`;
	// A button that asks back must stay while values come in.
	if (!el.firstChild) el.append(h('span.head'), spring(), h('span.head'));
	const [words, , actions] = el.children, isLive = t.state === 'running' || t.state === 'assigned';
	fill(words, h('h1', link(`/sweeps/${enc(run.sweep)}`, run.sweep), ` / trial ${t.number}`), stateBadge(t.state),
		t.objective !== null ? h('span', `${run.data.metric ?? 'objective'} `, h('b', num(number(t.objective))), rank ? ` · ${rank === 1 ? 'the best' : `place ${rank}`} of ${ranked}` : '') : null,
		h('span.meta', t.agent ? `${t.agent}:${t.slot}` : ''));
	if (actions.dataset.state === t.state) return;
	actions.dataset.state = t.state;
	fill(actions, t.number > 1 ? h('a', { href: trialPath(run.sweep, t.number - 1), 'aria-label': 'The trial before' }, '←') : null, h('a', { href: trialPath(run.sweep, t.number + 1), 'aria-label': 'The next trial' }, '→'),
		mayAct && (isLive || t.state === 'waiting') ? actionButton('Stop', `${base}/cancel`, { ask: 'Stop this trial?' }) : null,
		mayAct && ['failed', 'cancelled', 'pruned', 'completed'].includes(t.state) ? actionButton('Retry', `${base}/retry`) : null);
}

async function drawWhy(el, run) {
	const { trial: t, attempts } = run.data, last = attempts[attempts.length - 1];
	const bad = t.state === 'failed' || (t.state === 'waiting' && t.failures > 0), key = JSON.stringify([t.state, t.attempt, t.reason]);
	if (el.dataset.key === key) return;
	el.dataset.key = key;
	if (!bad && !t.reason) { fill(el); return; }
	const output = h('pre.log', { hidden: true });
	fill(el, panel(h('p', h('b', { class: bad ? 'bad' : '' }, bad ? 'Why it failed: ' : 'Why: '), t.reason ?? 'no reason given',
		last?.exit != null ? dim(last.exit < 0 ? ` (signal ${-last.exit})` : ` (exit code ${last.exit})`) : null),
	last?.lastLine ? h('p.mono', last.lastLine) : null, output));
	if (!bad || !last || run.tab === 'logs') return;
	try {
		const log = await api(`${run.path}/log?tail=50`);
		if (!log.text.trim()) return;
		output.hidden = false;
		fill(output, ansi(log.text));
		output.scrollTop = output.scrollHeight;
	} catch { /* there is none */ }
}

async function overview(body, run) {
	let environment = {};
	const draw = () => {
		const { trial: t, attempts } = run.data, last = attempts[attempts.length - 1] ?? {}, metrics = Object.entries(t.metrics).filter(([k]) => !isSystem(k));
		const command = last.argv ? `cd ${quote(last.directory ?? '.')} && ${last.argv.map(quote).join(' ')}` : null;
		fill(body, h('div.grid.even',
			panel(h2('Parameters'), facts(flat(t.params))),
			panel(h2('Last values'), metrics.length ? facts(metrics.slice(0, 100).map(([k, v]) => [k, number(v)])) : h('p.dim', 'No metric yet.'),
				metrics.length > 100 ? noted(`showing 100 of ${metrics.length} metrics`) : null),
			panel(h2('The run'), facts([['state', t.state], ['started', clock(t.started)], ['ended', t.ended ? clock(t.ended) : null], ['took', duration(((t.ended ?? Date.now()) - t.started) / 1000)], ['agent', last.agent], ['host', last.host], ['slot', last.slot],
				['exit', last.exit], ['peak memory', last.peakMemory ? bytes(last.peakMemory) : null], ['CPU time', last.cpuSeconds ? duration(last.cpuSeconds) : null], ['directory', last.directory], ['point', t.point], ['repetition', t.repetition || null]])),
			panel(h2('Where it ran'), Object.keys(environment).length ? facts(flat(environment)) : h('p.dim', 'Nothing was captured.')),
			h('section.card.wide', h2('The same again'), command ? [h('pre.log', { tabindex: 0 }, command), press({ onclick: () => copy(command, 'The command is in the clipboard') }, 'Copy')] : h('p.dim', 'Not started yet.')),
			h('section.card.wide', h2(plural(attempts.length, 'attempt')), h('div.scroll', { tabindex: 0 }, grid(['#', 'outcome', 'agent', 'slot', 'from', 'took', 'exit', 'memory', 'reason'], [...attempts].reverse().map(a => [link(`${run.path}?tab=logs&attempt=${a.attempt}`, a.attempt),
				stateBadge(a.outcome ?? 'running'), a.agent, a.slot, ago(a.assigned), duration(((a.ended ?? Date.now()) - a.assigned) / 1000), a.exit ?? '', bytes(a.peakMemory), h('td.wrap', a.reason ?? a.lastLine ?? '')]))))));
	};
	draw();
	run.refresh = draw;
	environment = await recordOf(run.path, run.attempt ?? run.data.trial.attempt).then(overviewOf).catch(() => ({}));
	if (run.tab === 'overview') draw();
}

const quote = word => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

async function charts(body, run, system = false) {
	const space = h('div.small'), note = h('p.note', { role: 'status' }), plots = new Map(), first = system ? 'time' : '';
	let series = new Map(), find = params().get('find') ?? '', options = curveOptions(undefined, first);
	fill(body, h('div.filters', finder('Find metrics', find, v => { find = v; setParams({ find }); draw(); }),
		curveControls(o => { options = o; plots.forEach(p => p.set(o)); }, undefined, first), link(`/api/v1${run.path}/metrics.csv${run.attempt ? `?attempt=${run.attempt}` : ''}`, 'CSV')), note, space);
	const draw = () => {
		const names = [...series.keys()].filter(k => (system || !isSystem(k)) && k.toLowerCase().includes(find.toLowerCase())), shown = names.slice(0, 40);
		note.textContent = names.length ? `showing ${shown.length} of ${plural(names.length, 'metric')}` : system ? 'This run has no system metrics.' : 'No metric yet.';
		for (const [name, plot] of plots) if (!shown.includes(name)) { plot.el.parentNode.remove(); plots.delete(name); }
		for (const name of shown) {
			if (plots.has(name)) { plots.get(name).render(); continue; }
			const card = panel();
			space.append(card);
			plots.set(name, lineChart(card, { title: name, height: 190, data: () => series.has(name) ? [series.get(name)] : [], options }));
		}
	};
	const load = async () => {
		try {
			if (run.data.trial.attempt) series = new Map((await api(`${run.path}/${system ? 'system' : 'metrics'}?width=600&most=300${run.attempt ? `&attempt=${run.attempt}` : ''}`)).series.map(s => [s.name, curve(s.name, s)]));
			draw();
		} catch (e) { complain(e); }
	};
	await load();
	run.refresh = load;
}

async function logs(body, run) {
	const { trial: t, attempts } = run.data, attempt = run.attempt ?? t.attempt, slice = where => api(`${run.path}/log?attempt=${attempt}&${where}`);
	if (!t.attempt) { fill(body, h('p.empty', 'It has not started yet.')); return; }
	const pre = h('pre.log', { tabindex: 0, 'aria-label': 'Output' }), found = h('span.count', { role: 'status' }), following = toggle('Follow', true, on => { follow = on; draw(); });
	let follow = true, next = null, content = '', first = 0, asked = '';
	const draw = () => {
		const lines = content.split('\n').filter(l => l.toLowerCase().includes(asked));
		found.textContent = asked ? plural(lines.length, 'line') : first > 0 ? `from byte ${first} on` : '';
		fill(pre, content ? ansi(lines.join('\n')) : dim('No output yet.'));
		if (follow) pre.scrollTop = pre.scrollHeight;
	};
	const whole = async () => {
		try {
			content = await api(`${run.path}/files/output.log?attempt=${attempt}&limit=10000000`);
			[first, next] = [0, new Blob([content]).size];
			draw();
		} catch (e) { complain(e); }
	};
	fill(body, h('div.filters', finder('Search in the output', '', q => { asked = q.toLowerCase(); draw(); }), found, following,
		attempts.length > 1 ? choice('Attempt', attempts.map(a => [String(a.attempt), `attempt ${a.attempt}`]), String(attempt), v => { run.attempt = Number(v); setParams({ attempt: v }); run.stop?.(); logs(body, run); }) : null, press({ onclick: whole }, 'Whole output')), pre);
	const pull = async () => {
		try {
			const s = await slice(next === null ? 'tail=1000' : `from=${next}`);
			if (next === null) first = s.start;
			next = s.next;
			if (s.text) { content = (content + s.text).slice(-4_000_000); draw(); }
			if (s.hasMore) await pull();
		} catch (error) { if (next === null) fill(pre, error.message); }
	};
	draw();
	await pull();
	pre.addEventListener('scroll', () => { follow = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 30; following.setAttribute('aria-pressed', String(follow)); });
	run.stop = every(1000, () => ['running', 'assigned'].includes(run.data.trial.state) ? pull() : null);
}

/** Text of a terminal: colours become classes, a carriage return writes over its line, everything else that moves is left out. */
function ansi(source) {
	const out = [];
	let classes = [];
	const lines = source.replaceAll('\r\n', '\n').split('\n').map(l => l.includes('\r') ? l.split('\r').filter(Boolean).pop() ?? '' : l).join('\n');
	const pattern = /\x1b\[([0-9;]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
	let at = 0;
	const put = t => { if (t) out.push(classes.length ? h('span', { class: classes.map(c => `a${c}`).join(' ') }, t) : t); };
	for (const m of lines.matchAll(pattern)) {
		put(lines.slice(at, m.index));
		at = m.index + m[0].length;
		if (m[1] === undefined) continue;
		for (const code of (m[1] || '0').split(';').map(Number)) {
			if (code === 0) classes = [];
			else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) classes = [...classes.filter(c => c < 30), code];
			else if (code === 39) classes = classes.filter(c => c < 30);
			else if (code >= 1 && code <= 4) classes = [...classes, code];
			else if (code >= 22 && code <= 24) classes = classes.filter(c => c >= 30);
		}
	}
	put(lines.slice(at));
	return out;
}
