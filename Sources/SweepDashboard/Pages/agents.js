// Who computes what.
import { ago, api, bytes, dim, every, fill, h, h2, link, panel, plural, stateBadge } from './lib.js';

export async function show(main) {
  document.title = 'Agents · Sweep';
  const count = h('span.count', { role: 'status' }), body = h('div'), problem = h('p.bad', { role: 'alert' });
  fill(main, h('div.head', h('h1', 'Agents'), count), problem, body);
  const draw = async () => {
    const [{ agents }, status] = await Promise.all([api('/agents'), api('/status')]);
    const slots = agents.flatMap(a => a.slots);
    count.textContent = `${plural(agents.length, 'agent')}, ${slots.filter(s => s.trial).length} of ${plural(slots.length, 'slot')} at work`;
    problem.textContent = status.problem ?? '';
    fill(body, agents.length === 0 ? h('p.empty', 'No agent is connected: ', h('code', 'agent')) : agents.map(a => panel(
      h('div.head', h2(a.name), stateBadge(a.state), h('span.meta', `${a.host} · seen ${ago(a.lastSeen)}${a.sweep ? ` · only sweep ${a.sweep}` : ''}`)),
      h('div.slots', a.slots.map(s => h('div.slot', h('b', s.gpu ? `${s.label} · ${s.gpu}` : s.label), ' ',
        s.trial ? link(`/sweeps/${s.trial.replace(/-(\d+)$/, '/trials/$1')}`, s.trial) : dim('idle'),
        s.paused ? h('p.warn', `takes no trial: ${s.paused}`) : null,
        s.temperature != null ? h('span', { class: s.temperature > 85 ? 'bad' : 'dim' }, ` ${s.temperature} °C`) : null,
        s.memoryUsed ? dim(` ${bytes(s.memoryUsed)}`) : null))))));
  };
  await draw();
  return every(3000, draw);
}
