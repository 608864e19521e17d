// One chart: a canvas with axes, a tooltip, a brush, keys, and a table of the same data. What is drawn is the caller's.
import { clamp, colour, fill, grid, h, h2, keptToggle, known, noted, num, onTheme, perFrame, plural, spring, text } from './lib.js';

const TABLE_ROWS = 200;

const linear = (lo, hi) => ({ linear: [lo, hi], to: v => (v - lo) / (hi - lo || 1), from: t => lo + t * (hi - lo), ticks: n => linearTicks(lo, hi, n), format: num });
const scales = {
	linear,
	whole: (lo, hi) => ({ ...linear(lo, hi), ticks: n => linearTicks(lo, hi, n + 2).filter(Number.isInteger) }),
	time: (lo, hi) => ({ ...linear(lo, hi), ticks: n => timeTicks(lo, hi, n), format: timeText }),
	log: (lo, hi) => {
		const a = Math.log10(lo), b = Math.log10(hi);
		return { to: v => v > 0 ? (Math.log10(v) - a) / (b - a || 1) : NaN, from: t => 10 ** (a + t * (b - a)), ticks: n => logTicks(lo, hi, n), format: num };
	},
	category: values => {
		const place = new Map(values.map((v, i) => [String(v), i])), n = Math.max(1, values.length);
		return {
			to: v => ((place.get(String(v)) ?? NaN) + 0.5) / n, from: t => values[clamp(Math.floor(t * n), 0, n - 1)],
			ticks: most => values.filter((_, i) => i % Math.ceil(n / Math.max(1, most * 2)) === 0), format: text,
		};
	},
};

export function makeScale(kind, lo, hi, values) {
	if (kind === 'category') return scales.category(values ?? []);
	if (!known(lo) || !known(hi)) [lo, hi] = [0, 1];
	if (kind === 'log') {
		if (!(lo > 0)) lo = hi > 0 ? hi / 1000 : 1e-3;
		if (!(hi > lo)) { hi = lo * 1.5; lo /= 1.5; }
	} else if (lo === hi) { const d = Math.abs(lo) * 0.1 || 0.5; lo -= d; hi += d; }
	return scales[kind](lo, hi);
}

export const bounded = scale => ({ ...scale, linear: null, to: v => clamp(scale.to(v), 0, 1) });

function multiples(step, lo, hi) {
	const out = [];
	for (let v = Math.ceil(lo / step) * step; v <= hi + step * 1e-9 && out.length < 50; v += step) out.push(Math.abs(v) < step * 1e-9 ? 0 : Number(v.toPrecision(12)));
	return out;
}
function linearTicks(lo, hi, n) {
	const raw = (hi - lo) / Math.max(1, n), size = 10 ** Math.floor(Math.log10(raw));
	return multiples([1, 2, 5, 10].map(k => k * size).find(s => s >= raw) ?? raw, lo, hi);
}
function logTicks(lo, hi, n) {
	const out = [], a = Math.floor(Math.log10(lo)), b = Math.ceil(Math.log10(hi));
	const every = Math.ceil((b - a) / Math.max(2, n));
	for (let e = a; e <= b && out.length < 60; e += every) {
		for (const k of b - a <= 2 ? [1, 2, 5] : [1]) { const v = k * 10 ** e; if (v >= lo * 0.999 && v <= hi * 1.001) out.push(v); }
	}
	return out.length >= 2 ? out : linearTicks(lo, hi, n).filter(v => v > 0);
}
function timeTicks(lo, hi, n) {
	const steps = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800];
	return multiples(steps.map(s => s * 1000).find(s => (hi - lo) / s <= n) ?? (hi - lo) / n, lo, hi);
}
function timeText(ms) {
	const s = ms / 1000;
	return s === 0 ? '0' : s < 120 ? `${num(s, 3)} s` : s < 7200 ? `${num(s / 60, 3)} min` : s < 172800 ? `${num(s / 3600, 3)} h` : `${num(s / 86400, 3)} d`;
}

export function extent(values, positive = false) {
	let lo = Infinity, hi = -Infinity;
	for (const v of values) {
		if (!known(v) || (positive && v <= 0)) continue;
		if (v < lo) lo = v;
		if (v > hi) hi = v;
	}
	return lo <= hi ? [lo, hi] : [0, 1];
}

export class Figure {
	constructor(parent, { title, controls = [], table, csv }) {
		Object.assign(this, { table, csv });
		this.bar = h('div.bar', h2(title), spring(), controls);
		this.body = h('div');
		this.twin = h('div.scroll', { hidden: true, tabindex: 0 });
		this.el = h('figure', { 'aria-label': title }, this.bar, this.body, this.twin);
		if (table) {
			const button = keptToggle('Table', `table:${title}`, on => { show(on); this.refresh(); }), show = on => { this.body.hidden = on; this.twin.hidden = !on; };
			button.setAttribute('aria-label', `${title}: show as a table`);
			this.bar.append(button);
			show(button.getAttribute('aria-pressed') === 'true');
		}
		parent.append(this.el);
	}

	refresh() {
		if (this.twin.hidden) return;
		const { columns, rows } = this.table();
		fill(this.twin, noted(`showing ${Math.min(rows.length, TABLE_ROWS)} of ${plural(rows.length, 'row')}`, this.csv ? [' · ', h('a', { href: this.csv }, 'CSV')] : null),
			grid(columns, rows.slice(0, TABLE_ROWS)));
	}
}

/** A figure with a canvas as wide as its place, drawn anew when that or the colours change. `paint()` is the subclass's. */
export class Drawing extends Figure {
	constructor(parent, options) {
		super(parent, options);
		this.o = { height: 260, left: 56, right: 10, top: 8, bottom: 34, ...options };
		this.canvas = h('canvas', { tabindex: 0, role: 'img', 'aria-label': options.title });
		this.tip = h('div.tip', { hidden: true });
		this.body.append(this.canvas, this.tip, options.legend ?? '');
		this.ctx = this.canvas.getContext('2d');
		this.isSlow = options.isSlow;
		this.render = whileSeen(this);
		new ResizeObserver(() => { const w = this.body.clientWidth; if (w && w !== this.width) this.paint(); }).observe(this.body);
		onTheme(this.el, this.render);
	}

	on(type, act) { this.canvas.addEventListener(type, act); }

	/** Clears the canvas at its size; false where it has none yet. */
	begin() {
		const width = this.body.clientWidth, { o, ctx } = this;
		if (!width) return false;
		const height = typeof o.height === 'function' ? o.height() : o.height, ratio = devicePixelRatio || 1;
		if (this.width !== width || this.height !== height || this.ratio !== ratio) {
			Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
			this.canvas.style.setProperty('height', `${height}px`);
			Object.assign(this, { width, height, ratio });
		}
		ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
		ctx.clearRect(0, 0, width, height);
		this.inner = [o.left, o.top, width - o.left - o.right, height - o.top - o.bottom];
		return true;
	}

	end() {
		this.refresh();
		this.painted = performance.now();
	}

	describe(words) { this.canvas.setAttribute('aria-label', `${this.o.title}: ${words}`); }

	say(words) {
		const { ctx } = this;
		ink(ctx, '--dim');
		ctx.font = font(13);
		ctx.textAlign = 'center';
		ctx.fillText(words, this.width / 2, this.height / 2, this.width - 20);
		this.end();
	}

	place(event) {
		const box = this.canvas.getBoundingClientRect();
		return [event.clientX - box.left, event.clientY - box.top];
	}

	window(x0, y0, x1, y1, alpha) {
		const { ctx } = this;
		ink(ctx, '--accent');
		ctx.globalAlpha = alpha;
		ctx.fillRect(x0, y0, x1 - x0, y1 - y0);
		ctx.globalAlpha = 1;
		ctx.strokeRect(Math.round(x0) + 0.5, Math.round(y0) + 0.5, x1 - x0, y1 - y0);
	}
}

export class Plot extends Drawing {
	/**
	 * `prepare(plot)` gives { x, y, hits, summary }: scales from `makeScale`, and what can be pointed at; or { empty }: words
	 * in place of it. `draw(ctx, plot)` draws the data. `hits` is { n, x(i), y(i), label(i), open(i), key[i] } in data units. `brush`
	 * is 'x', 'y' or 'xy'; `selected()` says what is brushed: { x: [low, high], y: [low, high] }.
	 */
	constructor(parent, options) {
		super(parent, options);
		this.at = -1;
		this.on('pointermove', e => this.move(e));
		this.on('pointerleave', () => { if (!this.drag) this.point(-1); });
		this.on('pointerdown', e => this.down(e));
		this.on('pointerup', e => this.up(e));
		this.on('keydown', e => this.key(e));
		this.on('blur', () => this.point(-1));
		this.canvas.style.setProperty('cursor', options.brush ? 'crosshair' : 'default');
	}

	paint() {
		if (!this.begin()) return;
		const { ctx, o } = this, pointed = this.hits?.key?.[this.at];
		Object.assign(this, { hits: null, empty: null }, o.prepare(this));
		if (pointed !== undefined) this.at = this.hits?.key.indexOf(pointed) ?? -1;
		const [l, t, w, tall] = this.inner;
		this.describe(this.empty ?? this.summary);
		if (this.empty) { this.say(this.empty); return; }
		this.axes();
		ctx.save();
		ctx.beginPath();
		ctx.rect(l - 4, t - 4, w + 8, tall + 8);
		ctx.clip();
		o.draw(ctx, this);
		ctx.restore();
		const b = o.selected?.();
		if (b?.x || b?.y) {
			const [x0, x1] = b.x ? b.x.map(v => this.px(v)) : [l, l + w], [y1, y0] = b.y ? b.y.map(v => this.py(v)) : [t + tall, t];
			this.window(x0, y0, x1, y1, 0.14);
		}
		this.showTip();
		this.end();
	}

	/** The same as `px` and `py` for many numbers: without a look at the scale's kind for each. */
	fast(scale, from, size) {
		if (!scale.linear) return v => from + scale.to(v) * size;
		const [lo, hi] = scale.linear, a = size / (hi - lo || 1), b = from - lo * a;
		return v => a * v + b;
	}
	get fx() { return this.fast(this.x, this.inner[0], this.inner[2]); }
	get fy() { return this.fast(this.y, this.inner[1] + this.inner[3], -this.inner[3]); }

	px(v) { return this.inner[0] + this.x.to(v) * this.inner[2]; }
	py(v) { return this.inner[1] + (1 - this.y.to(v)) * this.inner[3]; }

	axes() {
		const { ctx, x, y } = this, [l, t, w, tall] = this.inner;
		ctx.font = font(11);
		ink(ctx, '--dim', 1);
		ctx.strokeStyle = colour('--grid');
		ctx.textAlign = 'right';
		ctx.textBaseline = 'middle';
		for (const v of y.ticks(Math.max(2, Math.floor(tall / 36)))) {
			const py = Math.round(this.py(v)) + 0.5;
			line(ctx, l, py, l + w, py);
			ctx.fillText(clip(y.format(v), this.yRoom ?? 9), l - 5, py);
		}
		ctx.textAlign = 'center';
		ctx.textBaseline = 'top';
		for (const v of x.ticks(Math.max(2, Math.floor(w / 70)))) {
			const px = Math.round(this.px(v)) + 0.5;
			line(ctx, px, t, px, t + tall);
			const words = clip(x.format(v), 12), room = ctx.measureText(words).width / 2;
			ctx.fillText(words, Math.min(px, this.width - room), t + tall + 4);
		}
		ctx.textBaseline = 'alphabetic';
		if (this.xLabel) ctx.fillText(clip(this.xLabel, 70), l + w / 2, this.height - 3, w);
		if (this.yLabel) {
			ctx.save();
			ctx.translate(10, t + tall / 2);
			ctx.rotate(-Math.PI / 2);
			ctx.fillText(clip(this.yLabel, 40), 0, 0, tall);
			ctx.restore();
		}
	}

	nearest(mx, my) {
		const { hits } = this;
		let best = -1, distance = 18 * 18;
		for (let i = 0; i < (hits?.n ?? 0); i++) {
			const dx = this.px(hits.x(i)) - mx;
			if (dx > 18 || dx < -18) continue;
			const dy = this.py(hits.y(i)) - my, d = dx * dx + dy * dy;
			if (d < distance) { distance = d; best = i; }
		}
		return best;
	}
	under(mx, my) { return this.hits && this.o.hover ? this.o.hover(this, mx, my) : this.nearest(mx, my); }

	move(event) {
		const [mx, my] = this.place(event), { drag, inner } = this;
		if (!inner) return;
		if (!drag) { this.point(this.under(mx, my)); return; }
		if (Math.abs(mx - drag[0]) + Math.abs(my - drag[1]) > 5) this.dragged = true;
		if (!this.dragged) return;
		const [l, t, w, tall] = inner, order = (a, b) => a - b, { brush } = this.o;
		const x = [drag[0], mx].map(v => clamp((v - l) / w, 0, 1)).sort(order), y = [drag[1], my].map(v => 1 - clamp((v - t) / tall, 0, 1)).sort(order);
		this.o.onbrush({ x: brush.includes('x') ? x.map(this.x.from) : null, y: brush.includes('y') ? y.map(this.y.from) : null });
	}

	down(event) {
		if (event.button || !this.inner || this.empty) return;
		this.pressed = this.place(event);
		if (!this.o.brush || event.pointerType === 'touch') return;
		this.drag = this.pressed;
		this.dragged = false;
		this.canvas.setPointerCapture(event.pointerId);
	}

	up(event) {
		const was = this.dragged;
		this.drag = null;
		this.dragged = false;
		if (was || !this.inner) return;
		const hit = this.under(...this.place(event));
		if (hit >= 0) this.hits.open?.(hit, event);
		else if (this.o.brush && this.pressed) this.o.onbrush(null);
	}

	key(event) {
		const { hits } = this, n = hits?.n ?? 0, by = { ArrowRight: 1, ArrowLeft: -1, PageDown: 10, PageUp: -10 }[event.key];
		if (by && n) {
			const order = [...Array(n).keys()].sort((a, b) => this.px(hits.x(a)) - this.px(hits.x(b))), place = this.at < 0 ? (by > 0 ? -1 : n) : order.indexOf(this.at);
			this.point(order[clamp(place + by, 0, n - 1)]);
		} else if (event.key === 'Enter' && this.at >= 0) hits?.open?.(this.at, event);
		else if (event.key === 'Escape') { this.point(-1); if (this.o.brush) this.o.onbrush(null); } else return;
		event.preventDefault();
	}

	point(i) {
		if (i === this.at) return;
		this.at = i;
		this.tip.hidden = i < 0;
		this.render();
	}

	showTip() {
		const { hits, at, tip, ctx } = this;
		tip.hidden = at < 0 || !(at < hits?.n);
		if (tip.hidden) return;
		const px = this.px(hits.x(at)), py = this.py(hits.y(at));
		if (known(px) && known(py)) {
			ink(ctx, '--ink', 1.5);
			ctx.beginPath();
			ctx.arc(px, py, 6, 0, 7);
			ctx.stroke();
		}
		fill(tip, hits.label(at).map((part, k) => h('div', k === 0 ? h('b', part) : part)));
		const w = tip.offsetWidth, left = px + 14 + w > this.width ? px - w - 14 : px + 14;
		tip.style.setProperty('left', `${clamp(left, 0, this.width - w)}px`);
		tip.style.setProperty('top', `${clamp(py - 10, 0, this.height - tip.offsetHeight)}px`);
	}
}

export function ink(ctx, name, width) {
	ctx.strokeStyle = ctx.fillStyle = colour(name);
	if (width) ctx.lineWidth = width;
}
export const font = size => `${size}px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`;
export const clip = (s, n) => s.length > n ? `${s.slice(0, n - 1)}…` : s;
export function line(ctx, x0, y0, x1, y1) {
	ctx.beginPath();
	ctx.moveTo(x0, y0);
	ctx.lineTo(x1, y1);
	ctx.stroke();
}
/** Draws at most once a frame, and only what can be seen; the rest when it is scrolled to. */
function whileSeen(plot) {
	let seen = true, due = false;
	const draw = perFrame(() => { if (seen || !plot.painted) plot.paint(); else due = true; });
	new IntersectionObserver(entries => {
		seen = entries[entries.length - 1].isIntersecting;
		if (seen && due) { due = false; draw(); }
	}, { rootMargin: '150px' }).observe(plot.el);
	return draw;
}

/**
 * Thousands of marks, pixel by pixel: a canvas takes some microseconds for each that it draws itself. `put` sets one, faint
 * unless it is selected; `show` brings all of them onto the chart.
 */
const shapes = new Map();
export class Marks {
	constructor(plot, r) {
		const { width, height } = plot.canvas;
		if (plot.layer?.width !== width || plot.layer?.height !== height) {
			plot.layer = Object.assign(document.createElement('canvas'), { width, height });
			plot.image = new ImageData(width, height);
		}
		Object.assign(this, { plot, width, height, ratio: plot.ratio, data: new Uint32Array(plot.image.data.buffer) });
		this.data.fill(0);
		this.shapes = Object.fromEntries([...'warcpfx'].map(state => [state, this.shape(state, r)]));
	}

	shape(state, r) {
		const key = `${state}${r}${this.ratio}${colour(stateColour[state])}`;
		if (!shapes.has(key)) shapes.set(key, this.drawShape(state, r));
		return shapes.get(key);
	}

	drawShape(state, r) {
		const size = Math.ceil((2 * r + 3) * this.ratio), half = size >> 1, canvas = Object.assign(document.createElement('canvas'), { width: size, height: size }), ctx = canvas.getContext('2d', { willReadFrequently: true });
		ctx.scale(this.ratio, this.ratio);
		ink(ctx, stateColour[state], 1.4);
		mark(ctx, state, size / this.ratio / 2, size / this.ratio / 2, r);
		const pixels = ctx.getImageData(0, 0, size, size).data, offsets = [];
		let rgb = [0, 0, 0], most = 0;
		for (let i = 0; i < size * size; i++) {
			const alpha = pixels[4 * i + 3];
			if (alpha > 40) offsets.push((i / size | 0) - half, i % size - half, alpha / 255);
			if (alpha > most) { most = alpha; rgb = pixels.slice(4 * i, 4 * i + 3); }
		}
		const pack = a => (a << 24 | rgb[2] << 16 | rgb[1] << 8 | rgb[0]) >>> 0;
		const inks = most => offsets.map((v, k) => k % 3 < 2 ? v : pack(most * v));
		return [inks(40), inks(230)];
	}

	put(state, x, y, on) {
		const pixels = this.shapes[state][+on], cx = Math.round(x * this.ratio), cy = Math.round(y * this.ratio), { data, width, height } = this;
		for (let k = 0; k < pixels.length; k += 3) {
			const py = cy + pixels[k], px = cx + pixels[k + 1], at = py * width + px;
			// The smooth rim of one mark takes nothing from another.
			if (px >= 0 && px < width && py >= 0 && py < height && pixels[k + 2] >>> 24 >= data[at] >>> 24) data[at] = pixels[k + 2];
		}
	}

	show() {
		const { plot } = this;
		plot.layer.getContext('2d').putImageData(plot.image, 0, 0);
		plot.ctx.drawImage(plot.layer, 0, 0, plot.width, plot.height);
	}
}

/** The mark of a state: shapes differ as well as colours. */
export function mark(ctx, state, x, y, r = 3) {
	ctx.beginPath();
	if (state === 'f') { ctx.moveTo(x - r, y - r); ctx.lineTo(x + r, y + r); ctx.moveTo(x + r, y - r); ctx.lineTo(x - r, y + r); ctx.stroke(); }
	else if (state === 'p') { ctx.moveTo(x - r, y - r); ctx.lineTo(x + r, y - r); ctx.lineTo(x, y + r); ctx.closePath(); ctx.fill(); }
	else if (state === 'r' || state === 'a') { ctx.arc(x, y, r, 0, 7); ctx.stroke(); }
	else if (state === 'x') { ctx.rect(x - r + 0.5, y - r + 0.5, 2 * r - 1, 2 * r - 1); ctx.stroke(); }
	else { ctx.arc(x, y, r, 0, 7); ctx.fill(); }
}
export const stateColour = { c: '--completed', p: '--pruned', f: '--failed', r: '--running', a: '--running', w: '--waiting', x: '--waiting' };
