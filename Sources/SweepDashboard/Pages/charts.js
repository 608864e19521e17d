// The charts of the pages, each drawn by hand on a Plot.
import { clamp, colour, duration, fill, h, keptChoice, keptToggle, known, num, palette, params, plural, ramp, rgb, svg } from './lib.js';
import { bounded, extent, font, ink, line, makeScale, mark, Marks, Plot, stateColour } from './plot.js';
import { better, plain } from './model.js';

export const axisScale = (axis, pad = 0.02) => {
	if (axis.kind === 'category') return makeScale('category', 0, 1, axis.values);
	if (axis.kind === 'log') { const f = (axis.high / axis.low) ** pad || 1; return makeScale('log', axis.low / f, axis.high * f); }
	const d = (axis.high - axis.low) * pad;
	return makeScale(/^int/.test(axis.law) ? 'whole' : 'linear', axis.low - d, axis.high + d);
};

const padded = ([lo, hi], log) => log ? [lo / (hi / lo) ** 0.04, hi * (hi / lo) ** 0.04] : [lo - (hi - lo) * 0.05, hi + (hi - lo) * 0.05];
const bounds = (range, log) => bounded(makeScale(log ? 'log' : 'linear', ...padded(range, log)));

/** The range of most values: a few diverged trials must not flatten all others. */
export function robust(values) {
	const v = values.filter(known).sort((a, b) => a - b);
	if (v.length < 8) return extent(v);
	const q = p => v[Math.min(v.length - 1, Math.floor(p * v.length))];
	const [a, b] = [q(0.02), q(0.9)], reach = (b - a) * 2 || Math.abs(b) || 1;
	return [Math.max(v[0], a - reach), Math.min(v[v.length - 1], b + reach)];
}

const trialHits = (ctl, idx, x, y, label = i => ctl.describe(i)) => ({ n: idx.length, key: idx, x: i => x(idx[i]), y: i => y(idx[i]), label: i => label(idx[i]), open: i => ctl.open(idx[i]) });

const trialTable = (ctl, columns, row) => ({ columns: ['trial', ...columns], rows: [...ctl.visible()].map(i => [ctl.trials.number[i], ...row(i)]) });

/** Trials as marks, those that are not selected behind; `x` and `y` in pixels. */
function drawTrials(ctl, p, x, y) {
	const many = p.idx.length > 1500, marks = new Marks(p, p.o.mark?.[+many] ?? (many ? 1.6 : 2.4));
	for (const on of [0, 1]) for (const i of p.idx) if (ctl.mask[i] === on) marks.put(ctl.trials.state[i], x(i), y(i), on);
	return marks;
}

function drawSteps(ctx, points, end) {
	if (!points.length) return;
	ink(ctx, '--best', 2);
	ctx.beginPath();
	ctx.moveTo(...points[0]);
	points.forEach(([x, y], k) => { if (k) { ctx.lineTo(x, points[k - 1][1]); ctx.lineTo(x, y); } });
	if (end) ctx.lineTo(end, points[points.length - 1][1]);
	ctx.stroke();
}

export function chooser(box, names, keys, changed) {
	if (box.dataset.names === names.join()) return;
	box.dataset.names = names.join();
	fill(box, keys.map(([label, key, value, options = names]) => keptChoice(label, key, options, changed, value)));
}

function stateLegend() {
	const item = (name, words) => h('span', { style: { '--k': `var(${name})` } }, words);
	return h('div.legend', item('--best', '— best so far'), item('--completed', '● completed'), item('--pruned', '▼ pruned'), item('--running', '○ running'), item('--failed', '× failed'));
}

/** Objective against trial number, the best so far, and what failed or runs. */
export function historyChart(parent, ctl) {
	const redraw = () => plot.render(), isOn = key => params().get(key) === '1';
	const plot = new Plot(parent, {
		title: 'History', height: () => innerWidth < 900 ? 260 : 380, brush: 'xy', legend: stateLegend(), csv: ctl.csv, mark: [3, 2],
		controls: [keptToggle('Log scale', 'logy', redraw), keptToggle('Whole range', 'whole', redraw)],
		onbrush: b => ctl.brush('number', b?.x, 'objective', b?.y),
		selected: () => ({ x: ctl.window('number'), y: ctl.window('objective') }),
		prepare: p => {
			const { trials: t, sampled } = ctl;
			p.idx = ctl.finite();
			const values = sampled ? sampled.objective : p.idx.map(i => t.objective[i]), log = isOn('logy') && values.some(v => v > 0);
			const range = isOn('whole') || log ? extent(values, log) : sampled ? robust(values) : ctl.range();
			return {
				empty: t.length === 0 ? 'no trial yet: start an agent' : values.length === 0 && !t.state.some(s => 'fcp'.includes(s)) ? `no trial has reported ${ctl.metric} yet` : null,
				x: makeScale('whole', 0, Math.max(2, t.number[t.length - 1] ?? 1, sampled?.number.at(-1) ?? 1) + 0.5), y: bounds(range, log), range, xLabel: 'trial', yLabel: ctl.metric,
				summary: `${plural(values.length, 'value')}, best ${num(ctl.strip?.best)}${ctl.strip?.bestTrial ? ` in trial ${ctl.strip.bestTrial}` : ''}`,
				hits: trialHits(ctl, p.idx, i => t.number[i], i => t.objective[i]),
			};
		},
		draw: (ctx, p) => {
			const { trials: t, sampled: s } = ctl, { fx, inner: [left, top, width, tall] } = p, target = ctl.facts?.target;
			if (s) {
				ctx.globalAlpha = 0.45;
				for (let i = 0; i < s.number.length; i++) { ink(ctx, stateColour[s.states[i]]); mark(ctx, s.states[i], fx(s.number[i]), p.py(s.objective[i]), 2); }
				ctx.globalAlpha = 1;
			}
			const marks = drawTrials(ctl, p, i => fx(t.number[i]), i => p.py(t.objective[i]));
			// What ended without a value, or with NaN: along the lower edge.
			for (let i = 0; i < t.length; i++) if ('fcp'.includes(t.state[i]) && !known(t.objective[i])) marks.put(t.state[i], fx(t.number[i]), top + tall - 5, ctl.mask[i]);
			marks.show();
			drawSteps(ctx, bestSteps(ctl).map(([n, v]) => [fx(n), p.py(v)]), fx(t.number[t.length - 1] ?? 1));
			if (target != null && target >= p.range[0] && target <= p.range[1]) {
				ctx.setLineDash([4, 4]);
				ink(ctx, '--dim');
				line(ctx, left, p.py(target), left + width, p.py(target));
				ctx.setLineDash([]);
			}
		},
		table: () => trialTable(ctl, ['state', ctl.metric, 'reason'], i => [ctl.trials.word(i), ctl.trials.objective[i], ctl.trials.reason[i]]),
	});
	return plot;
}

function bestSteps(ctl) {
	const { trials: t, sampled: s } = ctl;
	if (s) return s.bestNumber.map((n, i) => [n, s.best[i]]);
	const is = better(ctl.facts?.goal), out = [];
	let best = null;
	for (const i of [...t.number.keys()].sort((a, b) => t.number[a] - t.number[b])) if (t.isRanked(i) && (best === null || is(t.objective[i], best))) { best = t.objective[i]; out.push([t.number[i], best]); }
	return out;
}

export function scatterChart(parent, ctl, name) {
	return new Plot(parent, {
		title: name, height: 190, brush: 'x', left: 50, onbrush: b => ctl.brushAxis(name, b?.x), selected: () => ({ x: ctl.window(name) }),
		prepare: p => {
			const { trials: t } = ctl;
			p.idx = ctl.finite().filter(i => t.get(name, i) !== null);
			return {
				empty: p.idx.length ? null : 'no values yet', x: axisScale(ctl.axis(name)), y: bounds(ctl.range()), xLabel: name, summary: `${plural(p.idx.length, 'trial')} by ${name}`,
				hits: trialHits(ctl, p.idx, i => t.get(name, i), i => t.objective[i]),
			};
		},
		draw: (ctx, p) => {
			const { trials: t } = ctl, axis = ctl.axis(name), width = axis.kind === 'category' ? p.inner[2] / Math.max(1, axis.values.length) * 0.5 : 0;
			// Points of one category lie beside each other, always in the same place.
			drawTrials(ctl, p, i => p.px(t.get(name, i)) + ((t.number[i] * 0.618) % 1 - 0.5) * width, i => p.py(t.objective[i])).show();
			const model = ctl.landscape?.slices?.find(s => s.name === name);
			if (!model) return;
			const x = model.at.map(v => p.px(plain(v))), trace = (key, order) => order.forEach(k => { const y = p.py(model[key][k]); if (known(y)) ctx.lineTo(x[k], y); }), order = [...x.keys()];
			ink(ctx, '--best', 2);
			ctx.globalAlpha = 0.16;
			ctx.beginPath();
			trace('low', order);
			trace('high', order.toReversed());
			ctx.fill();
			ctx.globalAlpha = 1;
			ctx.beginPath();
			trace('mean', order);
			ctx.stroke();
		},
		table: () => trialTable(ctl, [name, 'objective'], i => [ctl.trials.get(name, i), ctl.trials.objective[i]]),
	});
}

export function importanceChart(parent, ctl) {
	let rows = [];
	return new Plot(parent, {
		title: 'What matters', isSlow: true, height: () => Math.max(120, 46 + 24 * Math.min(12, ctl.axes.length)), left: 130, right: 60,
		prepare: () => {
			rows = importanceRows(ctl).slice(0, 12);
			return {
				empty: rows.length ? null : ctl.insight ? ctl.insight.problem ?? 'not known yet' : 'is being worked out', yRoom: 20,
				x: makeScale('linear', 0, Math.min(1.3, Math.max(0.1, ...rows.map(r => r.share + r.error)) * 1.3)), y: makeScale('category', 0, 1, rows.map(r => r.name).reverse()),
				xLabel: ctl.insight ? `share of the variation, learnt from ${plural(ctl.insight.learntFrom, 'trial')}` : '',
				summary: rows.slice(0, 3).map(r => `${r.name} ${num(r.share * 100, 2)} %`).join(', '),
				hits: { n: rows.length, x: i => rows[i].share, y: i => rows[i].name, label: i => [rows[i].name, `${num(rows[i].share * 100, 3)} % ± ${num(rows[i].error * 100, 2)}`,
					rows[i].rho !== null ? `rank correlation ${num(rows[i].rho, 2)}: a larger value gives a ${rows[i].rho > 0 ? 'larger' : 'smaller'} objective` : ''] },
			};
		},
		draw: (ctx, p) => {
			const tall = Math.min(16, p.inner[3] / Math.max(1, rows.length) * 0.7);
			ctx.lineWidth = 1;
			ctx.font = font(11);
			ctx.textAlign = 'left';
			ctx.textBaseline = 'middle';
			for (const r of rows) {
				const y = p.py(r.name), x0 = p.px(0), a = p.px(Math.max(0, r.share - r.error)), b = p.px(r.share + r.error);
				ink(ctx, '--c1');
				ctx.fillRect(x0, y - tall / 2, Math.max(1, p.px(r.share) - x0), tall);
				ink(ctx, '--ink');
				line(ctx, a, y, b, y);
				line(ctx, b, y - 3, b, y + 3);
				ctx.fillText(`${num(r.share * 100, 2)} %${r.rho > 0.1 ? ' ↗' : r.rho < -0.1 ? ' ↘' : ''}`, Math.min(b + 5, p.inner[0] + p.inner[2] + 2), y);
			}
		},
		table: () => ({ columns: ['parameter', 'share', '±', 'rank correlation'], rows: importanceRows(ctl).map(r => [r.name, r.share, r.error, r.rho]) }),
	});
}

export function importanceRows(ctl) {
	return (ctl.insight?.importance ?? []).map(r => ({ name: r.name, share: r.share, error: r.deviation, rho: r.rho ?? null })).sort((a, b) => b.share - a.share);
}

/** Share of trials at or below each value: which sweep, or which group, is better as a whole. */
export function edfChart(parent, ctl) {
	let all = [], chosen = [];
	const values = isIn => ctl.finite().filter(i => ctl.trials.isRanked(i) && isIn(i)).map(i => ctl.trials.objective[i]).sort((a, b) => a - b);
	const at = i => chosen.length <= 200 ? i : Math.floor(i / 199 * (chosen.length - 1)), share = i => (at(i) + 1) / chosen.length;
	return new Plot(parent, {
		title: 'Distribution of values', height: 230, brush: 'x', onbrush: b => ctl.brush('objective', b?.x), selected: () => ({ x: ctl.window('objective') }),
		prepare: () => {
			[all, chosen] = [values(() => true), values(i => ctl.mask[i])];
			return {
				empty: all.length ? null : 'no finished trial yet', x: makeScale('linear', ...robust(all)), y: makeScale('linear', 0, 1), xLabel: ctl.metric, yLabel: 'share of trials',
				summary: `median ${num(chosen[chosen.length >> 1])} of ${plural(chosen.length, 'selected trial')}`,
				hits: { n: Math.min(200, chosen.length), x: i => chosen[at(i)], y: share, label: i => [`${num(share(i) * 100, 3)} % at or below ${num(chosen[at(i)])}`] },
			};
		},
		draw: (ctx, p) => {
			for (const v of chosen.length === all.length ? [all] : [all, chosen]) {
				ink(ctx, v === all && v.length !== chosen.length ? '--waiting' : '--c1', v.length === chosen.length ? 2 : 1);
				ctx.beginPath();
				const step = Math.max(1, Math.floor(v.length / p.inner[2]));
				for (let i = 0; i < v.length; i += step) { const x = p.px(v[i]); ctx.lineTo(x, p.py(i / v.length)); ctx.lineTo(x, p.py(Math.min(1, (i + step) / v.length))); }
				ctx.lineTo(p.inner[0] + p.inner[2], p.py(1));
				ctx.stroke();
			}
		},
		table: () => ({ columns: ['value', 'share at or below'], rows: chosen.map((v, i) => [v, (i + 1) / chosen.length]) }),
	});
}

/** Two parameters at once: the trials by their value, over what a model expects with all others as in the best trial. */
export function heatChart(parent, ctl) {
	const selects = h('span');
	let a, b;
	const plot = new Plot(parent, {
		title: 'Two parameters', height: 260, isSlow: true, controls: [selects],
		prepare: p => {
			const names = ctl.axes.map(axis => axis.name), likely = [...importanceRows(ctl).map(r => r.name), ...names], asked = key => names.find(n => n === params().get(key)), { trials: t } = ctl;
			const before = a + b;
			a = asked('hx') ?? likely[0];
			b = asked('hy') ?? likely.find(n => n !== a);
			// What matters most, once that is known.
			if (before !== a + b && !params().has('hx')) selects.dataset.names = '';
			chooser(selects, names, [['Across', 'hx', a], ['Up', 'hy', b]], () => p.render());
			if (!a || !b || a === b) return { empty: 'a sweep over two parameters or more has this chart' };
			if (ctl.insight) ctl.survey(a, b);
			const found = ctl.landscape?.contour, model = found?.names.join() === `${a},${b}` ? found : null;
			p.idx = ctl.finite().filter(i => ctl.mask[i] && t.get(a, i) !== null && t.get(b, i) !== null);
			return {
				empty: p.idx.length ? null : 'no finished trial yet', x: axisScale(ctl.axis(a)), y: axisScale(ctl.axis(b)), model, range: model ? extent(model.mean.flat()) : ctl.range(), xLabel: a, yLabel: b,
				summary: `${plural(p.idx.length, 'trial')}${model ? `, over what a model of ${ctl.landscape.learntFrom} expects` : ''}`,
				hits: trialHits(ctl, p.idx, i => t.get(a, i), i => t.get(b, i)),
			};
		},
		draw: (ctx, p) => {
			const { model, range: [lo, hi] } = p, { trials: t } = ctl, tint = v => { const s = clamp((v - lo) / (hi - lo || 1), 0, 1); ctx.fillStyle = rgb(ramp(ctl.facts?.goal === 'maximize' ? 1 - s : s)); };
			if (model) {
				const xs = edges(model.across, v => p.px(v), p.inner[0], p.inner[0] + p.inner[2]), ys = edges(model.up, v => p.py(v), p.inner[1] + p.inner[3], p.inner[1]);
				model.mean.forEach((row, up) => row.forEach((v, k) => { tint(v); ctx.fillRect(xs[k], ys[up + 1], xs[k + 1] - xs[k] + 0.5, ys[up] - ys[up + 1] + 0.5); }));
				ink(ctx, '--ink', 1);
				ctx.globalAlpha = 0.5;
				for (let k = 1; k < 8; k++) isoline(ctx, p, model, lo + (hi - lo) * k / 8);
				ctx.globalAlpha = 1;
			}
			ctx.strokeStyle = colour('--card');
			for (const i of p.idx) {
				const box = [p.px(t.get(a, i)) - 3, p.py(t.get(b, i)) - 3, 6, 6];
				tint(t.objective[i]);
				ctx.fillRect(...box);
				if (p.idx.length < 1500) ctx.strokeRect(...box);
			}
		},
		table: () => trialTable(ctl, [a, b, ctl.metric], i => [ctl.trials.get(a, i), ctl.trials.get(b, i), ctl.trials.objective[i]]),
	});
	return plot;
}

function edges(places, to, first, last) {
	const at = places.map(v => to(plain(v)));
	return [first, ...at.slice(1).map((v, k) => (v + at[k]) / 2), last];
}

/** Where the heights pass `level`: marching squares between the places. */
function isoline(ctx, p, { across, up, mean }, level) {
	ctx.beginPath();
	for (let y = 0; y + 1 < up.length; y++) for (let x = 0; x + 1 < across.length; x++) {
		const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]].map(([i, j]) => [p.px(plain(across[i])), p.py(plain(up[j])), mean[j][i]]), cuts = [];
		corners.forEach((c, k) => {
			const d = corners[(k + 1) % 4], s = (level - c[2]) / (d[2] - c[2]);
			if (s >= 0 && s < 1) cuts.push([c[0] + (d[0] - c[0]) * s, c[1] + (d[1] - c[1]) * s]);
		});
		for (let k = 0; k + 1 < cuts.length; k += 2) { ctx.moveTo(...cuts[k]); ctx.lineTo(...cuts[k + 1]); }
	}
	ctx.stroke();
}

/** Two metrics against each other, and the trials that no other beats in both. */
export function paretoChart(parent, ctl) {
	const selects = h('span');
	let x, y, front = [];
	const value = (name, i) => name === ctl.facts?.metric ? ctl.trials.objective[i] : ctl.trials.get(name, i);
	const plot = new Plot(parent, {
		title: 'Trade-off', height: 260, controls: [selects],
		prepare: p => {
			const all = [...new Set([ctl.facts?.metric, ...ctl.trials.metrics.keys(), 'seconds'].filter(Boolean))], asked = key => params().get(key);
			x = all.includes(asked('px')) ? asked('px') : 'seconds';
			y = all.includes(asked('py')) ? asked('py') : all[0];
			const goals = ['low', 'high'], gx = asked('pxg') || 'low', gy = asked('pyg') || (ctl.facts?.goal === 'maximize' ? 'high' : 'low'), sx = gx === 'high' ? -1 : 1, sy = gy === 'high' ? -1 : 1;
			chooser(selects, all, [['Across', 'px', x], ['What is better across', 'pxg', gx, goals], ['Up', 'py', y], ['What is better up', 'pyg', gy, goals]], () => p.render());
			p.idx = [...ctl.visible()].filter(i => 'cp'.includes(ctl.trials.state[i]) && known(value(x, i)) && known(value(y, i)));
			let best = Infinity;
			front = [...p.idx].sort((a, b) => sx * (value(x, a) - value(x, b)) || sy * (value(y, a) - value(y, b))).filter(i => { const v = sy * value(y, i), isBest = v < best; if (isBest) best = v; return isBest; });
			const range = name => makeScale('linear', ...padded(robust(p.idx.map(i => value(name, i)))));
			return {
				empty: p.idx.length ? null : 'no finished trial yet', x: range(x), y: range(y), xLabel: x, yLabel: y, summary: `${plural(front.length, 'trial')} that no other beats in both`,
				hits: trialHits(ctl, p.idx, i => value(x, i), i => value(y, i), i => [...ctl.describe(i).slice(0, 2), `${x} ${num(value(x, i))}`]),
			};
		},
		draw: (ctx, p) => {
			const px = i => p.px(value(x, i)), py = i => p.py(value(y, i));
			drawTrials(ctl, p, px, py).show();
			drawSteps(ctx, front.map(i => [px(i), py(i)]));
		},
		table: () => ({ columns: ['trial', x, y], rows: front.map(i => [ctl.trials.number[i], value(x, i), value(y, i)]) }),
	});
	return plot;
}

export function timelineChart(parent, ctl, data) {
	const outcome = { completed: '--completed', pruned: '--pruned', failed: '--failed', cancelled: '--waiting', lost: '--failed', preempted: '--waiting' };
	let d = data, last = 1;
	const to = i => d.to[i] ?? last, slot = i => d.slots[d.slot[i]];
	const plot = new Plot(parent, {
		title: 'Slots over time', height: () => Math.min(420, 70 + 18 * Math.max(1, d.slots.length)), left: 110,
		prepare: () => {
			last = d.to.reduce((a, v, i) => Math.max(a, v ?? d.from[i]), d.to.includes(null) ? d.nowOffset : 1);
			return {
				empty: d.trial.length ? null : 'no trial has been handed out yet', x: makeScale('time', 0, last), y: makeScale('category', 0, 1, [...d.slots].reverse()), yRoom: 17, xLabel: 'since the first trial',
				summary: `${plural(d.trial.length, 'attempt')} on ${plural(d.slots.length, 'slot')}`,
				hits: { n: d.trial.length, x: i => (d.from[i] + to(i)) / 2, y: slot, open: i => ctl.openNumber(d.trial[i]),
					label: i => [`trial ${d.trial[i]}${d.attempt[i] > 1 ? `, attempt ${d.attempt[i]}` : ''}`, `${d.outcome[i] ?? 'running'}, ${duration((to(i) - d.from[i]) / 1000)}`, slot(i)] },
			};
		},
		hover: (p, mx, my) => d.trial.findIndex((_, i) => mx >= p.px(d.from[i]) - 1 && mx <= p.px(to(i)) + 1 && Math.abs(my - p.py(slot(i))) < 9),
		draw: (ctx, p) => {
			const tall = clamp(p.inner[3] / Math.max(1, d.slots.length) * 0.75, 2, 13);
			d.trial.forEach((_, i) => {
				const x = p.px(d.from[i]), wide = p.px(to(i)) - x;
				ink(ctx, outcome[d.outcome[i]] ?? '--running');
				ctx.globalAlpha = d.outcome[i] ? 0.9 : 0.55;
				ctx.fillRect(x, p.py(slot(i)) - tall / 2, Math.max(1, wide - (wide > 3 ? 1 : 0)), tall);
			});
			ctx.globalAlpha = 1;
		},
		table: () => ({ columns: ['trial', 'attempt', 'slot', 'from (s)', 'seconds', 'outcome'], rows: d.trial.map((t, i) => [t, d.attempt[i], slot(i), d.from[i] / 1000, d.to[i] === null ? null : (d.to[i] - d.from[i]) / 1000, d.outcome[i] ?? 'running']) }),
	});
	plot.take = next => { d = next; plot.render(); };
	return plot;
}

/** Exponential smoothing that does not lean on its first value (as in Adam); NaN leaves a gap. */
function smooth(values, weight) {
	if (!(weight > 0)) return values;
	let sum = 0, norm = 0;
	return values.map(v => {
		if (!known(v)) return v;
		sum = sum * weight + (1 - weight) * v;
		norm = norm * weight + (1 - weight);
		return sum / norm;
	});
}

const KEYS = { weight: 'smooth', across: 'across', log: 'log' };
export function curveOptions(keys = KEYS, first = '') {
	const asked = params(), across = asked.get(keys.across) ?? first;
	return { weight: Number(asked.get(keys.weight) ?? 0), time: across === 'time', logx: across === 'log', log: asked.get(keys.log) === '1' };
}
export function curveControls(changed, keys = KEYS, first = '') {
	const tell = () => changed(curveOptions(keys, first)), axes = { '': 'Step', log: 'Log step', time: 'Time' };
	return [keptChoice('Smoothing', keys.weight, [['', 'Raw'], ...['0.6', '0.9', '0.97'].map(w => [w, `Smooth ${w}`])], tell),
		keptChoice('Across', keys.across, first ? [[first, axes[first]], ['step', 'Step']] : Object.entries(axes), tell), keptToggle('Log', keys.log, tell)];
}

/**
 * Curves over steps or time. `data()` gives [{ name, step, value, time }]; the ninth has the colour of the first, with
 * dashes.
 */
export function lineChart(parent, { title, data, height = 220, controls, options, open, yLabel }) {
	const state = { ...options };
	const plot = new Plot(parent, {
		title, height, controls, left: 58,
		prepare: p => {
			const curves = data().map((c, k) => ({ ...c, k, xs: state.time ? c.time : c.step, shown: smooth(c.value, state.weight) })), flat = [];
			let lo = Infinity, hi = -Infinity, x0 = Infinity, x1 = -Infinity, n = 0;
			for (const c of curves) for (let i = 0; i < c.xs.length; i++) {
				const v = c.value[i];
				n++;
				if (c.xs[i] < x0) x0 = c.xs[i];
				if (c.xs[i] > x1) x1 = c.xs[i];
				if (v < lo && v > (state.log ? 0 : -Infinity)) lo = v;
				if (v > hi && v < Infinity) hi = v;
			}
			if (!(lo <= hi)) [lo, hi] = [0, 1];
			curves.forEach((c, k) => { const step = n <= 6000 ? 1 : Math.ceil(c.xs.length * curves.length / 6000); for (let i = 0; i < c.xs.length; i += step) if (known(c.shown[i])) flat.push([c, i]); });
			const isLog = state.log && hi > 0;
			p.curves = curves;
			return {
				empty: n ? null : 'no values yet', x: makeScale(state.time ? 'time' : state.logx ? 'log' : 'linear', state.logx ? Math.max(1, x0) : x0, x1), y: makeScale(isLog ? 'log' : 'linear', ...padded([lo, hi], isLog)), xLabel: state.time ? 'time since the start' : 'step', yLabel,
				summary: curves.slice(0, 3).map(c => `${c.name} ends at ${num(c.value[c.value.length - 1])}`).join(', '),
				hits: { n: flat.length, x: i => flat[i][0].xs[flat[i][1]], y: i => flat[i][0].shown[flat[i][1]], open: open && (i => open(flat[i][0])),
					label: i => { const [c, j] = flat[i]; return [c.name, num(c.value[j]), `step ${num(c.step[j])}, after ${duration(c.time[j] / 1000)}`]; } },
			};
		},
		draw: (ctx, p) => {
			const many = p.curves.length > 24;
			for (const c of p.curves) {
				ink(ctx, palette[c.k % 8]);
				ctx.setLineDash(many ? [] : [[], [6, 3], [2, 3], [8, 3, 2, 3]][Math.floor(c.k / 8) % 4]);
				if (state.weight > 0) { ctx.globalAlpha = 0.25; ctx.lineWidth = 1; path(ctx, p, c.xs, c.value); }
				ctx.globalAlpha = many ? 0.5 : 1;
				ctx.lineWidth = many ? 1 : 1.6;
				path(ctx, p, c.xs, c.shown);
			}
			ctx.setLineDash([]);
			ctx.globalAlpha = 1;
			ink(ctx, '--failed', 1.4);
			for (const c of p.curves) for (let i = 0; i < c.xs.length; i++) if (!known(c.value[i])) mark(ctx, 'f', p.px(c.xs[i]), p.inner[1] + p.inner[3] - 5, 3);
		},
		table: () => ({ columns: ['name', 'step', 'value', 'seconds'], rows: plot.curves?.flatMap(c => c.step.map((s, i) => [c.name, s, c.value[i], c.time[i] / 1000])) ?? [] }),
	});
	plot.set = patch => { Object.assign(state, patch); plot.render(); };
	return plot;
}

/** A curve as small as a word. */
export function sparkline({ value: all }) {
	const v = all.filter(known), [lo, hi] = extent(v), y = x => 15 - (x - lo) / (hi - lo || 1) * 14;
	return svg('svg', { viewBox: '0 0 60 16', class: 'spark', role: 'img', 'aria-label': `from ${num(v[0])} to ${num(v.at(-1))}` }, svg('path', { d: `M${v.map((x, i) => `${i / (v.length - 1 || 1) * 60} ${y(x)}`).join('L')}` }));
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
