// The page of one trial: what it was given, how it goes, what it said.
import { actionButton, ago, api, remarkBox, bytes, clock, complain, duration, enc, fill, h, num, number, params, plural, setNow, setParams, settle, stateBadge, text, press, panel, th, dim, noted, byId, td, h2, spring } from './lib.js';
import { choice, toggle } from './plot.js';
import { lineChart } from './charts.js';

const TABS = [['overview', 'Overview'], ['charts', 'Charts'], ['system', 'System'], ['logs', 'Logs']];
const isSystem = name => name.startsWith('system.') || name.startsWith('system/');

export async function show(main, sweep, n) {
  const path = `/sweeps/${enc(sweep)}/trials/${n}`;
  const [data, remarks] = await Promise.all([api(path), api(`/sweeps/${enc(sweep)}/remarks`)]);
  const run = { sweep, n, path, data, tab: params().get('tab'), attempt: Number(params().get('attempt')) || null, stop: null };
  run.tab = TABS.some(([t]) => t === run.tab) ? run.tab : 'overview';
  document.title = `trial ${n} · Sweep`;
  const head = h('div', { class: 'head' }), why = h('div'), said = remarkBox(path, remarks.trials[n], data.mayAct), tabs = h('div', { class: 'tabs', role: 'tablist' }), body = h('div', { role: 'tabpanel', tabindex: 0 });
  fill(main, head, why, said, tabs, body);
  const choose = tab => {
    run.tab = tab;
    setParams({ tab: tab === 'overview' ? '' : tab });
    for (const b of tabs.children) { const on = b.dataset.tab === tab; b.setAttribute('aria-selected', String(on)); b.tabIndex = on ? 0 : -1; }
    body.setAttribute('aria-label', TABS.find(([t]) => t === tab)[1]);
    run.stop?.();
    run.stop = null;
    run.refresh = null;
    fill(body);
    ({ overview, charts: (b, r) => charts(b, r, false), system: (b, r) => charts(b, r, true), logs })[tab](body, run);
  };
  fill(tabs, TABS.map(([tab, label]) => press({ role: 'tab', 'data-tab': tab, onclick: () => choose(tab), onkeydown: e => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!by) return;
    const i = (TABS.findIndex(([t]) => t === run.tab) + by + TABS.length) % TABS.length;
    choose(TABS[i][0]);
    tabs.children[i].focus();
  } }, label)));
  drawHead(head, run);
  drawWhy(why, run);
  choose(run.tab);
  const source = new EventSource(`/api/v1/sweeps/${enc(sweep)}/events`);
  const live = byId('live');
  const again = settle(250, async () => {
    try { run.data = await api(path); } catch { return; }
    drawHead(head, run);
    drawWhy(why, run);
    run.refresh?.();
  });
  source.addEventListener('hello', () => { live.textContent = '● live'; });
  source.addEventListener('change', e => { if (JSON.parse(e.data).trials.number.includes(n)) again(); });
  source.onerror = () => { live.textContent = 'connecting…'; };
  return () => { source.close(); run.stop?.(); };
}

function drawHead(el, run) {
  const { trial: t, rank, ranked, mayAct } = run.data, base = `${run.path}/actions`;
  // A button that asks back must stay while values come in.
  if (!el.firstChild) el.append(h('span', { class: 'head' }), spring(), h('span', { class: 'head' }));
  const [words, , actions] = el.children, isLive = t.state === 'running' || t.state === 'assigned';
  fill(words, h('h1', {}, h('a', { href: `/sweeps/${enc(run.sweep)}` }, run.sweep), ` / trial ${t.number}`), stateBadge(t.state),
    t.objective !== null ? h('span', {}, `${run.data.metric ?? 'objective'} `, h('b', {}, num(number(t.objective))), rank ? ` · ${rank === 1 ? 'the best' : `place ${rank}`} of ${ranked}` : '') : null,
    h('span', { class: 'meta' }, t.agent ? `${t.agent}:${t.slot}` : ''));
  if (actions.dataset.state === t.state) return;
  actions.dataset.state = t.state;
  fill(actions, t.number > 1 ? h('a', { href: `/sweeps/${enc(run.sweep)}/trials/${t.number - 1}`, 'aria-label': 'The trial before' }, '←') : null, h('a', { href: `/sweeps/${enc(run.sweep)}/trials/${t.number + 1}`, 'aria-label': 'The next trial' }, '→'),
    mayAct && (isLive || t.state === 'waiting') ? actionButton('Stop', `${base}/cancel`, { ask: 'Stop this trial?' }) : null,
    mayAct && ['failed', 'cancelled', 'pruned', 'completed'].includes(t.state) ? actionButton('Retry', `${base}/retry`) : null);
}

/** Why it failed or was ended, with its last lines. */
async function drawWhy(el, run) {
  const { trial: t, attempts } = run.data, last = attempts[attempts.length - 1];
  const bad = t.state === 'failed' || (t.state === 'waiting' && t.failures > 0), key = JSON.stringify([t.state, t.attempt, t.reason]);
  if (el.dataset.key === key) return;
  el.dataset.key = key;
  if (!bad && !t.reason) { fill(el); return; }
  const output = h('pre', { class: 'log', hidden: true });
  fill(el, panel(h('p', {}, h('b', { class: bad ? 'bad' : '' }, bad ? 'Why it failed: ' : 'Why: '), t.reason ?? 'no reason given',
    last?.exit !== null && last?.exit !== undefined ? dim(last.exit < 0 ? ` (signal ${-last.exit})` : ` (exit code ${last.exit})`) : null),
  last?.lastLine ? h('p', { class: 'mono' }, last.lastLine) : null, output));
  if (!bad || !last || run.tab === 'logs') return;
  try {
    const log = await api(`${run.path}/log?tail=50`);
    if (!log.text.trim()) return;
    output.hidden = false;
    fill(output, ansi(log.text));
    output.scrollTop = output.scrollHeight;
  } catch { /* there is none */ }
}

function overview(body, run) {
  const box = h('div');
  body.append(box);
  const draw = () => {
    const { trial: t, attempts } = run.data, last = attempts[attempts.length - 1] ?? {};
    const pairs = (value, prefix = '') => Object.entries(value).flatMap(([k, v]) => v && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).length ? pairs(v, `${prefix}${k}.`) : [[prefix + k, v]]);
    const list = rows => h('dl', { class: 'facts' }, rows.filter(([, v]) => v !== null && v !== undefined && v !== '').flatMap(([k, v]) => [h('dt', {}, k), h('dd', { class: 'mono' }, v instanceof Node ? v : text(v))]));
    const metrics = Object.entries(t.metrics).filter(([k]) => !isSystem(k));
    const command = last.argv ? last.argv.map(quote).join(' ') : null;
    fill(box, h('div', { class: 'grid even' },
      panel(h2('Parameters'), list(pairs(t.params))),
      panel(h2('Last values'), metrics.length ? list(metrics.slice(0, 100).map(([k, v]) => [k, number(v)])) : h('p', { class: 'dim' }, 'No metric yet.'),
        metrics.length > 100 ? noted(`showing 100 of ${metrics.length} metrics`) : null),
      panel(h2('The run'), list([['state', t.state], ['started', clock(t.started)], ['ended', t.ended ? clock(t.ended) : null], ['took', duration(((t.ended ?? Date.now()) - t.started) / 1000)], ['agent', last.agent], ['host', last.host], ['slot', last.slot],
        ['exit', last.exit], ['peak memory', last.peakMemory ? bytes(last.peakMemory) : null], ['CPU time', last.cpuSeconds ? duration(last.cpuSeconds) : null], ['directory', last.directory], ['point', t.point], ['repetition', t.repetition || null]])),
      panel(h2('The same again'), command ? [h('pre', { class: 'log' }, `cd ${quote(last.directory ?? '.')}\n${command}`), press({ onclick: async () => { try { await navigator.clipboard.writeText(`cd ${quote(last.directory ?? '.')} && ${command}`); } catch (e) { complain(e); } } }, 'Copy')] : h('p', { class: 'dim' }, 'Not started yet.')),
      h('section', { class: 'card wide' }, h2(plural(attempts.length, 'attempt')), h('div', { class: 'scroll' }, h('table', {}, h('thead', {}, h('tr', {}, ['#', 'outcome', 'agent', 'slot', 'from', 'took', 'exit', 'memory', 'reason'].map(c => th(c)))),
        h('tbody', {}, [...attempts].reverse().map(a => h('tr', {}, td(h('a', { href: `${run.path}?tab=logs&attempt=${a.attempt}` }, a.attempt)), td(stateBadge(a.outcome ?? 'running')), td(a.agent), td(a.slot), td(ago(a.assigned)), td(duration(((a.ended ?? Date.now()) - a.assigned) / 1000)), td(a.exit ?? ''), td(bytes(a.peakMemory)), h('td', { class: 'wrap' }, a.reason ?? a.lastLine ?? '')))))))));
  };
  draw();
  run.refresh = draw;
}

const quote = word => /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A chart a metric; of many, those that the search finds. */
async function charts(body, run, system) {
  let weight = Number(params().get('smooth') ?? 0), across = params().get('across') ?? '', log = params().get('log') === '1', find = params().get('find') ?? '';
  const grid = h('div', { class: 'small' }), note = h('p', { class: 'note', role: 'status' }), plots = new Map();
  let series = new Map();
  const apply = () => plots.forEach(p => p.set({ weight, time: across === 'time', logx: across === 'log', log }));
  const search = h('input', { type: 'search', placeholder: 'Find metrics', 'aria-label': 'Find metrics', value: find });
  search.addEventListener('input', settle(150, () => { find = search.value; setParams({ find }); draw(); }));
  fill(body, h('div', { class: 'filters' }, search,
    choice('Smoothing', [['0', 'Raw'], ['0.6', 'Smooth 0.6'], ['0.9', 'Smooth 0.9'], ['0.97', 'Smooth 0.97']], String(weight), v => { weight = Number(v); setParams({ smooth: v === '0' ? '' : v }); apply(); }),
    choice('Across', [['', 'Step'], ['log', 'Log step'], ['time', 'Time']], system ? 'time' : across, v => { across = v; setParams({ across: v }); apply(); }),
    toggle('Log', log, on => { log = on; setParams({ log: on }); apply(); }),
    h('a', { href: `/api/v1${run.path}/metrics.csv${run.attempt ? `?attempt=${run.attempt}` : ''}` }, 'CSV')), note, grid);
  if (system) across = 'time';
  const draw = () => {
    const names = [...series.keys()].filter(k => isSystem(k) === system && k.toLowerCase().includes(find.toLowerCase())), shown = names.slice(0, 40);
    note.textContent = names.length ? `showing ${shown.length} of ${plural(names.length, 'metric')}` : system ? 'This run has no system metrics.' : 'No metric yet.';
    for (const [name, plot] of plots) if (!shown.includes(name)) { plot.el.closest('section').remove(); plots.delete(name); }
    for (const name of shown) {
      if (plots.has(name)) { plots.get(name).render(); continue; }
      const card = panel();
      grid.append(card);
      plots.set(name, lineChart(card, { title: name, height: 190, data: () => series.has(name) ? [series.get(name)] : [], options: { weight, time: across === 'time', logx: across === 'log', log } }));
    }
  };
  const load = async () => {
    if (!run.data.trial.attempt) { draw(); return; }
    const query = new URLSearchParams({ width: 600, most: 300 });
    if (run.attempt) query.set('attempt', run.attempt);
    try {
      const d = await api(`${run.path}/metrics?${query}`);
      series = new Map(d.series.map(s => [s.name, { name: s.name, step: s.step, value: s.value.map(number), time: s.time }]));
      draw();
    } catch (e) { complain(e); }
  };
  await load();
  run.refresh = load;
}

/** The output: live, with its colours, searched. */
async function logs(body, run) {
  const { trial: t, attempts } = run.data;
  if (!t.attempt) { fill(body, h('p', { class: 'empty' }, 'It has not started yet.')); return; }
  const pre = h('pre', { class: 'log', tabindex: 0, 'aria-label': 'Output' }), found = h('span', { class: 'count', role: 'status' });
  let follow = true, next = null, content = '', first = 0, live = true;
  const attempt = run.attempt ?? t.attempt;
  const search = h('input', { type: 'search', placeholder: 'Search in the output', 'aria-label': 'Search in the output' });
  const following = toggle('Follow', true, on => { follow = on; if (on) pre.scrollTop = pre.scrollHeight; });
  const draw = () => {
    const q = search.value.toLowerCase();
    let text = content;
    if (q) { const lines = content.split('\n').filter(l => l.toLowerCase().includes(q)); found.textContent = plural(lines.length, 'line'); text = lines.join('\n'); } else found.textContent = first > 0 ? `from byte ${first} on` : '';
    fill(pre, ansi(text));
    if (follow) pre.scrollTop = pre.scrollHeight;
  };
  search.addEventListener('input', settle(150, draw));
  fill(body, h('div', { class: 'filters' }, search, found, following, attempts.length > 1 ? choice('Attempt', attempts.map(a => [String(a.attempt), `attempt ${a.attempt}`]), String(attempt), v => { run.attempt = Number(v); setParams({ attempt: v }); run.stop?.(); logs(body, run); }) : null,
    press({ onclick: async () => { try { let all = '', from = 0; for (let k = 0; k < 80; k++) { const s = await api(`${run.path}/log?attempt=${attempt}&from=${from}`); all += s.text; from = s.next; if (!s.hasMore) break; } content = all; first = 0; next = from; draw(); } catch (e) { complain(e); } } }, 'Whole output')), pre);
  const pull = async () => {
    try {
      const slice = await api(`${run.path}/log?attempt=${attempt}&${next === null ? 'tail=1000' : `from=${next}`}`);
      if (next === null) first = slice.start;
      next = slice.next;
      if (slice.text) { content = (content + slice.text).slice(-4_000_000); draw(); }
      if (slice.hasMore) return pull();
    } catch (error) { if (next === null) fill(pre, error.message); }
    return null;
  };
  await pull();
  if (!content) fill(pre, dim('No output yet.'));
  pre.addEventListener('scroll', () => { follow = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 30; following.setAttribute('aria-pressed', String(follow)); });
  const timer = setInterval(() => { if (live && !document.hidden) pull(); if (!['running', 'assigned'].includes(run.data.trial.state)) live = false; else live = true; }, 1000);
  run.stop = () => clearInterval(timer);
}

/** Text of a terminal: colours become classes, a carriage return writes over its line, everything else that moves is left out. */
export function ansi(source) {
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
