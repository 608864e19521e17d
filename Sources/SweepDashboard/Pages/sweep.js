// The page of one sweep.
import { actionButton, ago, remarkBox, api, clock, complain, duration, enc, fill, grouped, h, num, notify, params, plural, setNow, setParams, settle, stateBadge, stateWords, text, press, panel, dim, noted, byId, h2, spring } from './lib.js';
import { LIMIT, Selection, Trials, axesOf, ranking } from './model.js';
import { clip, extent, toggle, choice } from './plot.js';
import { edfChart, heatChart, historyChart, importanceChart, lineChart, paretoChart, robust, scatterChart, timelineChart } from './charts.js';
import { Parallel } from './parallel.js';
import { Leaderboard } from './table.js';
import { go } from './app.js';

/** Ties the parts of the page together: one set of trials, one selection, everybody draws from them. */
class Controls {
  constructor(id) {
    this.id = id;
    this.query = params();
    this.trials = new Trials();
    this.selection = new Selection(this.query);
    this.mask = new Uint8Array(0);
    this.axes = [];
    this.parts = [];
  }

  get path() { return `/sweeps/${enc(this.id)}`; }

  async load() {
    const quick = api(`${this.path}/trials?limit=${LIMIT}`);
    const [details, table, remarks] = await Promise.all([api(this.path), quick, api(`${this.path}/remarks`)]);
    this.remarks = remarks.trials;
    this.takeDetails(details);
    this.takeTable(table);
    if (table.total > table.shown) this.history = await api(`${this.path}/history?width=1200`).then(numbers);
    if (this.selection.where) await this.applyWhere().catch(complain);
  }

  takeDetails(d) {
    this.details = d;
    this.id = d.sweep.id;
    this.row = d.sweep;
    this.facts = d.facts;
    this.strip = d.strip;
    this.mayAct = d.mayAct;
    setNow(d.now);
  }

  /** The trials with a value, and the range of these that charts show; found once for all charts. */
  finite() {
    if (!this.withValue) { this.withValue = []; for (let i = 0; i < this.trials.length; i++) if (Number.isFinite(this.trials.objective[i])) this.withValue.push(i); }
    return this.withValue;
  }
  range() { return this.valueRange ??= robust(this.finite().map(i => this.trials.objective[i])); }

  takeTable(table) {
    this.withValue = this.valueRange = null;
    this.epoch = (this.epoch ?? 0) + 1;
    this.trials.merge(table);
    if (table.total !== undefined) this.trials.total = table.total;
    this.trials.version = table.version ?? this.trials.version;
    this.axes = axesOf(this.facts, this.trials);
    this.mask = this.selection.mask(this.trials);
  }

  axis(name) {
    return this.axes.find(a => a.name === name) ?? (name === 'objective' ? this.objectiveAxis() : { name, kind: 'linear', values: [], ...range(this.trials, name) });
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
  remember(patch) { setParams(patch); }

  brush(...pairs) {
    for (let i = 0; i < pairs.length; i += 2) this.selection.set(pairs[i], pairs[i + 1] || null);
    this.changed();
  }

  /** From a chart's axis: a range, or the values of a category. */
  brushAxis(name, span, values) {
    const axis = this.axis(name);
    if (values) this.selection.set(name, { values });
    else if (!span) this.selection.set(name, null);
    else if (axis.kind === 'category') {
      const from = axis.values.indexOf(span[0]), to = axis.values.indexOf(span[1]);
      this.selection.set(name, { values: new Set(axis.values.slice(Math.min(from, to), Math.max(from, to) + 1).map(text)) });
    } else this.selection.set(name, { low: span[0], high: span[1] });
    this.changed();
  }

  async applyWhere() {
    const { selection: s } = this;
    if (!s.where) { s.fits = null; this.fitCount = null; return; }
    const found = await api(`${this.path}/trials?limit=10000&where=${enc(s.where)}`);
    s.fits = new Set(found.number);
    this.fitCount = found.matching;
    // A trial that fits may be one that the sample left out.
    this.takeTable({ ...found, total: this.trials.total });
  }

  countStates(letter) { let n = 0; for (const s of this.trials.state) if (s === letter) n++; return n; }

  countText() {
    const { trials: t } = this;
    let n = 0;
    for (const m of this.mask) n += m;
    const held = t.length < t.total ? ` (a sample of ${grouped(t.length)} is held)` : '';
    return `showing ${grouped(n)} of ${grouped(t.total)}${held}`;
  }

  describe(i) {
    const t = this.trials;
    return [`trial ${t.number[i]} · ${t.word(i)}`, `${this.facts?.metric ?? 'objective'} ${num(t.objective[i])}`, ...this.axes.slice(0, 8).map(a => `${clip(a.name, 30)} ${clip(text(t.get(a.name, i)), 40)}`), t.reason[i] ? clip(t.reason[i], 120) : null].filter(Boolean);
  }

  href(i) { return `${this.path}/trials/${this.trials.number[i]}`; }
  open(i) { go(this.href(i)); }
  openNumber(n) { go(`${this.path}/trials/${n}`); }
}

const range = (trials, name) => { const values = []; for (let i = 0; i < trials.length; i++) values.push(trials.get(name, i)); const [low, high] = extent(values); return { low, high }; };
const numbers = h0 => ({ ...h0, objective: h0.objective.map(Number), best: h0.best.map(Number) });

export async function show(main, id) {
  const ctl = new Controls(id);
  await ctl.load();
  const title = ctl.row.name ?? ctl.id;
  document.title = `${title} · Sweep`;

  const head = h('div', { class: 'head' }), strip = h('dl', { class: 'strip card' }), filters = h('div', { class: 'filters' });
  const cards = Array.from({ length: 8 }, () => panel());
  const more = h('div', { class: 'stack' });
  fill(main, head, strip, filters, h('div', { class: 'grid' }, cards[0], cards[1]), h('div', { class: 'grid even' }, cards[2], cards[3]), more);

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
  ctl.again = async () => { await ctl.load(); drawHead(head, ctl); drawStrip(strip, ctl); drawFacts(facts, ctl); for (const part of ctl.parts) part.render(); };

  const stream = listen(ctl, () => { drawHead(head, ctl); drawStrip(strip, ctl); drawChips(filters, ctl); for (const part of ctl.parts) part.render(); ctl.learn?.(); });
  // The rest after the first chart is on the screen.
  requestAnimationFrame(() => setTimeout(() => {
    const slices = panel(), tail = h('div', { class: 'grid even' }, cards[4], cards[5]);
    const trade = panel();
    more.append(slices, h('div', { class: 'grid three' }, cards[6], cards[7], trade), tail, facts);
    ctl.parts.push(importanceChart(cards[2], ctl), new Parallel(cards[3], ctl));
    drawSlices(slices, ctl);
    ctl.parts.push(heatChart(cards[6], ctl), edfChart(cards[7], ctl), paretoChart(trade, ctl));
    drawTimeline(cards[4], ctl);
    drawCurves(cards[5], ctl);
    drawFacts(facts, ctl);
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
  };
  ctl.learn();
  return () => stream.close();
}

function drawHead(el, ctl) {
  const r = ctl.row, base = `${ctl.path}/actions`;
  const buttons = !ctl.mayAct ? [dim('read only')] : [
    r.state === 'running' ? actionButton('Pause', `${base}/pause`) : null,
    r.state !== 'running' && r.state !== 'cancelled' ? actionButton('Resume', `${base}/resume`) : null,
    r.state === 'running' || r.state === 'paused' ? actionButton('Stop', `${base}/stop`, { ask: 'Stop? Running trials may end' }) : null,
    r.state === 'running' || r.state === 'paused' ? actionButton('Cancel', `${base}/cancel`, { ask: 'Cancel? Running trials are ended' }) : null,
    (r.counts.failed ?? 0) > 0 ? actionButton(`Retry ${r.counts.failed} failed`, `${base}/retry-failed`) : null,
    press({ onclick: () => share(ctl) }, 'Share'),
  ];
  const key = JSON.stringify([r.state, r.counts.failed, r.name, r.reason]);
  if (el.dataset.key === key) return;
  el.dataset.key = key;
  fill(el, h('h1', {}, r.name ?? ctl.id), stateBadge(r.state), h('span', { class: 'meta' }, `${r.id} · ${r.method}${ctl.facts?.metric ? ` · ${ctl.facts.goal} ${ctl.facts.metric}` : ''} · ${ago(r.created)}`),
    r.reason ? h('span', { class: 'meta' }, r.reason) : null, spring(), buttons);
}

/** Changes the sweep while it runs: empty fields change nothing, entries of one field are parted by semicolons. */
function editBox(ctl) {
  const fields = { runCap: 'Run cap: 200', budget: 'Budget: 4h', parallel: 'At once: 8', priority: 'Priority: 0', stop: 'Stopping: hyperband', add: 'Add: lr=0.3', drop: 'Drop: batch=64', range: 'Range: lr=1e-4:1e-2', exclude: 'Exclude: batch = 64', tries: 'Try next: {lr: 0.01}', because: 'Because' };
  const inputs = Object.entries(fields).map(([name, hint]) => h('input', { name, placeholder: hint, 'aria-label': hint.split(':')[0] }));
  const said = h('p', { role: 'status' });
  const send = async isTrial => {
    const body = { key: String(Math.random()), isTrial };
    for (const { name, value } of inputs) {
      if (!value.trim()) continue;
      body[name] = ['add', 'drop', 'range', 'exclude', 'tries'].includes(name) ? value.split(';').map(t => t.trim()).filter(Boolean) : name === 'priority' ? Number(value) : value.trim();
    }
    try {
      const done = await api(`${ctl.path}/edit`, { method: 'POST', body });
      said.textContent = [...done.changes, ...done.warnings].join(' · ');
      if (!isTrial) { notify('Changed'); await ctl.again(); }
    } catch (e) { complain(e); }
  };
  const brushed = () => { inputs[7].value = [...ctl.selection.ranges].filter(([name, r]) => !r.values && ctl.facts.axes.some(a => a.name === name)).map(([name, r]) => `${name}=${r.low}:${r.high}`).join('; '); };
  return h('details', { id: 'edit' }, h('summary', {}, 'Edit'), h('div', { class: 'filters' }, inputs,
    press({ onclick: brushed }, 'Selected range'), press({ onclick: () => send(true) }, 'Check'), press({ onclick: () => send(false) }, 'Change')), said);
}

async function share(ctl) {
  const link = `${location.origin}/sweeps/${enc(ctl.id)}?key=${enc(ctl.details.link)}`;
  try { await navigator.clipboard.writeText(link); notify('A link that only reads is in the clipboard'); } catch { notify(link); }
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
    ['best', h('dd', { class: 'big' }, s.best === null ? '–' : num(Number(s.best)), s.bestTrial ? [' ', h('small', {}, h('a', { href: `${ctl.path}/trials/${s.bestTrial}` }, `trial ${s.bestTrial}`))] : null)],
    ['last better', s.bestAt ? `${ago(s.bestAt)}` : '–', s.bestAt ? `${plural(s.endedSince, 'trial')} since` : null],
    ['done', `${done}${total ? ` of ${total}` : ''}`, total ? `${Math.floor(done / Math.max(1, total) * 100)} %` : null],
    ['running', running], ['pruned', n('pruned')],
    ['failed', h('dd', { class: n('failed') ? 'bad' : '' }, n('failed'), ' ', h('small', { title: Object.keys(r.failures ?? {}).join('\n') }, failed < 0 ? fails : h('a', { href: ctl.href(failed) }, fails || 'why?')))],
    [gpus ? 'GPU-hours' : 'slot-hours', num(spent / 3600 * (gpus || 1), 3), s.meanSeconds ? `${duration(s.meanSeconds)} a trial` : null],
    ['ETA', r.state !== 'running' ? '–' : s.eta === null ? 'not known' : duration(s.eta)],
    next ? [`next ${next.trials} trials`, h('dd', { title: `Expected improvement ${num(next.improvement, 2)}, judged by ${next.basis === 'model' ? 'a model of the trials' : 'the order of the values'}` }, `${num(next.chance * 100, 2)} % `, h('small', {}, `for a new best, by ${num(next.improvement, 2)}`))] : null,
  ].filter(Boolean);
  fill(el, items.map(([k, v, small]) => h('div', {}, h('dt', {}, k), v instanceof Node ? v : h('dd', {}, v, small ? [' ', h('small', {}, small)] : null))));
}

function drawFilters(el, ctl) {
  const input = h('input', { type: 'search', id: 'where', placeholder: "Filter, e.g. lr > 1e-3 and optimizer = 'adam'", value: ctl.selection.where, 'aria-label': 'Filter by an expression', spellcheck: 'false' });
  const apply = async () => {
    ctl.selection.where = input.value.trim();
    try { await ctl.applyWhere(); input.removeAttribute('aria-invalid'); ctl.changed(); } catch (error) { input.setAttribute('aria-invalid', 'true'); complain(error); }
  };
  input.addEventListener('change', apply);
  input.addEventListener('search', apply);
  fill(el, input, h('span', { class: 'chips' }), h('span', { class: 'count', id: 'count', role: 'status' }), press({ id: 'clear', onclick: () => { ctl.selection.clear(); input.value = ''; ctl.changed(); } }, 'Show all'));
  drawChips(el, ctl);
}

function drawChips(el, ctl) {
  const chips = el.querySelector('.chips'), counts = {};
  for (const s of ctl.trials.state) counts[s] = (counts[s] ?? 0) + 1;
  const key = JSON.stringify([counts, [...ctl.selection.states]]);
  if (chips.dataset.key !== key) {
    chips.dataset.key = key;
    const letters = Object.keys(stateWords).filter(l => counts[l] || ctl.selection.states.has(l));
    const focused = document.activeElement?.dataset?.state;
    fill(chips, letters.map(l => [press({ class: 'chip', 'data-state': l, 'aria-pressed': String(ctl.selection.states.has(l)), onclick: () => {
      const { states } = ctl.selection;
      if (states.has(l)) states.delete(l); else states.add(l);
      ctl.changed();
    } }, `${stateWords[l]} ${counts[l] ?? 0}`), ' ']));
    if (focused) chips.querySelector(`[data-state="${focused}"]`)?.focus();
  }
  el.querySelector('#count').textContent = ctl.countText() + [...ctl.selection.ranges].map(([k, r]) => `; ${clip(k, 24)} ${r.values ? `in ${[...r.values].slice(0, 3).join(', ')}` : `${num(r.low, 3)} … ${num(r.high, 3)}`}`).join('');
  el.querySelector('#clear').disabled = ctl.selection.isEmpty;
}

function drawSlices(el, ctl) {
  const box = h('div', { class: 'small' });
  el.append(h('div', { class: 'bar head' }, h2('Each parameter'), dim('drag across to select')), box);
  const build = () => {
    const names = ctl.axes.map(a => a.name).slice(0, 12);
    if (box.dataset.names === names.join()) return;
    box.dataset.names = names.join();
    box.replaceChildren();
    ctl.parts = ctl.parts.filter(p => !p.isSlice);
    for (const name of names) { const plot = scatterChart(box, ctl, name, { height: 190 }); plot.isSlice = true; ctl.parts.push(plot); }
    if (ctl.axes.length > names.length) box.append(noted(`showing ${names.length} of ${ctl.axes.length} parameters`));
  };
  build();
  ctl.parts.push({ render: build });
}

async function drawTimeline(el, ctl) {
  const read = async () => { const d = await api(`${ctl.path}/timeline?limit=3000`); d.nowOffset = Date.now() - d.origin; return d; };
  try {
    const plot = timelineChart(el, ctl, await read());
    let at = Date.now();
    ctl.parts.push({ render: settle(300, async () => { if (!el.isConnected || Date.now() - at < 3000) return; at = Date.now(); plot.take(await read().catch(() => plot.data ?? { trial: [], slots: [], to: [], from: [], slot: [], outcome: [], attempt: [] })); }) });
    ctl.parts.push(plot);
    plot.render();
  } catch (e) { complain(e); }
}

/** Learning curves of the best trials that are selected. */
function drawCurves(el, ctl) {
  let curves = [], weight = Number(ctl.query.get('smooth') ?? 0), metric = ctl.query.get('curve') ?? ctl.facts?.metric ?? '', shown = '';
  const note = h('p', { class: 'note' });
  const names = [...new Set([ctl.facts?.metric, ...(ctl.details.metricNames ?? [])].filter(Boolean))];
  const chart = lineChart(el, {
    title: 'Curves of the best', height: 250, data: () => curves, open: c => ctl.openNumber(c.trial), options: { weight, log: ctl.query.get('curvelog') === '1', time: ctl.query.get('curvex') === 'time', logx: ctl.query.get('curvex') === 'log' },
    controls: [names.length > 1 ? choice('Metric', names.slice(0, 200), metric, v => { metric = v; ctl.remember({ curve: v }); load(); }) : h('span'),
      choice('Smoothing', [['0', 'Raw'], ['0.6', 'Smooth 0.6'], ['0.9', 'Smooth 0.9'], ['0.97', 'Smooth 0.97']], String(weight), v => { weight = Number(v); ctl.remember({ smooth: v === '0' ? '' : v }); chart.set({ weight }); }),
      choice('Across', [['', 'Step'], ['log', 'Log step'], ['time', 'Time']], ctl.query.get('curvex') ?? '', v => { ctl.remember({ curvex: v }); chart.set({ time: v === 'time', logx: v === 'log' }); }),
      toggle('Log', ctl.query.get('curvelog') === '1', on => { ctl.remember({ curvelog: on }); chart.set({ log: on }); })],
  });
  el.querySelector('figure').append(note);
  const load = async () => {
    const order = ranking(ctl.trials, ctl.mask, ctl.facts?.goal).filter(i => ctl.trials.attempt[i] > 0), list = order.slice(0, 20).map(i => ctl.trials.number[i]);
    const running = order.some(i => ctl.trials.state[i] === 'r');
    const key = `${metric}|${list.join()}|${running ? ctl.trials.version : ''}`;
    if (key === shown || !metric) return;
    shown = key;
    if (!list.length) { curves = []; chart.render(); return; }
    try {
      const answer = await api(`${ctl.path}/curves?metric=${enc(metric)}&trials=${list.join(',')}&width=500`);
      curves = answer.curves.filter(c => c.series.length).map(c => ({ trial: c.trial, name: `trial ${c.trial}`, step: c.series[0].step, value: c.series[0].value.map(Number), time: c.series[0].time }));
      note.textContent = `showing ${curves.length} of ${plural(order.length, 'selected trial')} that started, the best first`;
      chart.render();
    } catch (e) { complain(e); }
  };
  ctl.parts.push({ render: settle(400, () => { if (el.isConnected) load(); }) });
  load();
}

function drawFacts(el, ctl) {
  const r = ctl.row;
  fill(el, h('div', { class: 'head' }, h2('The sweep')), remarkBox(ctl.path, r.remark, ctl.mayAct), h('dl', { class: 'facts' },
    [['id', r.id], ['file', r.file], ['created in', r.createdIn], ['method', r.method], ['objective', ctl.facts?.metric ? `${ctl.facts.goal} ${ctl.facts.metric} (${ctl.facts.summary})${ctl.facts.target !== null ? `, target ${num(ctl.facts.target)}` : ''}` : null],
      ['priority', r.priority], ['repeats', ctl.facts?.repetitions]].filter(([, v]) => v !== null && v !== undefined).flatMap(([k, v]) => [h('dt', {}, k), h('dd', {}, v)]),
    (ctl.facts?.axes ?? []).flatMap(a => [h('dt', {}, a.name), h('dd', {}, a.law)])),
  noted('The same data: ', h('a', { href: `/api/v1/sweeps/${enc(ctl.id)}/trials.csv` }, 'CSV'), ' · ', h('a', { href: `/api/v1/sweeps/${enc(ctl.id)}/trials` }, 'JSON'), ` · pandas.read_csv("${location.origin}/api/v1/sweeps/${ctl.id}/trials.csv?key=${ctl.details.link ?? '…'}")`),
  r.edits?.length ? h('ol', { id: 'edits' }, r.edits.map(e => h('li', {}, `${clock(e.time)}: ${e.changes.join('; ')}`, e.because ? dim(` (${e.because})`) : null))) : null,
  ctl.mayAct ? editBox(ctl) : null,
  h('details', {}, h('summary', {}, 'YAML'), h('pre', { class: 'log' }, r.yaml ?? '')));
}

/** Live changes. The browser connects again by itself. */
function listen(ctl, draw) {
  const live = byId('live');
  const source = new EventSource(`/api/v1/sweeps/${enc(ctl.id)}/events`);
  let reloading = false;
  const reload = async () => {
    if (reloading) return;
    reloading = true;
    try { await ctl.load(); draw(); } catch (e) { complain(e); }
    reloading = false;
  };
  source.addEventListener('hello', e => { live.textContent = '● live'; if (JSON.parse(e.data).version !== ctl.trials.version) reload(); });
  source.addEventListener('reload', reload);
  source.addEventListener('gone', () => { live.textContent = 'deleted'; source.close(); });
  source.addEventListener('change', e => {
    const d = JSON.parse(e.data);
    ctl.row = { ...d.sweep, yaml: ctl.row.yaml, edits: ctl.row.edits };
    ctl.strip = d.strip;
    ctl.spentAt ??= Date.now();
    ctl.takeTable({ ...d.trials, version: d.version });
    ctl.trials.total = Object.values(d.sweep.counts).reduce((a, b) => a + b, 0);
    draw();
  });
  source.onerror = () => { live.textContent = source.readyState === 2 ? 'not connected' : 'connecting…'; };
  return source;
}
