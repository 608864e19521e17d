// The shell: which view an address means, signing in, the theme.
import { api, applyTheme, complain, fill, h, keep, read, panel, byId } from './lib.js';

const main = byId('main');
let leave = null;
let turn = 0;

const page = (file, ...args) => import(`/static/${file}.js`).then(m => [m.show, args]);
/** Views are modules that are loaded when needed; `show(main, …)` gives back what to do on leaving. */
function view(path) {
	const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
	if (parts.length === 0) return page('sweeps');
	if (parts[0] === 'agents') return page('agents');
	if (parts[0] === 'compare') return page('compare', null);
	if (parts[0] === 'sweeps' && parts[2] === 'trials') return page('run', parts[1], Number(parts[3]));
	if (parts[0] === 'sweeps' && parts[2] === 'compare') return page('compare', parts[1]);
	return page('sweep', parts[1]);
}

async function route() {
	const mine = ++turn;
	leave?.();
	leave = null;
	for (const link of document.querySelectorAll('header nav a')) {
		const here = link.getAttribute('href') === location.pathname;
		if (here) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
	}
	byId('live').textContent = '';
	try {
		const [show, args] = await view(location.pathname);
		if (mine !== turn) return;
		const over = await show(main, ...args);
		if (mine !== turn) over?.(); else leave = over ?? null;
	} catch (error) {
		if (mine !== turn) return;
		if (error.status === 401) signIn();
		else fill(main, panel(h('h1', 'This cannot be shown'), h('p', error.message),
			error.remedy ? h('p.dim', error.remedy) : null, h('p', h('a', { href: '/' }, 'All sweeps'))));
	}
}

export function go(href) {
	history.pushState(null, '', href);
	scrollTo(0, 0);
	route();
}

async function useToken(token) {
	await api('/session', { method: 'POST', body: { token } });
}

function signIn() {
	const input = h('input', { type: 'password', id: 'token', autocomplete: 'current-password', required: true });
	document.title = 'Sign in · Sweep';
	fill(main, h('section.card.signin', h('h1', 'Sign in'),
		h('p', 'Open the address that ', h('code', 'sweep dashboard'), ' prints, or give the controller’s token (the file ',
			h('code', '~/.sweep/token'), ').'),
		h('form', { onsubmit: async event => {
			event.preventDefault();
			try { await useToken(input.value.trim()); route(); } catch (e) { complain(e); }
		} }, h('label', { for: 'token' }, 'Token'), input, h('button.primary', 'Sign in'))));
	input.focus();
}

addEventListener('click', event => {
	const link = event.target.closest?.('a[href^="/"]');
	if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || link.hasAttribute('download')) return;
	const path = link.getAttribute('href');
	if (path.startsWith('/api/') || path.startsWith('/static/')) return;
	event.preventDefault();
	go(path);
	main.focus({ preventScroll: true });
});
addEventListener('popstate', route);
byId('theme').addEventListener('click', () => {
	const dark = document.documentElement.dataset.theme === 'dark';
	keep('theme', dark ? 'light' : 'dark');
	applyTheme();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { if (!read('theme')) applyTheme(); });

applyTheme();
// An address from 'sweep create' carries the token behind '#', which no server and no log ever sees.
const token = location.hash.match(/^#token=([\w-]+)$/)?.[1];
if (token) {
	history.replaceState(null, '', location.pathname + location.search);
	useToken(token).catch(complain).then(route);
} else {
	route();
}
