// All sweeps.
import { ago, api, duration, enc, fill, h, num, plural, stateBadge, now, params, setParams, settle, press, panel, th, dim, cell, td } from './lib.js';

export async function show(main) {
  document.title = 'Sweeps · Sweep';
  let rows = (await api('/sweeps')).sweeps;
  const body = h('div', { class: 'scroll', style: { '--tall': 'none' } }), count = h('span', { class: 'count', role: 'status' });
  const input = h('input', { type: 'search', placeholder: 'Search names, ids, metrics, files, notes and tags', 'aria-label': 'Search', value: params().get('q') ?? '' });
  let sort = params().get('sort') ?? '';
  const trials = r => Object.values(r.counts).reduce((a, b) => a + b, 0), words = r => [r.name, r.id, r.metric, r.file, r.method, r.state, r.remark?.note, ...r.remark?.tags ?? []].join(' ').toLowerCase();
  const columns = { name: r => (r.name ?? r.id).toLowerCase(), state: r => r.state, best: r => r.best, trials, failed: r => r.counts.failed ?? 0, created: r => -r.created };
  const draw = () => {
    const q = input.value.toLowerCase().split(/\s+/).filter(Boolean), found = rows.filter(r => q.every(w => words(r).includes(w)));
    const key = columns[sort.replace('-', '')];
    if (key) found.sort((a, b) => { const x = key(a), y = key(b); return ((x === null) - (y === null)) || (x < y ? -1 : x > y ? 1 : 0) * (sort.startsWith('-') ? -1 : 1); });
    count.textContent = `showing ${Math.min(500, found.length)} of ${plural(rows.length, 'sweep')}`;
    const sorted = (label, k, cls) => h('th', { scope: 'col', class: cls, 'aria-sort': sort === k ? 'ascending' : sort === `-${k}` ? 'descending' : 'none' }, press({ onclick: () => { sort = sort === k ? `-${k}` : k; setParams({ sort }); draw(); } }, label));
    fill(body, rows.length === 0 ? h('p', { class: 'empty' }, 'No sweep yet: ', h('code', {}, 'sweep create config.yaml')) : h('table', {}, h('thead', {}, h('tr', {}, sorted('sweep', 'name'), sorted('state', 'state'), th('method'), sorted('best', 'best', 'n'), th('metric'), sorted('trials', 'trials', 'n'), sorted('failed', 'failed', 'n'), sorted('created', 'created'), th('time'))),
      h('tbody', {}, found.slice(0, 500).map(r => h('tr', {}, td(h('a', { href: `/sweeps/${enc(r.id)}` }, r.name ?? r.id), r.name ? dim(` ${r.id}`) : null, r.remark?.star ? ' ★' : null, (r.remark?.tags ?? []).map(t => [' ', h('span', { class: 'badge dim' }, t)])), td(stateBadge(r.state)), td(r.method),
        cell(num(r.best)), td(r.metric ?? '–'), cell(`${trials(r)}${r.expected ? ` of ${r.expected}` : ''}`), h('td', { class: `n${r.counts.failed ? ' bad' : ''}`, title: Object.keys(r.failures ?? {}).join('\n') }, r.counts.failed ?? 0),
        td(ago(r.created)), td(duration(((r.ended ?? now()) - r.created) / 1000)))))));
  };
  input.addEventListener('input', settle(120, () => { setParams({ q: input.value }); draw(); }));
  fill(main, h('div', { class: 'head' }, h('h1', {}, 'Sweeps'), count), h('div', { class: 'filters' }, input), panel(body));
  draw();
  const timer = setInterval(async () => { if (document.hidden) return; try { rows = (await api('/sweeps')).sweeps; draw(); } catch { /* the next time */ } }, 5000);
  return () => clearInterval(timer);
}
