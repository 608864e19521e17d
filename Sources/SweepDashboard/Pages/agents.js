// Who computes what.
import { ago, api, fill, h, plural, stateBadge, bytes, dim, h2, panel } from './lib.js';

export async function show(main) {
  document.title = 'Agents · Sweep';
  const count = h('span', { class: 'count', role: 'status' }), body = h('div'), problem = h('p', { class: 'bad', role: 'alert' });
  fill(main, h('div', { class: 'head' }, h('h1', {}, 'Agents'), count), problem, body);
  const draw = async () => {
    const [{ agents }, status] = await Promise.all([api('/agents'), api('/status')]);
    const slots = agents.flatMap(a => a.slots);
    count.textContent = `${plural(agents.length, 'agent')}, ${slots.filter(s => s.trial).length} of ${plural(slots.length, 'slot')} at work`;
    problem.textContent = status.problem ?? '';
    fill(body, agents.length === 0 ? h('p', { class: 'empty' }, 'No agent is connected: ', h('code', {}, 'agent')) : agents.map(a => panel(
      h('div', { class: 'head' }, h2(a.name), stateBadge(a.state), h('span', { class: 'meta' }, `${a.host} · seen ${ago(a.lastSeen)}${a.sweep ? ` · only sweep ${a.sweep}` : ''}`)),
      h('div', { class: 'slots' }, a.slots.map(s => h('div', { class: 'slot' }, h('b', {}, s.gpu ? `${s.label} · ${s.gpu}` : s.label), ' ',
        s.trial ? h('a', { href: `/sweeps/${s.trial.slice(0, s.trial.lastIndexOf('-'))}/trials/${s.trial.slice(s.trial.lastIndexOf('-') + 1)}` }, s.trial) : dim('idle'),
        s.paused ? h('p', { class: 'warn' }, `takes no trial: ${s.paused}`) : null,
        s.temperature !== undefined && s.temperature !== null ? h('span', { class: s.temperature > 85 ? 'bad' : 'dim' }, ` ${s.temperature} °C`) : null,
        s.memoryUsed ? dim(` ${bytes(s.memoryUsed)}`) : null))))));
  };
  await draw();
  const timer = setInterval(() => { if (!document.hidden) draw().catch(() => { /* the next time */ }); }, 3000);
  return () => clearInterval(timer);
}
