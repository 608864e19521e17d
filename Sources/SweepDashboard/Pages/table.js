// The leaderboard: columns chosen and moved, sorted, grouped, a page of rows at a time.
import { api, complain, enc, duration, fill, h, keep, num, plural, read, stateBadge, text, press, th, dim, noted, cell, td, h2, spring } from './lib.js';
import { groupBy, ranking } from './model.js';
import { clip } from './plot.js';
import { importanceRows } from './charts.js';

const PAGE = 25;

export class Leaderboard {
  constructor(parent, ctl) {
    this.ctl = ctl;
    this.isSlow = true;
    this.shown = PAGE;
    this.sort = ctl.query.get('sort') ?? '';
    this.group = ctl.query.get('group') ?? '';
    this.columns = (ctl.query.get('cols') ?? read(`cols.${ctl.id}`) ?? '').split(',').filter(Boolean).map(decodeURIComponent);
    this.body = h('div', { class: 'scroll', style: { '--tall': '430px' }, tabindex: 0, role: 'region', 'aria-label': 'Leaderboard' });
    this.count = h('span', { class: 'count' });
    this.menu = h('span', { class: 'menu' });
    this.groups = h('select', { 'aria-label': 'Group by', onchange: e => { this.group = e.target.value; ctl.remember({ group: this.group }); this.render(); } });
    this.compare = h('a', { href: '#', hidden: true }, 'Compare');
    this.chosen = new Set();
    parent.append(h('figure', { 'aria-label': 'Leaderboard' }, h('div', { class: 'bar' }, h2('Leaderboard'), this.count, spring(), this.compare, this.groups, this.menu,
      h('a', { href: `/api/v1/sweeps/${ctl.id}/trials.csv`, download: '' }, 'CSV')), this.body));
    // A row must not be exchanged between the press and the release of a button.
    this.body.addEventListener('pointerdown', () => { this.held = true; });
    addEventListener('pointerup', () => { this.held = false; if (this.due) setTimeout(() => this.render()); });
    this.menuButton();
  }

  render() {
    this.due = this.held;
    if (this.held || !this.ctl) return;
    const focused = this.body.contains(document.activeElement) ? document.activeElement : null, row = focused?.closest('tr')?.dataset.trial, kind = focused?.tagName;
    this.draw();
    if (row) this.body.querySelector(`tr[data-trial="${row}"] ${kind}`)?.focus({ preventScroll: true });
  }

  names() { return [...this.ctl.axes.map(a => a.name), ...this.ctl.trials.metrics.keys()].filter((n, i, all) => all.indexOf(n) === i && n !== this.ctl.facts?.metric); }

  /** The parameters that differ, until somebody chooses. */
  active() {
    const names = this.names(), chosen = this.columns.filter(n => names.includes(n) || n.startsWith('='));
    if (chosen.length) return chosen;
    const all = importanceRows(this.ctl).map(r => r.name);
    return [...all, ...this.ctl.axes.map(a => a.name).filter(n => !all.includes(n))].slice(0, innerWidth < 700 ? 3 : 6);
  }

  setColumns(list) {
    this.columns = list;
    const all = list.map(encodeURIComponent).join(',');
    keep(`cols.${this.ctl.id}`, all || null);
    this.ctl.remember({ cols: all });
    this.render();
  }

  menuButton() {
    const panel = h('div', { hidden: true });
    const button = press({ class: 'quiet', 'aria-expanded': 'false', onclick: () => { panel.hidden = !panel.hidden; button.setAttribute('aria-expanded', String(!panel.hidden)); if (!panel.hidden) list(); } }, 'Columns');
    const list = () => {
      const active = this.active(), move = (n, by) => { const a = this.active(), i = a.indexOf(n), j = i + by; if (i < 0 || j < 0 || j >= a.length) return; [a[i], a[j]] = [a[j], a[i]]; this.setColumns(a); list(); };
      fill(panel, [...active, ...this.names().filter(n => !active.includes(n))].map(n => h('label', {}, h('input', { type: 'checkbox', checked: active.includes(n), onchange: e => { const a = this.active(); this.setColumns(e.target.checked ? [...a, n] : a.filter(m => m !== n)); list(); } }), ' ', clip(n, 40),
        active.includes(n) ? [' ', press({ class: 'quiet', 'aria-label': `Move ${n} left`, onclick: e => { e.preventDefault(); move(n, -1); } }, '←'), press({ class: 'quiet', 'aria-label': `Move ${n} right`, onclick: e => { e.preventDefault(); move(n, 1); } }, '→')] : null)),
      press({ onclick: () => { this.setColumns([]); list(); } }, 'As at first'));
    };
    panel.addEventListener('keydown', e => { if (e.key === 'Escape') { panel.hidden = true; button.focus(); } });
    fill(this.menu, button, panel);
  }

  order() {
    const { ctl } = this, out = ranking(ctl.trials, ctl.mask, ctl.facts?.goal);
    if (!this.sort) return out;
    const down = this.sort.startsWith('-'), name = this.sort.replace(/^-/, ''), sign = down ? -1 : 1;
    const value = i => name === 'state' ? ctl.trials.word(i) : ctl.trials.get(name, i);
    // What has no value comes last, either way.
    const rank = v => v === null || v === undefined || Number.isNaN(v) ? 1 : 0;
    return out.sort((a, b) => { const x = value(a), y = value(b); return rank(x) - rank(y) || sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true })) || a - b; });
  }

  head(label, key, isNumber) {
    const now = this.sort === key ? 'ascending' : this.sort === `-${key}` ? 'descending' : 'none';
    return h('th', { scope: 'col', class: isNumber ? 'n' : null, 'aria-sort': now }, press({ title: label, onclick: () => {
      this.sort = this.sort === key ? `-${key}` : this.sort === `-${key}` ? '' : key;
      this.ctl.remember({ sort: this.sort });
      this.render();
    } }, clip(label, 28), now === 'ascending' ? ' ▲' : now === 'descending' ? ' ▼' : ''));
  }

  draw() {
    const { ctl } = this, { trials: t } = ctl, names = this.active();
    const options = ['', 'point', ...ctl.axes.map(a => a.name)];
    if (this.groups.dataset.n !== options.join()) {
      this.groups.dataset.n = options.join();
      fill(this.groups, options.map(o => h('option', { value: o, selected: o === this.group }, o === '' ? 'Not grouped' : o === 'point' ? 'By point (repeats)' : `By ${clip(o, 24)}`)));
    }
    this.count.textContent = ctl.countText();
    if (this.group) return this.renderGroups();
    const order = this.order(), rows = order.slice(0, this.shown), repeats = this.repeats(order);
    const head = h('tr', {}, th(dim('#')), this.head('trial', 'number', true), this.head(ctl.facts?.metric ?? 'objective', 'objective', true), this.head('state', 'state'),
      names.map(n => this.head(n, n, true)), this.head('time', 'seconds', true), th('reason'));
    let place = 0;
    fill(this.body, h('table', {}, h('thead', {}, head), h('tbody', {}, rows.map(i => {
      const ranked = t.isRanked(i), hours = t.seconds(i);
      return h('tr', { 'data-trial': t.number[i] }, td(h('input', { type: 'checkbox', 'aria-label': `Choose trial ${t.number[i]}`, checked: this.chosen.has(t.number[i]), onchange: e => this.choose(t.number[i], e.target.checked) }), ranked && !this.sort ? ` ${++place}` : ''),
        cell(this.star(t.number[i]), h('a', { href: ctl.href(i) }, t.number[i])),
        cell(h('b', {}, num(t.objective[i] ?? t.metrics.get(ctl.facts?.metric)?.[i])), repeats.get(i) ?? null), td(stateBadge(t.word(i))),
        names.map(n => h('td', { class: 'n', title: text(t.get(n, i)) }, text(t.get(n, i)))),
        h('td', { class: 'n', title: ctl.facts?.gpus ? `${num(hours / 3600 * ctl.facts.gpus)} GPU-hours` : null }, duration(hours)),
        h('td', { title: t.reason[i] ?? '' }, t.reason[i] ? h('a', { href: `${ctl.href(i)}${t.state[i] === 'f' ? '?tab=logs' : ''}`, class: t.state[i] === 'f' ? 'bad' : 'dim' }, t.reason[i]) : ''));
    }))), order.length === 0 ? h('p', { class: 'empty' }, t.length ? 'No trial fits the filter.' : 'No trial yet.') : null,
    order.length > this.shown ? h('p', {}, press({ onclick: () => { this.shown = Math.min(400, this.shown + 100); this.render(); } }, `Show more of ${plural(order.length, 'trial')}`),
      this.shown >= 400 ? h('span', { class: 'note' }, ' All are in the CSV file.') : null) : null);
  }

  /** ± over the repeats of a point, and whether it can be told from the best. */
  repeats(order) {
    const out = new Map(), { ctl } = this;
    if (!(ctl.facts?.repetitions > 1)) return out;
    const groups = groupBy(ctl.trials, order, 'point').filter(g => g.count > 1);
    const sign = ctl.facts?.goal === 'maximize' ? -1 : 1;
    const best = groups.reduce((a, b) => !a || sign * b.mean < sign * a.mean ? b : a, null);
    for (const g of groups) for (const i of g.members) {
      if (!ctl.trials.isRanked(i)) continue;
      out.set(i, dim(` ±${num(g.error, 2)}`, g !== best && g.error !== null && Math.abs(g.mean - best.mean) < 1.96 * Math.hypot(g.error, best.error) ? h('span', { title: 'not distinguishable from the best point (95 %)' }, ' ≈') : null));
    }
    return out;
  }

  renderGroups() {
    const { ctl } = this, groups = groupBy(ctl.trials, [...ctl.visible()], this.group).sort((a, b) => (a.mean === null) - (b.mean === null) || (ctl.facts?.goal === 'maximize' ? b.mean - a.mean : a.mean - b.mean));
    const best = groups[0];
    fill(this.body, h('table', {}, h('thead', {}, h('tr', {}, ['', this.group, 'mean', '± error', 'best', 'trials', 'failed'].map(c => th(c)))),
      h('tbody', {}, groups.slice(0, 200).map((g, k) => {
        const values = g.members.filter(i => ctl.trials.isRanked(i)).map(i => ctl.trials.objective[i]);
        const near = k > 0 && g.error !== null && best.error !== null && Math.abs(g.mean - best.mean) < 1.96 * Math.hypot(g.error, best.error);
        return h('tr', {}, td(k + 1), td(text(g.value)), cell(h('b', {}, num(g.mean)), near ? h('span', { class: 'dim', title: 'not distinguishable from the best (95 %)' }, ' ≈') : null), cell(num(g.error, 2)),
          cell(values.length ? num(ctl.facts?.goal === 'maximize' ? Math.max(...values) : Math.min(...values)) : '–'), cell(g.members.length), cell(g.members.filter(i => ctl.trials.state[i] === 'f').length));
      }))), noted(`showing ${Math.min(200, groups.length)} of ${plural(groups.length, 'group')}; ± is the standard error of the mean`));
  }

  /** A star and the note, in place. */
  star(n) {
    const said = this.ctl.remarks?.[n], on = !!said?.star;
    if (!this.ctl.mayAct) return on ? '★ ' : null;
    return press({ class: 'quiet', 'aria-pressed': String(on), 'aria-label': `Star trial ${n}`, title: said?.note || null, onclick: async () => {
      try { this.ctl.remarks[n] = await api(`/sweeps/${enc(this.ctl.id)}/trials/${n}/remark`, { method: 'POST', body: { star: !on } }); this.render(); } catch (e) { complain(e); }
    } }, on ? '★' : said?.note ? '✎' : '☆');
  }

  choose(n, on) {
    if (on) this.chosen.add(n); else this.chosen.delete(n);
    this.compare.hidden = this.chosen.size < 2;
    this.compare.href = `/sweeps/${this.ctl.id}/compare?trials=${[...this.chosen].join(',')}`;
    this.compare.textContent = `Compare ${this.chosen.size}`;
  }
}
