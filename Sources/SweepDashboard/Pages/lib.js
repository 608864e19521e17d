// What every page uses: elements, numbers as people read them, the API, the address, colours.

/** An element, named like `div.scroll.wide`. Everything from a run comes in as text, never as markup. */
export function h(name, ...children) {
	const [tag, ...classes] = name.split('.'), el = document.createElement(tag);
	if (classes.length) el.className = classes.join(' ');
	for (const [key, value] of Object.entries(children[0]?.constructor === Object ? children.shift() : {})) {
		if (value == null || value === false) continue;
		if (key.startsWith('on')) el.addEventListener(key.slice(2), value);
		else if (key === 'class') el.className = `${el.className} ${value}`.trim();
		else if (key === 'style') for (const [k, v] of Object.entries(value)) el.style.setProperty(k, v);
		else if (key in el && typeof value === 'boolean') el[key] = value;
		else el.setAttribute(key, value === true ? '' : value);
	}
	add(el, children);
	return el;
}

export const svg = (tag, attributes, ...children) => { const el = document.createElementNS('http://www.w3.org/2000/svg', tag); for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v); el.append(...children); return el; };

function add(el, children) {
	for (const child of children) {
		if (Array.isArray(child)) add(el, child);
		else if (child instanceof Node) el.append(child);
		else if (child != null && child !== false) el.append(String(child));
	}
}

export const press = (props, ...children) => h('button', { type: 'button', ...props }, ...children);
export const quiet = (props, ...children) => press({ class: 'quiet', ...props }, ...children);
export const link = (href, ...children) => h('a', { href }, ...children);
export const field = (label, props) => h('input', { placeholder: label, 'aria-label': label, ...props });
export const finder = (label, value, changed) => { const input = field(label, { type: 'search', value }); input.addEventListener('input', settle(150, () => changed(input.value))); return input; };
export const panel = (...children) => h('section.card', ...children);

export const byId = id => document.getElementById(id);
export const noted = (...children) => h('p.note', ...children);
export const cell = (...children) => h('td.n', ...children);
export const h2 = (...children) => h('h2', ...children);
export const td = (...children) => h('td', ...children);
export const spring = () => h('span.spring');
export const dim = (...children) => h('span.dim', ...children);
export const th = (...children) => h('th', { scope: 'col' }, ...children);
export const isDark = () => document.documentElement.dataset.theme === 'dark';

/** A table. A head is a text or an element; a row is a list of cells, or a `tr`; numbers stand to the right. */
export const grid = (heads, rows) => h('table', h('thead', h('tr', heads.map(c => c instanceof Node ? c : th(c)))),
	h('tbody', rows.map(row => row instanceof Node ? row : h('tr', row.map(v => v instanceof HTMLTableCellElement ? v : h('td', { class: typeof v === 'number' ? 'n' : '' }, v instanceof Node || Array.isArray(v) ? v : text(v)))))));

export function sortHead(label, key, sort, changed, isNumber) {
	const now = sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none';
	return h('th', { scope: 'col', class: isNumber ? 'n' : '', 'aria-sort': now }, press({ title: label, onclick: () => changed(now === 'ascending' ? `-${key}` : now === 'descending' ? '' : key) },
		label.length > 28 ? `${label.slice(0, 27)}…` : label, { ascending: ' ▲', descending: ' ▼' }[now]));
}

export const facts = rows => h('dl.facts', rows.filter(([, v]) => v != null && v !== '').map(([k, v]) => [h('dt', k), h('dd', v instanceof Node ? v : text(v))]));

export const flat = (value, prefix = '') => Object.entries(value).flatMap(([k, v]) => v && typeof v === 'object' && !Array.isArray(v) && Object.keys(v).length ? flat(v, `${prefix}${k}.`) : [[prefix + k, v]]);

export function fill(el, ...children) {
	el.replaceChildren();
	add(el, children);
	return el;
}

/** Of the API: texts stand for what JSON does not have. */
export const number = v => typeof v === 'number' ? v : ['NaN', 'Infinity', '-Infinity'].includes(v) ? Number(v) : null;
export const known = Number.isFinite;
export const clamp = (v, lo, hi) => Math.min(hi, Math.max(lo, v));

export function num(v, digits = 4) {
	if (v == null) return '–';
	if (typeof v !== 'number') return text(v);
	if (!Number.isFinite(v)) return Number.isNaN(v) ? 'NaN' : v > 0 ? '∞' : '−∞';
	if (v === 0) return '0';
	if (Number.isInteger(v) && Math.abs(v) < 1e7) return String(v).replace('-', '−');
	const size = Math.abs(v);
	let out = size >= 1e5 || size < 1e-3 ? v.toExponential(digits - 1) : v.toPrecision(digits);
	if (out.includes('e')) out = out.replace(/\.?0+e/, 'e').replace('e+', 'e');
	else if (out.includes('.')) out = out.replace(/\.?0+$/, '');
	return out.replace('-', '−').replace('e-', 'e−');
}

export function text(v) {
	if (v == null) return '–';
	if (typeof v === 'number') return num(v);
	return typeof v === 'string' ? v : JSON.stringify(v);
}

export function duration(seconds) {
	if (seconds == null || !Number.isFinite(seconds)) return '–';
	const s = Math.max(0, seconds);
	if (s < 10) return `${num(s, 2)} s`;
	if (s < 90) return `${Math.round(s)} s`;
	if (s < 5400) return `${Math.round(s / 60)} min`;
	if (s < 172800) return `${num(s / 3600, s < 36000 ? 2 : 3)} h`;
	return `${num(s / 86400, 2)} d`;
}

export const ago = ms => ms == null ? '–' : `${duration((now() - ms) / 1000)} ago`;
export const clock = ms => ms ? new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }) : '–';
export function bytes(b) {
	const k = clamp(Math.floor(Math.log2(b) / 10), 0, 3);
	return b == null ? '–' : `${num(b / 1024 ** k, 3)} ${['B', 'KiB', 'MiB', 'GiB'][k]}`;
}
export const grouped = n => String(n).replace(/\B(?=(\d{3})+$)/g, ' ');
export const plural = (n, one, many = one + 's') => `${grouped(n)} ${n === 1 ? one : many}`;

let skew = 0;
/** The controller's clock, in milliseconds: an agent's and a browser's may differ. */
export const now = () => Date.now() + skew;
export const setNow = ms => { if (ms) skew = ms - Date.now(); };

export const stateWords = { w: 'waiting', a: 'assigned', r: 'running', c: 'completed', p: 'pruned', f: 'failed', x: 'cancelled' };

class Refusal extends Error {
	constructor(status, body) {
		super(body?.error?.message ?? `the controller answered ${status}`);
		this.status = status;
		this.remedy = body?.error?.remedy;
	}
}

export async function api(path, { method = 'GET', body, signal } = {}) {
	let response;
	try {
		response = await fetch(`/api/v1${path}`, {
			method, signal, credentials: 'same-origin',
			headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
			body: body === undefined ? undefined : JSON.stringify(body),
		});
	} catch (error) {
		if (error.name === 'AbortError') throw error;
		throw new Refusal(0, { error: { message: 'the controller does not answer', remedy: 'is it running? sweep controller status' } });
	}
	if (response.status === 204) return null;
	const isJSON = response.headers.get('Content-Type')?.includes('json');
	const answer = isJSON ? await response.json() : await response.text();
	if (!response.ok) throw new Refusal(response.status, answer);
	return answer;
}

export const enc = encodeURIComponent;
export const trialPath = (sweep, n) => `/sweeps/${enc(sweep)}/trials/${n}`;

export const params = () => new URLSearchParams(location.search);

/** Changes the address's parameters without a new entry in the history; empty values go. */
export function setParams(patch) {
	const all = params();
	for (const [key, value] of Object.entries(patch)) {
		if (value == null || value === '' || value === false) all.delete(key);
		else all.set(key, value === true ? '1' : value);
	}
	const query = all.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
	history.replaceState(history.state, '', location.pathname + (query ? `?${query}` : ''));
}

export function toggle(label, on, changed) {
	const button = quiet({ 'aria-pressed': String(on), onclick: () => {
		const next = button.getAttribute('aria-pressed') !== 'true';
		button.setAttribute('aria-pressed', String(next));
		changed(next);
	} }, label);
	return button;
}
/** The same, in the address under `key`. */
export const keptToggle = (label, key, changed) => toggle(label, params().get(key) === '1', on => { setParams({ [key]: on }); changed(on); });

export function choice(label, options, value, changed) {
	const select = h('select', { 'aria-label': label, onchange: () => changed(select.value) },
		options.map(o => { const [v, t] = Array.isArray(o) ? o : [o, o.length > 40 ? `${o.slice(0, 39)}…` : o]; return h('option', { value: v, selected: v === value }, t); }));
	return select;
}
/** The same, in the address under `key`. */
export const keptChoice = (label, key, options, changed, value = '') => choice(label, options, params().get(key) ?? value, v => { setParams({ [key]: v }); changed(v); });

let noticeTimer;
export function notify(message, isError = false) {
	const box = byId('notice');
	fill(box, h('p', { class: isError ? 'bad' : '' }, message,
		press({ 'aria-label': 'Close', onclick: () => fill(box) }, '×')));
	clearTimeout(noticeTimer);
	if (!isError) noticeTimer = setTimeout(() => fill(box), 5000);
}
export const complain = error => {
	if (error.name !== 'AbortError') notify(error.remedy ? `${error.message}; ${error.remedy}` : error.message, true);
};

/** A button that asks the controller for something, and asks back first where that cannot be undone. */
export function actionButton(label, path, { ask, done, cls } = {}) {
	const button = press({ class: cls, onclick: async () => {
		if (ask && button.dataset.sure !== '1') {
			button.dataset.sure = '1';
			button.textContent = ask;
			setTimeout(() => { button.dataset.sure = ''; button.textContent = label; }, 4000);
			return;
		}
		button.disabled = true;
		try {
			await api(path, { method: 'POST' });
			notify(`${label}: done`);
			done?.();
		} catch (e) { complain(e); }
		button.disabled = false;
		button.dataset.sure = '';
		button.textContent = label;
	} }, label);
	return button;
}

/** Okabe and Ito's eight: told apart by people who do not see all colours. Further lines take dashes. */
export const palette = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6', '--c7', '--c8'];
let cache = {};
export const colour = name => cache[name] ??= getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888';
const themed = new Set();
export function onTheme(el, draw) { themed.add([el, draw]); }

export function applyTheme() {
	const chosen = read('theme');
	const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
	document.documentElement.dataset.theme = dark ? 'dark' : 'light';
	const button = byId('theme');
	button.textContent = dark ? 'Light' : 'Dark';
	button.setAttribute('aria-label', dark ? 'Switch to light colours' : 'Switch to dark colours');
	cache = {};
	for (const entry of themed) {
		if (entry[0].isConnected) entry[1](); else themed.delete(entry);
	}
}

/** 0 (best) to 1 (worst) as a colour of a scale that is even in lightness (viridis, sampled). */
const stops = [[253, 231, 37], [122, 209, 81], [34, 168, 132], [42, 120, 142], [65, 68, 135], [68, 1, 84]];
export function ramp(t) {
	const dark = isDark();
	const at = Math.min(0.9999, Math.max(0, dark ? t * 0.8 : 0.12 + t * 0.88)) * (stops.length - 1);
	const i = Math.floor(at), f = at - i;
	return stops[i].map((v, k) => Math.round(v + (stops[i + 1][k] - v) * f));
}
export const rgb = c => `rgb(${c[0]} ${c[1]} ${c[2]})`;

export function read(key) { try { return localStorage.getItem(`sweep.${key}`); } catch { return null; } }
export function keep(key, value) {
	try { value === null ? localStorage.removeItem(`sweep.${key}`) : localStorage.setItem(`sweep.${key}`, value); } catch { /* private window */ }
}

export function perFrame(draw) {
	let due = false;
	return () => {
		if (due) return;
		due = true;
		requestAnimationFrame(() => { due = false; draw(); });
	};
}

/** `draw` every `ms` while the page is looked at; gives back what ends it. */
export function every(ms, draw) {
	const timer = setInterval(() => { if (!document.hidden) Promise.resolve(draw()).catch(() => { /* the next time */ }); }, ms);
	return () => clearInterval(timer);
}

/** What happens in a sweep, by name. Only a page that is seen listens: browsers keep six connections for all tabs together. */
export function listen(sweep, on) {
	const live = byId('live');
	let source;
	const open = () => {
		source?.close();
		if (document.hidden) return;
		source = new EventSource(`/api/v1/sweeps/${enc(sweep)}/events`);
		for (const name of ['hello', 'change', 'reload', 'gone']) source.addEventListener(name, e => {
			if (name === 'gone') source.close();
			live.textContent = name === 'gone' ? 'deleted' : '● live';
			on[name]?.(JSON.parse(e.data));
		});
		source.onerror = () => { live.textContent = source.readyState === 2 ? 'not connected' : 'connecting…'; };
	};
	open();
	addEventListener('pagehide', () => source?.close());
	document.addEventListener('visibilitychange', open);
	return () => { document.removeEventListener('visibilitychange', open); source?.close(); };
}

export const curve = (name, s) => ({ name, step: s.step, value: s.value.map(number), time: s.time });

/** The files of an attempt's record: which there are, and their beginnings. */
export async function recordOf(path, attempt, most = 300_000) {
	const query = attempt ? `attempt=${attempt}&` : '', list = attempt === 0 ? [] : (await api(`${path}/files?${query}`)).files, has = name => list.some(f => f.name === name);
	return { list, has, address: name => `/api/v1${path}/files/${enc(name)}?${query}`, read: name => api(`${path}/files/${enc(name)}?${query}limit=${most}`) };
}
/** The machine, Python and the code's state, as they were captured. */
export const overviewOf = async record => { try { return record.has('overview.json') ? JSON.parse(await record.read('overview.json')) : {}; } catch { return {}; } };

export async function copy(words, said) {
	try { await navigator.clipboard.writeText(words); notify(said); } catch { notify(words); }
}

/** `fn` once nothing has called it for `ms`. */
export function settle(ms, fn) {
	let timer;
	return (...args) => { clearTimeout(timer); timer = setTimeout(() => fn(...args), ms); };
}

/** `fn` soon after a call, and not again before `pause()` milliseconds are over: what changes all the time must not put it off. */
export function sparing(pause, fn) {
	let timer = null, at = 0;
	return () => { timer ??= setTimeout(() => { timer = null; at = Date.now(); fn(); }, Math.max(300, at + pause() - Date.now())); };
}

/** What people say of a sweep or a trial: star, tags, note. Saved when a field is left. */
export function remarkBox(path, remark = { note: '', tags: [], star: false }, mayAct = false) {
	const box = h('div.remark');
	const send = async body => { try { draw(await api(`${path}/remark`, { method: 'POST', body })); } catch (e) { complain(e); } };
	const draw = r => fill(box,
		press({ 'aria-pressed': String(r.star), 'aria-label': 'Star', disabled: !mayAct, onclick: () => send({ star: !r.star }) }, r.star ? '★' : '☆'),
		h('input', { 'aria-label': 'Tags', placeholder: 'tags, with commas', value: r.tags.join(', '), readOnly: !mayAct, onchange: e => { const tags = e.target.value.split(',').map(t => t.trim()).filter(Boolean); send({ addedTags: tags, removedTags: r.tags.filter(t => !tags.includes(t)) }); } }),
		h('textarea', { 'aria-label': 'Note', placeholder: 'A note, for the report', rows: 2, readOnly: !mayAct, onchange: e => send({ note: e.target.value }) }, r.note));
	draw(remark);
	return box;
}

export const stateBadge = word => h('span', { class: `badge s-${word}` }, word);
