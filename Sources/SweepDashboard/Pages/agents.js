// Who computes what.
import { actionButton, ago, api, dim, enc, every, fill, h, h2, link, panel, plural, stateBadge } from './lib.js';

export async function show(main) {
	document.title = 'Agents · Sweep';
	const body = h('div');
	fill(main, body);
	return agents(body, 'h1');
}

/** Slots of all agents, every few seconds; gives back what ends it. */
export async function agents(body, title = 'h2') {
	const draw = async () => {
		const [{ agents: all }, status] = await Promise.all([api('/agents'), api('/status')]), slots = all.flatMap(a => a.slots);
		// A button that is about to be pressed stays.
		if (body.contains(document.activeElement) && document.activeElement.matches('button')) return;
		fill(body, h('div.head', h(title, 'Agents'), h('span.count', { role: 'status' }, `${plural(all.length, 'agent')}, ${slots.filter(s => s.trial).length} of ${plural(slots.length, 'slot')} at work`)),
			status.problem ? h('p.bad', { role: 'alert' }, status.problem) : null, all.length === 0 ? h('p.empty', 'No agent is connected: ', h('code', 'agent')) : all.map(a => panel(
				h('div.head', h2(a.name), stateBadge(a.state), h('span.meta', `${a.host} · seen ${ago(a.lastSeen)}${a.sweep ? ` · only sweep ${a.sweep}` : ''}`)),
				h('div.slots', a.slots.map((s, k) => h('div.slot', h('b', s.gpu ? `${s.label} · ${s.gpu}` : s.label), ' ',
					s.trial ? link(`/sweeps/${s.trial.replace(/-(\d+)$/, '/trials/$1')}`, s.trial) : dim('idle'), s.temperature == null ? null : h('span', { class: s.temperature > 85 ? 'bad' : 'dim' }, ` ${s.temperature} °C`),
					s.paused ? h('p.warn', `takes no trial: ${s.paused} `, actionButton('Use it again', `/agents/${enc(a.id)}/actions/release?slot=${k}`, { done: () => { document.activeElement.blur(); draw(); } })) : null))))));
	};
	await draw();
	return every(3000, draw);
}
