// The charts of the pages, each drawn by hand on a Plot.
import { colour, fill, h, num, palette, plural, ramp, rgb, text, duration } from './lib.js';
import { Figure, Plot, clip, extent, font, line, makeScale, mark, Marks, stateColour, toggle } from './plot.js';
import { better, direction } from './model.js';

const axisScale = (axis, pad = 0.02) => {
  if (axis.kind === 'category') return makeScale('category', 0, 1, axis.values);
  if (axis.kind === 'log') { const f = (axis.high / axis.low) ** pad || 1; return makeScale('log', axis.low / f, axis.high * f); }
  const d = (axis.high - axis.low) * pad;
  return makeScale('linear', axis.low - d, axis.high + d);
};

const padded = ([lo, hi], log) => log ? [lo / (hi / lo) ** 0.04, hi * (hi / lo) ** 0.04] : [lo - (hi - lo) * 0.05, hi + (hi - lo) * 0.05];

/** The values of a robust range: a few diverged trials must not flatten all others. */
function robust(values) {
  const v = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (v.length < 8) return extent(v);
  const q = p => v[Math.min(v.length - 1, Math.floor(p * v.length))];
  const [a, b] = [q(0.02), q(0.9)], reach = (b - a) * 2 || Math.abs(b) || 1;
  return [Math.max(v[0], a - reach), Math.min(v[v.length - 1], b + reach)];
}

export function stateLegend(best = true) {
  const item = (name, words) => h('span', { style: { '--k': `var(${name})` } }, words);
  return h('div', { class: 'legend' }, best ? item('--best', '— best so far') : null, item('--completed', '● completed'), item('--pruned', '▼ pruned'),
    item('--running', '○ running'), item('--failed', '× failed'));
}

/** Objective against trial number, the best so far, and what failed or runs. */
export function historyChart(parent, ctl) {
  let log = ctl.query.get('logy') === '1', whole = ctl.query.get('whole') === '1';
  const plot = new Plot(parent, {
    title: 'History', height: () => innerWidth < 900 ? 260 : 380, brush: 'xy', legend: stateLegend(), csv: `/api/v1/sweeps/${ctl.id}/trials.csv`,
    controls: [
      toggle('Log scale', log, on => { log = on; ctl.remember({ logy: on }); plot.render(); }),
      toggle('Whole range', whole, on => { whole = on; ctl.remember({ whole: on }); plot.render(); }),
    ],
    onbrush: b => { ctl.brush('number', b && b.x && { low: b.x[0], high: b.x[1] }, 'objective', b && b.y && { low: b.y[0], high: b.y[1] }); },
    prepare: self => {
      const { trials: t, mask, facts } = ctl, idx = ctl.finite(), h0 = ctl.history;
      const sampled = h0 && t.length < t.total;
      const values = sampled ? h0.objective : idx.map(i => t.objective[i]);
      const pos = values.filter(v => v > 0), uselog = log && pos.length > 0;
      const [lo, hi] = padded(whole || uselog ? extent(values, uselog) : sampled ? robust(values) : ctl.range(), uselog);
      const last = Math.max(2, ...[t.number[t.length - 1] ?? 1, sampled ? h0.number[h0.number.length - 1] : 1]);
      self.idx = idx;
      self.selection = () => {
        const n = ctl.selection.ranges.get('number'), o = ctl.selection.ranges.get('objective');
        return n || o ? { x: n && [n.low, n.high], y: o && [o.low, o.high] } : null;
      };
      return {
        empty: t.length === 0 ? 'no trial yet: start an agent' : values.length === 0 && !ctl.countStates('f') ? `no trial has reported ${facts?.metric ?? 'a value'} yet` : null,
        x: makeScale('linear', 0, last + 0.5), y: makeScale(uselog ? 'log' : 'linear', lo, hi),
        xLabel: 'trial', yLabel: clip(facts?.metric ?? 'objective', 40),
        summary: `${plural(values.length, 'value')}, best ${num(ctl.strip?.best)}${ctl.strip?.bestTrial ? ` in trial ${ctl.strip.bestTrial}` : ''}`,
        hits: { n: idx.length, x: i => t.number[idx[i]], y: i => Math.min(hi, Math.max(lo, t.objective[idx[i]])), label: i => ctl.describe(idx[i]), open: i => ctl.open(idx[i]) },
        lo, hi, mask,
      };
    },
    draw: (ctx, p) => {
      const { trials: t, mask } = ctl, clampY = v => p.py(Math.min(p.hi, Math.max(p.lo, v)));
      const r = p.idx.length > 1500 ? 2 : 3;
      if (ctl.history && t.length < t.total) {
        const s = ctl.history;
        ctx.globalAlpha = 0.45;
        for (let i = 0; i < s.number.length; i++) { ctx.fillStyle = ctx.strokeStyle = colour(stateColour[s.states[i]]); mark(ctx, s.states[i], p.px(s.number[i]), clampY(s.objective[i]), 2); }
        ctx.globalAlpha = 1;
      }
      const marks = new Marks(p, r), { fx } = p;
      for (const on of [0, 1]) for (const i of p.idx) if (mask[i] === on) marks.put(t.state[i], fx(t.number[i]), clampY(t.objective[i]), on);
      // What failed has no value: crosses along the lower edge.
      const bottom = p.inner[1] + p.inner[3] - 5;
      for (let i = 0; i < t.length; i++) if (t.state[i] === 'f' && !Number.isFinite(t.objective[i])) marks.put('f', fx(t.number[i]), bottom, mask[i]);
      marks.show();
      ctx.globalAlpha = 1;
      const steps = bestSteps(ctl);
      if (steps.length) {
        ctx.strokeStyle = colour('--best');
        ctx.lineWidth = 2;
        ctx.beginPath();
        steps.forEach(([n, v], k) => { const x = p.px(n), y = clampY(v); if (k) ctx.lineTo(x, clampY(steps[k - 1][1])); ctx[k ? 'lineTo' : 'moveTo'](x, y); });
        ctx.lineTo(p.px(t.number[t.length - 1] ?? 1), clampY(steps[steps.length - 1][1]));
        ctx.stroke();
      }
      if (Number.isFinite(ctl.facts?.target) && ctl.facts.target >= p.lo && ctl.facts.target <= p.hi) {
        ctx.setLineDash([4, 4]);
        ctx.strokeStyle = colour('--dim');
        line(ctx, p.inner[0], p.py(ctl.facts.target), p.inner[0] + p.inner[2], p.py(ctl.facts.target));
        ctx.setLineDash([]);
      }
    },
    table: () => ({ columns: ['trial', 'state', ctl.facts?.metric ?? 'objective', 'reason'], rows: [...ctl.visible()].map(i => [ctl.trials.number[i], ctl.trials.word(i), ctl.trials.objective[i], ctl.trials.reason[i]]) }),
  });
  return plot;
}

function bestSteps(ctl) {
  if (ctl.history && ctl.trials.length < ctl.trials.total) return ctl.history.bestNumber.map((n, i) => [n, ctl.history.best[i]]);
  const is = better(ctl.facts?.goal), { trials: t } = ctl, out = [];
  let best = null;
  const order = [...t.number.keys()].sort((a, b) => t.number[a] - t.number[b]);
  for (const i of order) if (t.isRanked(i) && (best === null || is(t.objective[i], best))) { best = t.objective[i]; out.push([t.number[i], best]); }
  return out;
}

/** Objective against one parameter or metric. */
export function scatterChart(parent, ctl, axisName, { height = 220, title } = {}) {
  const plot = new Plot(parent, {
    title: title ?? axisName, height, brush: 'x', left: 50,
    onbrush: b => ctl.brushAxis(axisName, b?.x),
    prepare: () => {
      const { trials: t } = ctl, axis = ctl.axis(axisName), values = t.params.get(axisName), idx = ctl.finite().filter(i => (values ? values[i] : t.get(axisName, i)) !== null);
      const [lo, hi] = padded(ctl.range());
      plot.idx = idx;
      plot.selection = () => { const r = ctl.selection.ranges.get(axisName); return r && !r.values ? { x: [r.low, r.high] } : null; };
      return {
        empty: idx.length ? null : 'no values yet', x: axisScale(axis), y: makeScale('linear', lo, hi), lo, hi, xLabel: clip(axisName, 40),
        summary: `${plural(idx.length, 'trial')} by ${axisName}`,
        hits: { n: idx.length, x: i => t.get(axisName, idx[i]), y: i => Math.min(hi, Math.max(lo, t.objective[idx[i]])), label: i => ctl.describe(idx[i]), open: i => ctl.open(idx[i]) },
      };
    },
    draw: (ctx, p) => {
      const marks = new Marks(p, p.idx.length > 1500 ? 1.6 : 2.4);
      const { trials: t, mask } = ctl, axis = ctl.axis(axisName), width = axis.kind === 'category' ? p.inner[2] / Math.max(1, axis.values.length) * 0.5 : 0;
      for (const on of [0, 1]) for (const i of p.idx) {
        if (mask[i] !== on) continue;
        // Points of one category lie beside each other, always in the same place.
        const shift = width ? ((t.number[i] * 0.618) % 1 - 0.5) * width : 0;
        marks.put(t.state[i], p.px(t.get(axisName, i)) + shift, p.py(Math.min(p.hi, Math.max(p.lo, t.objective[i]))), on);
      }
      marks.show();
    },
    table: () => ({ columns: ['trial', axisName, 'objective'], rows: [...ctl.visible()].map(i => [ctl.trials.number[i], ctl.trials.get(axisName, i), ctl.trials.objective[i]]) }),
  });
  return plot;
}

/** Which parameter matters: bars with their uncertainty. */
export function importanceChart(parent, ctl) {
  let rows = [];
  const plot = new Plot(parent, {
    title: 'What matters', isSlow: true, height: () => Math.max(120, 46 + 24 * Math.min(12, ctl.axes.length)), left: 130, right: 60, bottom: 34,
    prepare: () => {
      rows = importanceRows(ctl).slice(0, 12);
      const high = Math.max(0.1, ...rows.map(r => r.share + r.error));
      return {
        empty: rows.length ? null : ctl.insight ? ctl.insight.problem ?? 'not known yet' : 'is being worked out', x: makeScale('linear', 0, Math.min(1.3, high * 1.3)), y: makeScale('category', 0, 1, rows.map(r => r.name).reverse()),
        xLabel: ctl.insight ? `share of the variation, learnt from ${plural(ctl.insight.learntFrom, 'trial')}` : '', yTrim: true,
        summary: rows.slice(0, 3).map(r => `${r.name} ${num(r.share * 100, 2)} %`).join(', '),
        hits: { n: rows.length, x: i => rows[i].share, y: i => rows[i].name, label: i => [rows[i].name, `${num(rows[i].share * 100, 3)} % ± ${num(rows[i].error * 100, 2)}`,
          rows[i].rho !== null ? `rank correlation ${num(rows[i].rho, 2)}: ${rows[i].rho > 0 ? 'a larger value gives a larger objective' : 'a larger value gives a smaller objective'}` : ''],
          open: i => ctl.focusAxis?.(rows[i].name) },
      };
    },
    draw: (ctx, p) => {
      const hh = Math.min(16, p.inner[3] / Math.max(1, rows.length) * 0.7);
      for (const r of rows) {
        const y = p.py(r.name), x0 = p.px(0), x1 = p.px(r.share);
        ctx.fillStyle = colour('--c1');
        ctx.fillRect(x0, y - hh / 2, Math.max(1, x1 - x0), hh);
        ctx.strokeStyle = colour('--ink');
        ctx.lineWidth = 1;
        const a = p.px(Math.max(0, r.share - r.error)), b = p.px(r.share + r.error);
        line(ctx, a, y, b, y);
        line(ctx, b, y - 3, b, y + 3);
        ctx.fillStyle = colour('--ink');
        ctx.font = font(11);
        ctx.textAlign = 'left';
        ctx.textBaseline = 'middle';
        ctx.fillText(`${num(r.share * 100, 2)} %${r.rho === null ? '' : r.rho > 0.1 ? ' ↗' : r.rho < -0.1 ? ' ↘' : ''}`, Math.min(b + 5, p.inner[0] + p.inner[2] + 2), y);
      }
    },
    table: () => ({ columns: ['parameter', 'share', '±', 'rank correlation'], rows: importanceRows(ctl).map(r => [r.name, r.share, r.error, r.rho]) }),
  });
  return plot;
}

/** Parameters, the most important first. */
export function importanceRows(ctl) {
  if (!ctl.insight) return [];
  const all = [...ctl.visible()];
  return ctl.insight.importance.map(r => ({ name: r.name, share: r.share, error: r.deviation, rho: direction(ctl.trials, all, ctl.axis(r.name)) })).sort((a, b) => b.share - a.share);
}

/** Share of trials at or below each value: which sweep, or which group, is better as a whole. */
export function edfChart(parent, ctl) {
  const plot = new Plot(parent, {
    title: 'Distribution of values', height: 230, brush: 'x', onbrush: b => ctl.brush('objective', b?.x && { low: b.x[0], high: b.x[1] }),
    prepare: () => {
      const all = [], chosen = [];
      for (let i = 0; i < ctl.trials.length; i++) if (ctl.trials.isRanked(i)) { all.push(ctl.trials.objective[i]); if (ctl.mask[i]) chosen.push(ctl.trials.objective[i]); }
      all.sort((a, b) => a - b);
      chosen.sort((a, b) => a - b);
      plot.sets = [all, chosen];
      plot.selection = () => { const r = ctl.selection.ranges.get('objective'); return r ? { x: [r.low, r.high] } : null; };
      return { empty: all.length ? null : 'no finished trial yet', x: makeScale('linear', ...robust(all)), y: makeScale('linear', 0, 1), xLabel: clip(ctl.facts?.metric ?? 'objective', 40), yLabel: 'share of trials',
        summary: `median ${num(chosen[chosen.length >> 1])} of ${plural(chosen.length, 'selected trial')}`,
        hits: { n: Math.min(200, chosen.length), x: i => chosen[at(i, chosen)], y: i => (at(i, chosen) + 1) / chosen.length, label: i => [`${num((at(i, chosen) + 1) / chosen.length * 100, 3)} % at or below ${num(chosen[at(i, chosen)])}`] } };
    },
    draw: (ctx, p) => {
      p.sets.forEach((values, k) => {
        if (!values.length || (k === 0 && values.length === p.sets[1].length)) return;
        ctx.strokeStyle = colour(k ? '--c1' : '--waiting');
        ctx.lineWidth = k ? 2 : 1;
        ctx.beginPath();
        const step = Math.max(1, Math.floor(values.length / p.inner[2]));
        for (let i = 0; i < values.length; i += step) { const x = p.px(values[i]); ctx.lineTo(x, p.py(i / values.length)); ctx.lineTo(x, p.py(Math.min(1, (i + step) / values.length))); }
        ctx.lineTo(p.inner[0] + p.inner[2], p.py(1));
        ctx.stroke();
      });
    },
    table: () => ({ columns: ['value', 'share at or below'], rows: (plot.sets?.[1] ?? []).map((v, i, a) => [v, (i + 1) / a.length]) }),
  });
  return plot;
}
const at = (i, values) => values.length <= 200 ? i : Math.floor(i / 199 * (values.length - 1));

/** Two parameters at once: the mean objective of each cell. */
export function heatChart(parent, ctl) {
  const pick = { a: null, b: null };
  const selects = h('span');
  const plot = new Plot(parent, {
    title: 'Two parameters', height: 260, controls: [selects],
    prepare: () => {
      const names = ctl.axes.map(a => a.name), order = importanceRows(ctl).map(r => r.name);
      pick.a ??= ctl.query.get('hx') && names.includes(ctl.query.get('hx')) ? ctl.query.get('hx') : order[0] ?? names[0] ?? null;
      pick.b ??= ctl.query.get('hy') && names.includes(ctl.query.get('hy')) ? ctl.query.get('hy') : order[1] ?? names.find(n => n !== pick.a) ?? null;
      if (selects.dataset.names !== names.join()) {
        selects.dataset.names = names.join();
        fill(selects, ...['a', 'b'].map(k => h('select', { 'aria-label': k === 'a' ? 'Across' : 'Up', onchange: e => { pick[k] = e.target.value; ctl.remember({ [k === 'a' ? 'hx' : 'hy']: pick[k] }); plot.render(); } },
          names.map(n => h('option', { value: n, selected: n === pick[k] }, clip(n, 24))))));
      }
      if (!pick.a || !pick.b || pick.a === pick.b) return { empty: 'a sweep over two parameters or more has this chart' };
      const A = ctl.axis(pick.a), B = ctl.axis(pick.b), x = axisScale(A), y = axisScale(B);
      const nx = A.kind === 'category' ? A.values.length : 16, ny = B.kind === 'category' ? B.values.length : 12, cells = new Map();
      for (const i of ctl.visible()) {
        if (!ctl.trials.isRanked(i)) continue;
        const cx = Math.floor(x.to(ctl.trials.get(pick.a, i)) * nx), cy = Math.floor(y.to(ctl.trials.get(pick.b, i)) * ny);
        if (!(cx >= 0 && cx < nx && cy >= 0 && cy < ny)) continue;
        const key = cy * nx + cx, c = cells.get(key) ?? { cx, cy, sum: 0, n: 0, best: null };
        c.sum += ctl.trials.objective[i];
        c.n++;
        cells.set(key, c);
      }
      const list = [...cells.values()], [lo, hi] = robust(list.map(c => c.sum / c.n));
      return { empty: list.length ? null : 'no finished trial yet', x, y, nx, ny, cells: list, lo, hi, xLabel: clip(pick.a, 40), yLabel: clip(pick.b, 30), summary: `mean ${ctl.facts?.metric ?? 'objective'} by ${pick.a} and ${pick.b}`,
        hits: { n: list.length, x: i => x.from((list[i].cx + 0.5) / nx), y: i => y.from((list[i].cy + 0.5) / ny), label: i => [num(list[i].sum / list[i].n), plural(list[i].n, 'trial'), `${pick.a} ≈ ${text(x.from((list[i].cx + 0.5) / nx))}`, `${pick.b} ≈ ${text(y.from((list[i].cy + 0.5) / ny))}`] } };
    },
    draw: (ctx, p) => {
      const w = p.inner[2] / p.nx, hh = p.inner[3] / p.ny, flip = ctl.facts?.goal === 'maximize';
      for (const c of p.cells) {
        const t = Math.min(1, Math.max(0, (c.sum / c.n - p.lo) / (p.hi - p.lo || 1)));
        ctx.fillStyle = rgb(ramp(flip ? 1 - t : t));
        ctx.fillRect(p.inner[0] + c.cx * w + 0.5, p.inner[1] + p.inner[3] - (c.cy + 1) * hh + 0.5, Math.max(1, w - 1), Math.max(1, hh - 1));
      }
    },
    table: () => ({ columns: [pick.a ?? '', pick.b ?? '', 'mean', 'trials'], rows: (plot.cells ?? []).map(c => [plot.x.from((c.cx + 0.5) / plot.nx), plot.y.from((c.cy + 0.5) / plot.ny), c.sum / c.n, c.n]) }),
  });
  return plot;
}

/** Two metrics against each other, and the trials that no other beats in both. */
export function paretoChart(parent, ctl) {
  const names = () => [...new Set([ctl.facts?.metric, ...ctl.trials.metrics.keys(), 'seconds'].filter(Boolean))], pick = { x: ctl.query.get('px'), y: ctl.query.get('py') }, goals = { x: ctl.query.get('pxg') ?? 'low', y: ctl.query.get('pyg') ?? '' }, selects = h('span');
  const value = (name, i) => name === ctl.facts?.metric ? ctl.trials.objective[i] : ctl.trials.get(name, i);
  const plot = new Plot(parent, {
    title: 'Trade-off', height: 260, controls: [selects],
    prepare: () => {
      const all = names();
      pick.y = all.includes(pick.y) ? pick.y : all[0];
      pick.x = all.includes(pick.x) ? pick.x : 'seconds';
      goals.y ||= ctl.facts?.goal === 'maximize' ? 'high' : 'low';
      if (selects.dataset.key !== all.join()) {
        selects.dataset.key = all.join();
        fill(selects, ...['x', 'y'].map(k => [h('select', { 'aria-label': k === 'x' ? 'Across' : 'Up', onchange: e => { pick[k] = e.target.value; ctl.remember({ [`p${k}`]: pick[k] }); plot.render(); } }, all.map(n => h('option', { value: n, selected: n === pick[k] }, clip(n, 20)))),
          h('select', { 'aria-label': 'What is better', onchange: e => { goals[k] = e.target.value; ctl.remember({ [`p${k}g`]: goals[k] }); plot.render(); } }, ['low', 'high'].map(g => h('option', { value: g, selected: g === goals[k] }, g)))]));
      }
      const idx = [...ctl.visible()].filter(i => 'cp'.includes(ctl.trials.state[i]) && Number.isFinite(value(pick.x, i)) && Number.isFinite(value(pick.y, i)));
      const sx = goals.x === 'high' ? -1 : 1, sy = goals.y === 'high' ? -1 : 1;
      let best = Infinity;
      plot.front = [...idx].sort((a, b) => sx * (value(pick.x, a) - value(pick.x, b)) || sy * (value(pick.y, a) - value(pick.y, b))).filter(i => { const v = sy * value(pick.y, i); if (v < best) { best = v; return true; } return false; });
      const y = robust(idx.map(i => value(pick.y, i))), x = robust(idx.map(i => value(pick.x, i)));
      plot.idx = idx;
      return { empty: idx.length ? null : 'no finished trial yet', x: makeScale('linear', ...padded(x)), y: makeScale('linear', ...padded(y)), xLabel: clip(pick.x, 30), yLabel: clip(pick.y, 30), summary: `${plural(plot.front.length, 'trial')} that no other beats in both`,
        hits: { n: idx.length, x: i => value(pick.x, idx[i]), y: i => value(pick.y, idx[i]), label: i => [...ctl.describe(idx[i]).slice(0, 2), `${pick.x} ${num(value(pick.x, idx[i]))}`], open: i => ctl.open(idx[i]) } };
    },
    draw: (ctx, p) => {
      const marks = new Marks(p, p.idx.length > 1500 ? 1.6 : 2.4), front = new Set(p.front);
      for (const i of p.idx) marks.put(ctl.trials.state[i], p.px(value(pick.x, i)), p.py(value(pick.y, i)), front.has(i));
      marks.show();
      ctx.strokeStyle = colour('--best');
      ctx.lineWidth = 2;
      ctx.beginPath();
      p.front.forEach((i, k) => { const x = p.px(value(pick.x, i)), y = p.py(value(pick.y, i)); if (k) ctx.lineTo(x, p.py(value(pick.y, p.front[k - 1]))); ctx[k ? 'lineTo' : 'moveTo'](x, y); });
      ctx.stroke();
    },
    table: () => ({ columns: ['trial', pick.x, pick.y], rows: (plot.front ?? []).map(i => [ctl.trials.number[i], value(pick.x, i), value(pick.y, i)]) }),
  });
  return plot;
}

/** Which slot did what when; white is idle. */
export function timelineChart(parent, ctl, data) {
  const outcome = { completed: '--completed', pruned: '--pruned', failed: '--failed', cancelled: '--waiting', lost: '--failed', preempted: '--waiting' };
  let d = data;
  const plot = new Plot(parent, {
    title: 'Slots over time', height: () => Math.min(420, 70 + 18 * Math.max(1, d.slots.length)), left: 110,
    prepare: () => {
      const end = d.to.reduce((a, v, i) => Math.max(a, v ?? d.from[i]), 1), last = d.to.includes(null) ? Math.max(end, d.nowOffset ?? end) : end;
      return { empty: d.trial.length ? null : 'no trial has been handed out yet', x: makeScale('time', 0, last), y: makeScale('category', 0, 1, [...d.slots].reverse()), last, xLabel: 'since the first trial',
        summary: `${plural(d.trial.length, 'attempt')} on ${plural(d.slots.length, 'slot')}`,
        hits: { n: d.trial.length, x: i => (d.from[i] + (d.to[i] ?? last)) / 2, y: i => d.slots[d.slot[i]], label: i => [`trial ${d.trial[i]}${d.attempt[i] > 1 ? `, attempt ${d.attempt[i]}` : ''}`, `${d.outcome[i] ?? 'running'}, ${duration(((d.to[i] ?? last) - d.from[i]) / 1000)}`, d.slots[d.slot[i]]], open: i => ctl.openNumber(d.trial[i]) } };
    },
    hover: (p, mx, my) => {
      for (let i = 0; i < d.trial.length; i++) if (mx >= p.px(d.from[i]) - 1 && mx <= p.px(d.to[i] ?? p.last) + 1 && Math.abs(my - p.py(d.slots[d.slot[i]])) < 9) return i;
      return -1;
    },
    draw: (ctx, p) => {
      const hh = Math.max(2, Math.min(13, p.inner[3] / Math.max(1, d.slots.length) * 0.75));
      for (let i = 0; i < d.trial.length; i++) {
        const x0 = p.px(d.from[i]), x1 = p.px(d.to[i] ?? p.last), y = p.py(d.slots[d.slot[i]]);
        ctx.fillStyle = colour(outcome[d.outcome[i]] ?? '--running');
        ctx.globalAlpha = d.outcome[i] ? 0.9 : 0.55;
        ctx.fillRect(x0, y - hh / 2, Math.max(1, x1 - x0 - (x1 - x0 > 3 ? 1 : 0)), hh);
      }
      ctx.globalAlpha = 1;
    },
    table: () => ({ columns: ['trial', 'attempt', 'slot', 'from (s)', 'seconds', 'outcome'], rows: d.trial.map((t, i) => [t, d.attempt[i], d.slots[d.slot[i]], d.from[i] / 1000, d.to[i] === null ? null : (d.to[i] - d.from[i]) / 1000, d.outcome[i] ?? 'running']) }),
  });
  plot.take = next => { d = next; plot.render(); };
  return plot;
}

/** Exponential smoothing that does not lean on its first value (as in Adam); NaN leaves a gap. */
export function smooth(values, weight) {
  if (!(weight > 0)) return values;
  let sum = 0, norm = 0;
  return values.map(v => {
    if (!Number.isFinite(v)) return v;
    sum = sum * weight + (1 - weight) * v;
    norm = norm * weight + (1 - weight);
    return sum / norm;
  });
}

/**
 * Curves over steps or time. `data()` gives [{ name, step, value, time, href }]; more than eight keep the colours of the
 * first eight with dashes.
 */
export function lineChart(parent, { title, data, height = 220, controls = [], options = {}, csv, open, yLabel }) {
  const state = { log: false, weight: 0, time: false, ...options };
  const plot = new Plot(parent, {
    title, height, csv, controls: [...controls], left: 58,
    prepare: () => {
      const curves = data().map((c, k) => ({ ...c, k, xs: state.time ? c.time : c.step, shown: smooth(c.value, state.weight) }));
      let lo = Infinity, hi = -Infinity, x0 = Infinity, x1 = -Infinity, n = 0;
      for (const c of curves) for (let i = 0; i < c.xs.length; i++) {
        const v = c.value[i];
        n++;
        if (c.xs[i] < x0) x0 = c.xs[i];
        if (c.xs[i] > x1) x1 = c.xs[i];
        if (v < lo && v > (state.log ? 0 : -Infinity)) lo = v;
        if (v > hi && v < Infinity) hi = v;
      }
      const isLog = state.log && hi > 0;
      if (!(lo <= hi)) [lo, hi] = [0, 1];
      plot.curves = curves;
      const flat = [];
      if (n <= 6000) curves.forEach((c, k) => { for (let i = 0; i < c.xs.length; i++) if (Number.isFinite(c.shown[i])) flat.push([k, i]); });
      else curves.forEach((c, k) => { const s = Math.ceil(c.xs.length * curves.length / 6000); for (let i = 0; i < c.xs.length; i += s) if (Number.isFinite(c.shown[i])) flat.push([k, i]); });
      const lastNames = curves.slice(0, 3).map(c => `${c.name} ends at ${num(c.value[c.value.length - 1])}`).join(', ');
      return { empty: n ? null : 'no values yet', x: makeScale(state.time ? 'time' : state.logx ? 'log' : 'linear', state.logx ? Math.max(1, x0) : x0, x1), y: makeScale(isLog ? 'log' : 'linear', ...padded([lo, hi], isLog)), xLabel: state.time ? 'time since the start' : 'step', yLabel, summary: lastNames,
        hits: { n: flat.length, x: i => curves[flat[i][0]].xs[flat[i][1]], y: i => curves[flat[i][0]].shown[flat[i][1]],
          label: i => { const c = curves[flat[i][0]], j = flat[i][1]; return [c.name, num(c.value[j]), `step ${num(c.step[j])}, after ${duration(c.time[j] / 1000)}`]; }, open: open ? i => open(curves[flat[i][0]]) : undefined } };
    },
    draw: (ctx, p) => {
      const many = p.curves.length > 24;
      for (const c of p.curves) {
        ctx.strokeStyle = c.colour ?? colour(palette[c.k % 8]);
        ctx.setLineDash(many ? [] : [[], [6, 3], [2, 3], [8, 3, 2, 3]][Math.floor(c.k / 8) % 4]);
        if (state.weight > 0) { ctx.globalAlpha = 0.25; ctx.lineWidth = 1; path(ctx, p, c.xs, c.value); }
        ctx.globalAlpha = many ? 0.5 : 1;
        ctx.lineWidth = many ? 1 : 1.6;
        path(ctx, p, c.xs, c.shown);
      }
      ctx.setLineDash([]);
      ctx.globalAlpha = 1;
      // Values that are no numbers are marked where they came.
      ctx.strokeStyle = colour('--failed');
      ctx.lineWidth = 1.4;
      for (const c of p.curves) for (let i = 0; i < c.xs.length; i++) if (!Number.isFinite(c.value[i])) mark(ctx, 'f', p.px(c.xs[i]), p.inner[1] + p.inner[3] - 5, 3);
    },
    table: () => ({ columns: ['name', 'step', 'value', 'seconds'], rows: plot.curves?.flatMap(c => c.step.map((s, i) => [c.name, s, c.value[i], c.time[i] / 1000])) ?? [] }),
  });
  plot.set = patch => { Object.assign(state, patch); plot.render(); };
  return plot;
}

/** A path with at most a low and a high a pixel column: 10,000 points cost what the pixels cost. */
function path(ctx, p, xs, ys) {
  const n = xs.length, dense = n > 2 * p.inner[2];
  ctx.beginPath();
  const { fx, fy } = p;
  let open = false, column = null, lo = 0, hi = 0, firstY = 0, lastY = 0;
  const flush = () => { if (column !== null) { const down = lastY < firstY; ctx.lineTo(column, down ? hi : lo); if (hi - lo > 0.5) ctx.lineTo(column, down ? lo : hi); column = null; } };
  for (let i = 0; i < n; i++) {
    const y = fy(ys[i]);
    if (!(y > -1e7 && y < 1e7)) { flush(); open = false; continue; }
    const x = fx(xs[i]);
    if (!open) { flush(); ctx.moveTo(x, y); open = true; if (n === 1) ctx.arc(x, y, 2, 0, 7); continue; }
    if (!dense) { ctx.lineTo(x, y); continue; }
    const c = (x + 0.5) | 0;
    if (c !== column) { flush(); column = c; lo = hi = firstY = y; } else { if (y < lo) lo = y; if (y > hi) hi = y; }
    lastY = y;
  }
  flush();
  ctx.stroke();
}

export { Figure, axisScale, robust };
