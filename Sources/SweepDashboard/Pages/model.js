// The trials of one sweep as columns, what is selected of them, and what follows from it.
import { known, number, stateWords, text } from './lib.js';

export const LIMIT = 5000;

export class Trials {
	constructor() {
		for (const name of ['number', 'state', 'objective', 'attempt', 'point', 'started', 'ended', 'reason']) this[name] = [];
		for (const name of ['params', 'metrics', 'place']) this[name] = new Map();
		this.total = this.version = 0;
		/** Of metrics the last value, or else `low` or `high` of `extremes`, by name and trial. */
		Object.assign(this, { value: '', goal: '', extremes: new Map() });
	}

	get length() { return this.number.length; }

	/** Takes in an answer's columns: known trials change, others are new. */
	merge(table) {
		const origin = table.origin ?? 0;
		for (let i = 0; i < table.number.length; i++) {
			const n = table.number[i];
			let at = this.place.get(n);
			if (at === undefined) {
				at = this.number.length;
				this.place.set(n, at);
				this.number.push(n);
				for (const map of [this.params, this.metrics]) for (const column of map.values()) column[at] = null;
			}
			this.state[at] = table.states[i];
			this.objective[at] = number(table.objective[i]);
			for (const name of ['attempt', 'point']) this[name][at] = table[name][i];
			for (const name of ['started', 'ended']) this[name][at] = table[name][i] === null ? null : table[name][i] + origin;
			this.reason[at] = table.reason[i] === null ? null : table.reasonTexts[table.reason[i]];
		}
		this.mergeColumns(this.params, table.parameters, table.number);
		this.mergeColumns(this.metrics, table.metrics, table.number);
	}

	mergeColumns(map, columns, numbers) {
		for (const column of columns) {
			let values = map.get(column.name);
			if (!values) map.set(column.name, values = Array(this.length).fill(null));
			for (let i = 0; i < numbers.length; i++) {
				const v = column.values[i];
				values[this.place.get(numbers[i])] = Array.isArray(v) ? plain(column.texts[v[0]]) : number(v);
			}
		}
	}

	isRanked(i) { return (this.state[i] === 'c' || this.state[i] === 'p') && known(this.objective[i]); }
	seconds(i) { return this.started[i] === null ? null : ((this.ended[i] ?? Date.now()) - this.started[i]) / 1000; }
	word(i) { return stateWords[this.state[i]]; }
	extreme(name, i) {
		return this.value && this.extremes.get(name)?.[this.value === 'best' ? this.goal === 'maximize' ? 'high' : 'low' : this.value]?.get(this.number[i]);
	}
	get(name, i) {
		return name === 'objective' ? this.objective[i] : name === 'number' ? this.number[i] : name === 'seconds' ? this.seconds(i)
			: this.params.has(name) ? this.params.get(name)[i] : this.extreme(name, i) ?? this.metrics.get(name)?.[i] ?? null;
	}
}

/** Lists and objects stand for themselves as text. */
export const plain = v => v === true ? 'true' : v === false ? 'false' : typeof v === 'object' && v !== null ? JSON.stringify(v) : v === '' ? '""' : v;

/** What is selected: states, ranges by axis, and the trials that the expression fits. All of it is in the address. */
export class Selection {
	constructor(query) {
		this.states = new Set(query.get('states') ?? '');
		this.where = query.get('where') ?? '';
		this.fits = null;
		this.ranges = new Map();
		for (const part of (query.get('brush') ?? '').split(';')) {
			const at = part.lastIndexOf(':');
			if (at < 1) continue;
			const name = decodeURIComponent(part.slice(0, at)), value = part.slice(at + 1);
			const range = value.match(/^\[(\S+)\.\.(\S+)\]$/);
			if (range) this.ranges.set(name, { low: Number(range[1]), high: Number(range[2]) });
			else this.ranges.set(name, { values: new Set(value.split('|').map(decodeURIComponent)) });
		}
	}

	get isEmpty() { return !this.states.size && !this.where && !this.ranges.size; }

	params() {
		const brush = [...this.ranges].map(([name, r]) => `${encodeURIComponent(name)}:${r.values
			? [...r.values].map(encodeURIComponent).join('|') : `[${Number(r.low.toPrecision(6))}..${Number(r.high.toPrecision(6))}]`}`).join(';');
		return { states: [...this.states].join(''), where: this.where, brush };
	}

	set(name, range) { if (range) this.ranges.set(name, range); else this.ranges.delete(name); }
	clear() { this.states.clear(); this.ranges.clear(); this.where = ''; this.fits = null; }

	mask(trials) {
		const mask = new Uint8Array(trials.length).fill(1);
		if (this.states.size) for (let i = 0; i < mask.length; i++) if (!this.states.has(trials.state[i])) mask[i] = 0;
		if (this.fits) for (let i = 0; i < mask.length; i++) if (!this.fits.has(trials.number[i])) mask[i] = 0;
		for (const [name, range] of this.ranges) {
			for (let i = 0; i < mask.length; i++) {
				if (!mask[i]) continue;
				const v = trials.get(name, i);
				if (range.values ? !range.values.has(text(v)) : !(typeof v === 'number' && v >= range.low && v <= range.high)) mask[i] = 0;
			}
		}
		return mask;
	}
}

export const better = goal => goal === 'maximize' ? (a, b) => a > b : (a, b) => a < b;

/** Selected trials, best first; then those that run, wait, failed. */
export function ranking(trials, mask, goal) {
	const out = [];
	for (let i = 0; i < trials.length; i++) if (mask[i]) out.push(i);
	const group = i => trials.isRanked(i) ? 0 : { r: 1, a: 2, w: 3, c: 4, p: 4, f: 5, x: 6 }[trials.state[i]];
	const sign = goal === 'maximize' ? -1 : 1;
	return out.sort((a, b) => group(a) - group(b) || (group(a) === 0 ? sign * (trials.objective[a] - trials.objective[b]) : 0) || trials.number[a] - trials.number[b]);
}

/** Trials of the same point (`repeat`, or the same values by chance) with mean and standard error. */
export function groupBy(trials, indices, key) {
	const groups = new Map();
	for (const i of indices) {
		const v = key === 'point' ? trials.point[i] : text(trials.get(key, i));
		if (!groups.has(v)) groups.set(v, []);
		groups.get(v).push(i);
	}
	return [...groups].map(([value, members]) => {
		const values = members.filter(i => trials.isRanked(i)).map(i => trials.objective[i]);
		return { value, members, count: values.length, ...meanError(values) };
	});
}

function meanError(values) {
	const n = values.length;
	if (!n) return { mean: null, error: null };
	const mean = values.reduce((a, b) => a + b, 0) / n;
	const error = n > 1 ? Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1) / n) : null;
	return { mean, error };
}

/** The axes to draw: those that have a choice. */
export const axesOf = facts => (facts?.axes ?? []).filter(a => !a.constant).map(a => ({ ...a, kind: a.scale, low: number(a.low), high: number(a.high), values: a.values.map(plain) }));
