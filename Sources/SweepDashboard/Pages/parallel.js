// Parallel coordinates: an axis a parameter on the scale of its law, a line a trial, a brush on every axis.
import { colour, h, num, onTheme, plural, ramp, text, isDark, noted } from './lib.js';
import { Figure, clip, font, toggle, whileSeen } from './plot.js';
import { axisScale } from './charts.js';

/** Above so many lines they are set pixel by pixel: strokes of a canvas would take a second. */
const STROKES = 600;

export class Parallel extends Figure {
  constructor(parent, ctl) {
    let self;
    super(parent, {
      title: 'Parameters together', csv: `/api/v1/sweeps/${ctl.id}/trials.csv`,
      controls: [toggle('Pruned too', true, on => { self.pruned = on; self.render(); })],
      table: () => ({ columns: ['trial', ...self.axes.map(a => a.name)], rows: [...ctl.visible()].map(i => [ctl.trials.number[i], ...self.axes.map(a => ctl.trials.get(a.name, i))]) }),
    });
    self = this;
    this.ctl = ctl;
    this.pruned = true;
    this.axes = [];
    this.canvas = h('canvas', { tabindex: 0, role: 'img' });
    this.tip = h('div', { class: 'tip', hidden: true });
    this.note = noted('Drag along an axis to select; click it to let go. Keys: ← → choose an axis, ↑ ↓ move its window, + − widen and narrow it, Esc lets go.');
    this.body.append(this.canvas, this.tip, this.note);
    this.ctx = this.canvas.getContext('2d');
    this.layer = document.createElement('canvas');
    this.render = whileSeen(this);
    new ResizeObserver(() => { const w = this.body.clientWidth; if (w && w !== this.width) this.paint(); }).observe(this.body);
    onTheme(this.el, this.render);
    const at = e => { const b = this.canvas.getBoundingClientRect(); return [e.clientX - b.left, e.clientY - b.top]; };
    this.on('pointerdown', e => {
      const [x, y] = at(e), k = this.near(x);
      if (e.button || k < 0) return;
      this.drag = { k, y, moved: false };
      this.canvas.setPointerCapture(e.pointerId);
    });
    this.on('pointermove', e => {
      const [x, y] = at(e);
      if (!this.drag) { this.canvas.style.setProperty('cursor', this.near(x) >= 0 ? 'ns-resize' : 'default'); return; }
      if (Math.abs(y - this.drag.y) > 3) this.drag.moved = true;
      if (this.drag.moved) this.brush(this.drag.k, this.toT(this.drag.y), this.toT(y));
    });
    this.on('pointerup', () => {
      if (this.drag && !this.drag.moved) this.ctl.brushAxis(this.axes[this.drag.k].name, null);
      this.drag = null;
      this.render();
    });
    this.on('keydown', e => this.key(e));
    this.focused = -1;
  }

  get shownAxes() {
    const objective = this.ctl.objectiveAxis();
    return objective ? [...this.ctl.axes.slice(0, 11), objective] : this.ctl.axes.slice(0, 12);
  }

  x(k) { return this.left + (this.axes.length < 2 ? 0.5 : k / (this.axes.length - 1)) * (this.width - this.left - this.right); }
  toT(y) { return Math.min(1, Math.max(0, 1 - (y - this.top) / this.tall)); }
  near(x) {
    for (let k = 0; k < this.axes.length; k++) if (Math.abs(this.x(k) - x) < 16) return k;
    return -1;
  }

  brush(k, a, b) {
    const axis = this.axes[k], [lo, hi] = [Math.min(a, b), Math.max(a, b)];
    if (axis.kind === 'category') {
      const n = axis.values.length, chosen = axis.values.filter((_, i) => (i + 1) / n > lo && i / n < hi);
      this.ctl.brushAxis(axis.name, null, new Set(chosen.map(text)));
    } else this.ctl.brushAxis(axis.name, [axis.scale.from(lo), axis.scale.from(hi)]);
  }

  window(axis) {
    const r = this.ctl.selection.ranges.get(axis.name);
    if (!r) return null;
    if (!r.values) return [axis.scale.to(r.low), axis.scale.to(r.high)].map(v => Math.min(1, Math.max(0, Number.isNaN(v) ? 0 : v)));
    const at = axis.values.map((v, i) => r.values.has(text(v)) ? i : -1).filter(i => i >= 0), n = axis.values.length;
    return at.length ? [Math.min(...at) / n, (Math.max(...at) + 1) / n] : [0, 0];
  }

  key(e) {
    const n = this.axes.length;
    if (!n) return;
    if (e.key === 'ArrowRight' || e.key === 'ArrowLeft') this.focused = (this.focused + (e.key === 'ArrowRight' ? 1 : n - 1) + (this.focused < 0 && e.key === 'ArrowLeft' ? 1 : 0)) % n;
    else if (this.focused >= 0 && ['ArrowUp', 'ArrowDown', '+', '=', '-'].includes(e.key)) {
      const axis = this.axes[this.focused], w = this.window(axis) ?? [0, 1], step = axis.kind === 'category' ? 1 / axis.values.length : 0.05;
      let [a, b] = w;
      if (e.key === 'ArrowUp') { const d = Math.min(step, 1 - b); a += d; b += d; }
      else if (e.key === 'ArrowDown') { const d = Math.min(step, a); a -= d; b -= d; }
      else if (e.key === '-') { if (b - a > step * 1.5) { a += step; if (b - a > step) b -= 0; } } else { a = Math.max(0, a - step); b = Math.min(1, b + step); }
      this.brush(this.focused, a + 1e-6, b - 1e-6);
    } else if (e.key === 'Escape') { if (this.focused >= 0) this.ctl.brushAxis(this.axes[this.focused].name, null); } else return;
    e.preventDefault();
    this.render();
  }

  paint() {
    const width = this.body.clientWidth, height = 300, ratio = devicePixelRatio || 1;
    if (!width) return;
    if (this.width !== width || this.ratio !== ratio) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.setProperty('height', `${height}px`);
      Object.assign(this, { width, ratio, left: 46, right: 46, top: 34, tall: height - 60 });
    }
    const { ctx, ctl } = this, { trials: t, mask } = ctl;
    this.prepareLines();
    const { rows, ys, tint } = this.lines;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    const names = this.axes.map(a => a.name).join(', ');
    this.canvas.setAttribute('aria-label', `Parameters together: ${plural(rows.filter(i => mask[i]).length, 'selected trial')} over ${names}`);
    if (!rows.length || this.axes.length < 1) {
      ctx.fillStyle = colour('--dim');
      ctx.font = font(13);
      ctx.textAlign = 'center';
      ctx.fillText('no finished trial yet', width / 2, height / 2);
      return;
    }
    const off = rows.filter(i => !mask[i]), on = rows.filter(i => mask[i]);
    if (rows.length > STROKES) this.pixels(off, on, ys, tint); else this.strokes(off, on, ys, tint);
    this.drawAxes();
    this.refresh();
    this.painted = performance.now();
  }

  /** What a brush does not change: heights, tints, and the order in which lines are drawn, the best on top. */
  prepareLines() {
    const { ctl } = this, { trials: t } = ctl, key = [ctl.epoch, this.width, this.pruned, document.documentElement.dataset.theme, ctl.axes.length].join();
    if (this.lines?.key === key) return;
    this.axes = this.shownAxes.map(a => ({ ...a, scale: axisScale(a, 0) }));
    const rows = [];
    for (let i = 0; i < t.length; i++) if (t.state[i] === 'c' || (this.pruned && t.state[i] === 'p') || t.state[i] === 'f') rows.push(i);
    const ys = this.axes.map(a => {
      const out = new Float32Array(t.length);
      for (const i of rows) { const v = a.scale.to(t.get(a.name, i)); out[i] = Number.isFinite(v) ? this.top + (1 - Math.min(1, Math.max(0, v))) * this.tall : NaN; }
      return out;
    });
    const [lo, hi] = ctl.range(), flip = ctl.facts?.goal === 'maximize', tints = Array(t.length).fill(null);
    for (const i of rows) { const v = t.objective[i]; if (!Number.isFinite(v)) continue; const s = Math.min(1, Math.max(0, (v - lo) / (hi - lo || 1))); tints[i] = flip ? 1 - s : s; }
    rows.sort((a, b) => (tints[b] ?? 2) - (tints[a] ?? 2));
    this.lines = { key, rows, ys, tint: i => tints[i] };
  }

  strokes(off, on, ys, tint) {
    const { ctx } = this;
    const draw = (i, style, alpha, w) => {
      ctx.strokeStyle = style;
      ctx.globalAlpha = alpha;
      ctx.lineWidth = w;
      ctx.beginPath();
      let open = false;
      for (let k = 0; k < ys.length; k++) { const y = ys[k][i]; if (Number.isNaN(y)) { open = false; continue; } ctx[open ? 'lineTo' : 'moveTo'](this.x(k), y); open = true; }
      ctx.stroke();
    };
    for (const i of off) draw(i, colour('--waiting'), 0.12, 1);
    for (const i of on) { const s = tint(i); draw(i, s === null ? colour('--failed') : `rgb(${ramp(s).join(' ')})`, 0.75, 1.3); }
    ctx.globalAlpha = 1;
  }

  /** A line is one pixel a column: 5,000 of them take some milliseconds. */
  pixels(off, on, ys, tint) {
    const { ratio } = this, w = this.canvas.width, hh = this.canvas.height;
    if (!this.image || this.image.width !== w || this.image.height !== hh) { this.image = new ImageData(w, hh); this.data = new Uint32Array(this.image.data.buffer); }
    const data = this.data;
    const pack = ([r, g, b], a) => (a << 24 | b << 16 | g << 8 | r) >>> 0;
    const grey = isDark() ? pack([58, 68, 80], 255) : pack([222, 227, 233], 255);
    // Of many only the better part has its full colour: all of them would be a wall.
    const dark = isDark(), ground = dark ? [24, 32, 41] : [255, 255, 255], keep = Math.max(300, on.length * 0.15);
    const mix = c => on.length > 1500 ? c.map((v, k) => Math.round(v * 0.3 + ground[k] * 0.7)) : c;
    const bins = Array.from({ length: 33 }, (_, k) => pack(ramp(k / 32), 255)), faint = Array.from({ length: 33 }, (_, k) => pack(mix(ramp(k / 32)), 255)), bad = pack(mix(isDark ? [255, 138, 101] : [194, 65, 12]), 255);
    const xs = this.axes.map((_, k) => Math.round(this.x(k) * ratio));
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
    const ground0 = `${this.lines.key}|${w}|${hh}`;
    if (this.ground !== ground0) { data.fill(0); for (const i of this.lines.rows) draw(i, grey); this.grey = data.slice(); this.ground = ground0; } else if (off.length) data.set(this.grey); else data.fill(0);
    const every = this.drag?.moved ? Math.ceil(Math.max(1, on.length - keep) / 700) : 1;
    on.forEach((i, k) => { if (every > 1 && on.length - k > keep && k % every) return; const s = tint(i); draw(i, s === null ? bad : (on.length - k <= keep ? bins : faint)[Math.round(s * 32)]); });
    if (this.layer.width !== w || this.layer.height !== hh) { this.layer.width = w; this.layer.height = hh; }
    this.layer.getContext('2d').putImageData(this.image, 0, 0);
    this.ctx.setTransform(1, 0, 0, 1, 0, 0);
    this.ctx.drawImage(this.layer, 0, 0);
    this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  drawAxes() {
    const { ctx } = this, room = (this.width - this.left - this.right) / Math.max(1, this.axes.length - 1);
    this.axes.forEach((axis, k) => {
      const x = Math.round(this.x(k)) + 0.5;
      ctx.strokeStyle = k === this.focused && document.activeElement === this.canvas ? colour('--accent') : colour('--dim');
      ctx.lineWidth = k === this.focused && document.activeElement === this.canvas ? 2.5 : 1.2;
      ctx.beginPath();
      ctx.moveTo(x, this.top);
      ctx.lineTo(x, this.top + this.tall);
      ctx.stroke();
      ctx.font = font(11);
      ctx.textAlign = 'center';
      ctx.textBaseline = 'alphabetic';
      ctx.fillStyle = colour('--ink');
      ctx.fillText(clip(axis.label ?? axis.name, Math.max(5, Math.floor(room / 6))), Math.min(this.width - 30, Math.max(30, x)), k % 2 && room < 70 ? this.top - 20 : this.top - 7);
      ctx.fillStyle = colour('--dim');
      ctx.textBaseline = 'middle';
      ctx.font = font(10);
      const last = k === this.axes.length - 1;
      ctx.textAlign = last ? 'right' : 'left';
      for (const v of axis.scale.ticks(4)) {
        const s = axis.scale.to(v);
        if (!(s >= -0.01 && s <= 1.01)) continue;
        const y = this.top + (1 - s) * this.tall, label = clip(axis.kind === 'category' ? text(v) : num(v, 3), Math.max(4, Math.floor(room / 8)));
        const w = ctx.measureText(label).width;
        ctx.globalAlpha = 0.82;
        ctx.fillStyle = colour('--card');
        ctx.fillRect(last ? x - 6 - w : x + 3, y - 6, w + 3, 12);
        ctx.globalAlpha = 1;
        ctx.fillStyle = colour('--ink');
        ctx.fillText(label, last ? x - 4 : x + 4, y);
      }
      const range = this.window(axis);
      if (range) {
        const y0 = this.top + (1 - range[1]) * this.tall, y1 = this.top + (1 - range[0]) * this.tall;
        ctx.fillStyle = colour('--accent');
        ctx.globalAlpha = 0.3;
        ctx.fillRect(x - 7, y0, 14, Math.max(2, y1 - y0));
        ctx.globalAlpha = 1;
        ctx.strokeStyle = colour('--accent');
        ctx.lineWidth = 1.5;
        ctx.strokeRect(x - 7, y0, 14, Math.max(2, y1 - y0));
      }
    });
  }
}
