// Parallel coordinates: an axis a parameter on the scale of its law, a line a trial, a brush on every axis.
import { clamp, colour, isDark, keptToggle, known, noted, num, plural, ramp, rgb, text } from './lib.js';
import { clip, Drawing, font, ink, line } from './plot.js';
import { axisScale } from './charts.js';

/** Above so many lines they are set pixel by pixel: strokes of a canvas would take a second. */
const STROKES = 600;

export class Parallel extends Drawing {
	constructor(parent, ctl) {
		super(parent, {
			title: 'Parameters together', csv: ctl.csv, height: 300, left: 46, right: 46, top: 34, bottom: 26,
			legend: noted('Drag along an axis to select, click it to let go. Keys: ← → axis, ↑ ↓ move, + − widen and narrow, Esc lets go.'),
			controls: [keptToggle('Without pruned', 'unpruned', on => { this.pruned = !on; this.render(); })],
			table: () => ({ columns: ['trial', ...this.axes.map(a => a.name)], rows: [...ctl.visible()].map(i => [ctl.trials.number[i], ...this.axes.map(a => ctl.trials.get(a.name, i))]) }),
		});
		Object.assign(this, { ctl, pruned: ctl.query.get('unpruned') !== '1', axes: [], focused: -1, layer: document.createElement('canvas') });
		this.on('pointerdown', e => {
			const [x, y] = this.place(e), k = this.near(x);
			if (e.button || k < 0) return;
			this.drag = { k, y, moved: false };
			this.canvas.setPointerCapture(e.pointerId);
		});
		this.on('pointermove', e => {
			const [x, y] = this.place(e), { drag } = this;
			if (!drag) { this.canvas.style.setProperty('cursor', this.near(x) >= 0 ? 'ns-resize' : 'default'); return; }
			if (Math.abs(y - drag.y) > 3) drag.moved = true;
			if (drag.moved) this.brush(drag.k, this.toT(drag.y), this.toT(y));
		});
		this.on('pointerup', () => {
			if (this.drag && !this.drag.moved) ctl.brushAxis(this.axes[this.drag.k].name, null);
			this.drag = null;
			this.render();
		});
		this.on('keydown', e => this.key(e));
	}

	x(k) { return this.inner[0] + (this.axes.length < 2 ? 0.5 : k / (this.axes.length - 1)) * this.inner[2]; }
	y(t) { return this.inner[1] + (1 - t) * this.inner[3]; }
	toT(y) { return clamp(1 - (y - this.inner[1]) / this.inner[3], 0, 1); }
	near(x) { return this.axes.findIndex((_, k) => Math.abs(this.x(k) - x) < 16); }

	brush(k, a, b) {
		const axis = this.axes[k], [lo, hi] = [Math.min(a, b), Math.max(a, b)], n = axis.values.length;
		if (axis.kind === 'category') this.ctl.brushAxis(axis.name, null, new Set(axis.values.filter((_, i) => (i + 1) / n > lo && i / n < hi).map(text)));
		else this.ctl.brushAxis(axis.name, [axis.scale.from(lo), axis.scale.from(hi)]);
	}

	chosen(axis) {
		const r = this.ctl.selection.ranges.get(axis.name);
		if (!r) return null;
		if (!r.values) return [axis.scale.to(r.low), axis.scale.to(r.high)].map(v => clamp(v || 0, 0, 1));
		const at = [...axis.values.keys()].filter(i => r.values.has(text(axis.values[i]))), n = axis.values.length;
		return at.length ? [at[0] / n, (at[at.length - 1] + 1) / n] : [0, 0];
	}

	key(e) {
		const n = this.axes.length, axis = this.axes[this.focused], by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
		if (by && n) this.focused = axis ? (this.focused + by + n) % n : by > 0 ? 0 : n - 1;
		else if (axis && e.key === 'Escape') this.ctl.brushAxis(axis.name, null);
		else if (axis && ['ArrowUp', 'ArrowDown', '+', '=', '-'].includes(e.key)) {
			const step = axis.kind === 'category' ? 1 / axis.values.length : 0.05, [a, b] = this.chosen(axis) ?? [0, 1];
			const move = { ArrowUp: Math.min(step, 1 - b), ArrowDown: -Math.min(step, a) }[e.key] ?? 0;
			const [from, to] = e.key === '-' ? [b - a > step * 1.5 ? a + step : a, b] : move || e.key.startsWith('Arrow') ? [a + move, b + move] : [Math.max(0, a - step), Math.min(1, b + step)];
			this.brush(this.focused, from + 1e-6, to - 1e-6);
		} else return;
		e.preventDefault();
		this.render();
	}

	paint() {
		if (!this.begin()) return;
		this.prepareLines();
		const { rows } = this.lines, { mask } = this.ctl, off = rows.filter(i => !mask[i]), on = rows.filter(i => mask[i]);
		this.describe(`${plural(on.length, 'selected trial')} over ${this.axes.map(a => a.name).join(', ')}`);
		if (!rows.length || !this.axes.length) { this.say('no finished trial yet'); return; }
		if (rows.length > STROKES) this.pixels(off, on); else this.strokes(off, on);
		this.drawAxes();
		this.end();
	}

	/** What a brush does not change: heights, tints, and the order in which lines are drawn, the best on top. */
	prepareLines() {
		const { ctl } = this, { trials: t } = ctl, key = [ctl.epoch, this.width, this.pruned, document.documentElement.dataset.theme, ctl.axes.length].join();
		if (this.lines?.key === key) return;
		const objective = ctl.objectiveAxis();
		this.axes = [...ctl.axes.slice(0, objective ? 11 : 12), ...objective ? [objective] : []].map(a => ({ ...a, scale: axisScale(a, 0) }));
		const rows = [...t.number.keys()].filter(i => 'cf'.includes(t.state[i]) || (this.pruned && t.state[i] === 'p')), [lo, hi] = ctl.range(), tints = Array(t.length).fill(null);
		const ys = this.axes.map(a => {
			const out = new Float32Array(t.length);
			for (const i of rows) { const v = a.scale.to(t.get(a.name, i)); out[i] = known(v) ? this.y(clamp(v, 0, 1)) : NaN; }
			return out;
		});
		for (const i of rows) { const s = clamp((t.objective[i] - lo) / (hi - lo || 1), 0, 1); if (known(t.objective[i])) tints[i] = ctl.facts?.goal === 'maximize' ? 1 - s : s; }
		rows.sort((a, b) => (tints[b] ?? 2) - (tints[a] ?? 2));
		this.lines = { key, rows, ys, tints };
	}

	strokes(off, on) {
		const { ctx, lines: { ys, tints } } = this;
		const draw = (i, style, alpha, width) => {
			Object.assign(ctx, { strokeStyle: style, globalAlpha: alpha, lineWidth: width });
			ctx.beginPath();
			let open = false;
			ys.forEach((y, k) => { if (!Number.isNaN(y[i])) ctx[open ? 'lineTo' : 'moveTo'](this.x(k), y[i]); open = !Number.isNaN(y[i]); });
			ctx.stroke();
		};
		for (const i of off) draw(i, colour('--waiting'), 0.12, 1);
		for (const i of on) draw(i, tints[i] === null ? colour('--failed') : rgb(ramp(tints[i])), 0.75, 1.3);
		ctx.globalAlpha = 1;
	}

	/** A line is one pixel a column: 5,000 of them take some milliseconds. */
	pixels(off, on) {
		const { ratio, layer, lines: { rows, ys, tints, key } } = this, { width: w, height: tall } = this.canvas;
		if (layer.width !== w || layer.height !== tall || !this.image) {
			Object.assign(layer, { width: w, height: tall });
			this.image = new ImageData(w, tall);
			this.data = new Uint32Array(this.image.data.buffer);
		}
		const { data } = this, dark = isDark(), pack = ([r, g, b]) => (255 << 24 | b << 16 | g << 8 | r) >>> 0;
		// Of many only the better part has its full colour: all of them would be a wall.
		const ground = dark ? [24, 32, 41] : [255, 255, 255], keep = Math.max(300, on.length * 0.15), mix = c => on.length > 1500 ? c.map((v, k) => Math.round(v * 0.3 + ground[k] * 0.7)) : c;
		const bins = Array.from({ length: 33 }, (_, k) => pack(ramp(k / 32))), faint = Array.from({ length: 33 }, (_, k) => pack(mix(ramp(k / 32))));
		const grey = pack(dark ? [58, 68, 80] : [222, 227, 233]), bad = pack(mix(dark ? [255, 138, 101] : [194, 65, 12])), xs = this.axes.map((_, k) => Math.round(this.x(k) * ratio));
		const draw = (i, ink) => {
			for (let k = 0; k + 1 < ys.length; k++) {
				const y0 = ys[k][i] * ratio, y1 = ys[k + 1][i] * ratio;
				if (Number.isNaN(y0) || Number.isNaN(y1)) continue;
				const a = xs[k], n = xs[k + 1] - a, step = (y1 - y0) / n;
				let y = y0, before = y0 | 0;
				for (let x = 0; x <= n; x++, y += step) {
					const row = y | 0;
					data[row * w + a + x] = ink;
					// Steep lines have no holes.
					for (let r = before; r !== row; r += row > before ? 1 : -1) data[r * w + a + x] = ink;
					before = row;
				}
			}
		};
		// Behind what is selected lie all lines in grey, drawn once; while the brush moves, a part of the worse ones is enough.
		const drawn = `${key}|${w}`;
		data.fill(0);
		if (this.drawn !== drawn) { for (const i of rows) draw(i, grey); this.grey = data.slice(); this.drawn = drawn; }
		if (off.length) data.set(this.grey); else data.fill(0);
		const every = this.drag?.moved ? Math.ceil(Math.max(1, on.length - keep) / 700) : 1;
		on.forEach((i, k) => { const isBest = on.length - k <= keep; if (isBest || k % every === 0) draw(i, tints[i] === null ? bad : (isBest ? bins : faint)[Math.round(tints[i] * 32)]); });
		layer.getContext('2d').putImageData(this.image, 0, 0);
		this.ctx.drawImage(layer, 0, 0, this.width, this.height);
	}

	drawAxes() {
		const { ctx, inner: [, top, wide, tall] } = this, room = wide / Math.max(1, this.axes.length - 1);
		this.axes.forEach((axis, k) => {
			const x = Math.round(this.x(k)) + 0.5, isFocused = k === this.focused && document.activeElement === this.canvas, isLast = k === this.axes.length - 1;
			ink(ctx, isFocused ? '--accent' : '--dim', isFocused ? 2.5 : 1.2);
			line(ctx, x, top, x, top + tall);
			ctx.font = font(11);
			ctx.textAlign = 'center';
			ctx.textBaseline = 'alphabetic';
			ink(ctx, '--ink');
			ctx.fillText(clip(axis.label ?? axis.name, Math.max(5, Math.floor(room / 7))), clamp(x, 30, this.width - 30), top - (k % 2 && room < 70 ? 20 : 7));
			ctx.textBaseline = 'middle';
			ctx.font = font(10);
			ctx.textAlign = isLast ? 'right' : 'left';
			for (const v of axis.scale.ticks(4)) {
				const s = axis.scale.to(v);
				if (!(s >= -0.01 && s <= 1.01)) continue;
				const label = clip(axis.kind === 'category' ? text(v) : num(v, 3), Math.max(4, Math.floor(room / 8))), w = ctx.measureText(label).width;
				ctx.globalAlpha = 0.82;
				ink(ctx, '--card');
				ctx.fillRect(isLast ? x - 6 - w : x + 3, this.y(s) - 6, w + 3, 12);
				ctx.globalAlpha = 1;
				ink(ctx, '--ink');
				ctx.fillText(label, isLast ? x - 4 : x + 4, this.y(s));
			}
			const range = this.chosen(axis);
			if (range) this.window(x - 7, this.y(range[1]), x + 7, Math.max(this.y(range[1]) + 2, this.y(range[0])), 0.3);
		});
	}
}
