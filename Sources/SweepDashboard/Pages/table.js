// The leaderboard: columns chosen and moved, sorted, grouped, a page of rows at a time.
import { api, cell, complain, dim, duration, field, fill, grid, grouped, h, h2, keep, keptChoice, link, noted, num, plural, press, quiet, read, setParams, sortHead, spring, td, text, th } from './lib.js';
import { groupBy, ranking } from './model.js';
import { clip } from './plot.js';
import { chooser, importanceRows } from './charts.js';

const SIGNS = { c: '●', p: '▼', f: '×', r: '○', a: '○', w: '…', x: '□' };

export class Leaderboard {
	constructor(parent, ctl) {
		this.ctl = ctl;
		Object.assign(this, { isSlow: true, shown: Number(ctl.query.get('rows')) || 25, chosen: new Set() });
		this.sort = ctl.query.get('sort') ?? '';
		this.group = ctl.query.get('group') ?? '';
		this.columns = (ctl.query.get('cols') ?? read(`cols.${ctl.id}`) ?? '').split(',').filter(Boolean).map(decodeURIComponent);
		this.body = h('div.scroll', { style: { '--tall': '430px' }, tabindex: 0, role: 'region', 'aria-label': 'Leaderboard' });
		this.count = h('span.count');
		this.groups = h('span');
		this.compare = h('a', { href: '#', hidden: true }, 'Compare');
		parent.append(h('figure', { 'aria-label': 'Leaderboard' }, h('div.bar', h2('Leaderboard'), this.count, spring(), this.compare, this.groups, this.columnMenu(),
			h('a', { href: ctl.csv, download: '' }, 'CSV')), this.body));
		// A row must not be exchanged between the press and the release of a button, nor while a note is written.
		this.body.addEventListener('pointerdown', () => { this.held = true; });
		addEventListener('pointerup', () => { this.held = false; if (this.due) setTimeout(() => this.render()); });
	}

	render() {
		this.due = this.held || this.body.querySelector('td input[type=text]');
		if (this.due || !this.ctl) return;
		const focused = this.body.contains(document.activeElement) ? document.activeElement : null, row = focused?.closest('tr')?.dataset.trial, kind = focused?.tagName;
		this.draw();
		if (row) this.body.querySelector(`tr[data-trial="${row}"] ${kind}`)?.focus({ preventScroll: true });
	}

	names() { return [...new Set([...this.ctl.axes.map(a => a.name), ...this.ctl.trials.metrics.keys()])]; }

	active() {
		const names = this.names(), chosen = this.columns.filter(n => names.includes(n));
		if (chosen.length) return chosen;
		const all = importanceRows(this.ctl).map(r => r.name);
		return [...all, ...this.ctl.axes.map(a => a.name).filter(n => !all.includes(n))].slice(0, innerWidth < 700 ? 3 : 6);
	}

	setColumns(list) {
		this.columns = list;
		const all = list.map(encodeURIComponent).join(',');
		keep(`cols.${this.ctl.id}`, all || null);
		setParams({ cols: all });
		this.render();
	}

	columnMenu() {
		const { ctl } = this, box = h('div'), list = () => {
			const active = this.active(), set = all => { this.setColumns(all); list(); };
			const move = (n, by, label) => quiet({ 'aria-label': `Move ${n} ${label}`, onclick: e => { e.preventDefault(); const a = [...active], i = a.indexOf(n); if (a[i + by] !== undefined) set(Object.assign(a, { [i]: a[i + by], [i + by]: n })); } }, by < 0 ? '←' : '→');
			fill(box, h('label', 'Metrics: ', keptChoice('Which value of a metric', 'value', [['', 'the last'], ['best', 'the best'], ['low', 'the lowest'], ['high', 'the highest']], v => { ctl.trials.value = v; this.render(); })),
				field('Computed: gap = val_loss - loss; …', { value: ctl.derive, onchange: e => ctl.setDerived(e.target.value).then(list) }),
				[...active, ...this.names().filter(n => !active.includes(n))].map(n => h('label', h('input', { type: 'checkbox', checked: active.includes(n), onchange: e => set(e.target.checked ? [...active, n] : active.filter(m => m !== n)) }), ' ', clip(n, 40),
					active.includes(n) ? [' ', move(n, -1, 'left'), move(n, 1, 'right')] : null)), press({ onclick: () => set([]) }, 'As at first'));
		};
		return h('details.menu', { ontoggle: list, onkeydown: e => { if (e.key === 'Escape') e.currentTarget.open = false; } }, h('summary', 'Columns'), box);
	}

	order() {
		const { ctl } = this, out = ranking(ctl.trials, ctl.mask, ctl.facts?.goal);
		if (!this.sort) return out;
		const name = this.sort.replace(/^-/, ''), sign = this.sort.startsWith('-') ? -1 : 1;
		const value = i => name === 'state' ? ctl.trials.word(i) : ctl.trials.get(name, i);
		// What has no value comes last, either way.
		const rank = v => v == null || Number.isNaN(v) ? 1 : 0;
		return out.sort((a, b) => { const x = value(a), y = value(b); return rank(x) - rank(y) || sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), 'en', { numeric: true })) || a - b; });
	}

	head(label, key, isNumber = true) {
		return sortHead(label, key, this.sort, sort => { this.sort = sort; setParams({ sort }); this.render(); }, isNumber);
	}

	draw() {
		const { ctl } = this, { trials: t } = ctl, names = this.active(), gpus = ctl.facts?.gpus, axes = ctl.axes.map(a => a.name);
		chooser(this.groups, axes, [['Group by', 'group', this.group, [['', 'Not grouped'], ['point', 'By point (repeats)'], ...axes.map(a => [a, `By ${clip(a, 24)}`])]]], group => { this.group = group; this.render(); });
		ctl.readExtremes(names);
		if (this.group) return this.renderGroups();
		const order = this.order(), rows = order.slice(0, this.shown), repeats = this.repeats(order);
		let place = 0;
		this.count.textContent = `showing ${rows.length} of ${grouped(t.total)}`;
		fill(this.body, grid([dim('#'), this.head('trial', 'number'), this.head(ctl.metric, 'objective'), this.head('state', 'state', false), this.head('time', 'seconds'), gpus ? th('GPU-h') : null, ...names.map(n => this.head(t.value && t.metrics.has(n) ? `${n} (${t.value})` : n, n))].filter(Boolean).map(c => c.tagName === 'TH' ? c : th(c)), rows.map(i => {
			const n = t.number[i], seconds = t.seconds(i), reason = t.reason[i], hasFailed = t.state[i] === 'f', word = t.word(i);
			return h('tr', { 'data-trial': n }, td(h('input', { type: 'checkbox', 'aria-label': `Choose trial ${n}`, checked: this.chosen.has(n), onchange: e => this.choose(n, e.target.checked) }), t.isRanked(i) && !this.sort ? ` ${++place}` : ''),
				cell(this.remark(n), link(ctl.href(i), n)), cell(ctl.sparks?.get(n), h('b', num(t.objective[i] ?? t.metrics.get(ctl.facts?.metric)?.[i])), repeats.get(i)),
				h('td.state', { title: [word, reason, ctl.remarks?.[n]?.note].filter(Boolean).join('\n') }, h('span', { class: `s-${word}`, role: 'img', 'aria-label': word }, SIGNS[t.state[i]]),
					reason ? [' ', h('a', { href: `${ctl.href(i)}${hasFailed ? '?tab=logs' : ''}`, class: hasFailed ? 'bad' : 'dim' }, reason)] : 'wrax'.includes(t.state[i]) ? ` ${word}` : null, ctl.remarks?.[n]?.note ? dim(` ${ctl.remarks[n].note}`) : null),
				cell(duration(seconds)), gpus ? cell(num(seconds === null ? null : seconds / 3600 * gpus, 3)) : null, names.map(name => { const v = text(t.get(name, i)); return h('td.n', { title: v }, v); }));
		})), order.length === 0 ? h('p.empty', t.length ? 'No trial fits the filter.' : 'No trial yet.') : null,
		order.length > this.shown ? h('p', press({ onclick: () => { this.shown = Math.min(400, this.shown + 100); setParams({ rows: this.shown }); this.render(); } }, `Show more of ${plural(order.length, 'trial')}`),
			this.shown >= 400 ? h('span.note', ' All are in the CSV file.') : null) : null);
	}

	isNear(g, best) { return g !== best && g.error !== null && best.error !== null && Math.abs(g.mean - best.mean) < 1.96 * Math.hypot(g.error, best.error) ? h('span.dim', { title: 'not distinguishable from the best (95 %)' }, ' ≈ best') : null; }

	/** ± over the repeats of a point, and whether it can be told from the best. */
	repeats(order) {
		const out = new Map(), { ctl } = this;
		if (!(ctl.facts?.repetitions > 1)) return out;
		const groups = groupBy(ctl.trials, order, 'point').filter(g => g.count > 1);
		const sign = ctl.facts?.goal === 'maximize' ? -1 : 1;
		const best = groups.reduce((a, b) => !a || sign * b.mean < sign * a.mean ? b : a, null);
		for (const g of groups) for (const i of g.members) {
			if (ctl.trials.isRanked(i)) out.set(i, dim(` ±${num(g.error, 2)}`, this.isNear(g, best)));
		}
		return out;
	}

	renderGroups() {
		const { ctl } = this, { trials: t } = ctl, high = ctl.facts?.goal === 'maximize', groups = groupBy(t, [...ctl.visible()], this.group).sort((a, b) => (a.mean === null) - (b.mean === null) || (high ? b.mean - a.mean : a.mean - b.mean));
		this.count.textContent = `showing ${Math.min(200, groups.length)} of ${plural(groups.length, 'group')}`;
		fill(this.body, grid(['', this.group, 'mean', '± error', 'best', 'trials', 'failed'], groups.slice(0, 200).map((g, k) => {
			const values = g.members.filter(i => t.isRanked(i)).map(i => t.objective[i]);
			return [k + 1, g.value, cell(h('b', num(g.mean)), this.isNear(g, groups[0])), cell(num(g.error, 2)), cell(values.length ? num(Math[high ? 'max' : 'min'](...values)) : '–'), g.members.length, g.members.filter(i => t.state[i] === 'f').length];
		})), noted('± is the standard error of the mean'));
	}

	remark(n) {
		const { ctl } = this, said = ctl.remarks?.[n], on = !!said?.star;
		if (!ctl.mayAct) return on ? '★ ' : null;
		const send = async body => { try { ctl.remarks[n] = await api(`${ctl.path}/trials/${n}/remark`, { method: 'POST', body }); this.render(); } catch (e) { complain(e); } };
		const write = e => {
			const input = field(`Note on trial ${n}`, { type: 'text', value: said?.note, onblur: () => { const note = input.value; input.remove(); if (note === (said?.note ?? '')) this.render(); else send({ note }); },
				onkeydown: k => { if (k.key === 'Escape') input.value = said?.note ?? ''; if (k.key === 'Escape' || k.key === 'Enter') input.blur(); } });
			e.currentTarget.replaceWith(input);
			input.focus();
		};
		return [quiet({ 'aria-pressed': String(on), 'aria-label': `Star trial ${n}`, onclick: () => send({ star: !on }) }, on ? '★' : '☆'), quiet({ 'aria-label': `Note on trial ${n}`, title: said?.note || null, onclick: write }, said?.note ? '✎' : '✐')];
	}

	choose(n, on) {
		if (on) this.chosen.add(n); else this.chosen.delete(n);
		this.compare.hidden = this.chosen.size < 2;
		this.compare.href = `/sweeps/${this.ctl.id}/compare?trials=${[...this.chosen].join(',')}`;
		this.compare.textContent = `Compare ${this.chosen.size}`;
	}
}
