import OrderedCollections
package import SweepModel

/// Agents come and go; their leases outlive a connection.
extension Engine {
    /// An agent said `hello`: what it holds is compared with what it should hold.
    mutating func agentConnected(_ connected: ConnectedAgent, now: Now) -> [Effect] {
        let id = connected.id
        for index in agents[id]?.slots.indices ?? 0..<0 { setIdle(SlotID(id, index), false) }
        var slots = Slot.all(connected.slots)
        for (index, old) in (agents[id]?.slots ?? []).enumerated() where slots.indices.contains(index) {
            slots[index].breaker = old.breaker
        }
        let meant = connected.sweep.map { sweepIDs(meantBy: $0.text) }
        let bound = meant.map { $0.count == 1 ? $0[0] : connected.sweep } ?? nil
        agents[id] = Agent(
            id: id, incarnation: connected.incarnation, name: connected.name, host: connected.host,
            sweep: bound, slots: slots, isConnected: true, lastSeen: now)

        let held = Set(connected.held.map(\.attempt))
        var effects: [Effect] = []
        for attempt in liveAttempts(on: id) {
            guard let live = sweeps[attempt.sweep]?.live[attempt.trial.number] else { continue }
            if live.startedAt != nil, !held.contains(attempt) {
                effects += lost(attempt, why: "agent \(connected.name) came back without it", now: now)
            } else if self.slot(live.slot) != nil {
                agents[id]?.slots[live.slot.index].attempt = attempt
            } else if live.startedAt == nil {
                effects += lost(attempt, why: "agent \(connected.name) came back with fewer slots", now: now)
            }
        }
        effects += handBackWaitingBehind(held, on: id, now: now)
        var keep: [Kept] = []
        var kill: [AttemptID] = []
        var stops: [Effect] = []
        for one in connected.held {
            if let live = sweeps[one.attempt.sweep]?.live[one.attempt.trial.number], live.attempt == one.attempt,
                live.slot.agent == id
            {
                sweeps[one.attempt.sweep]?.live[one.attempt.trial.number]?.leaseEnds = now.instant + configuration.lease
                keep.append(Kept(attempt: one.attempt, acknowledged: live.acknowledged))
                if let reason = live.stop {
                    stops.append(.send(id, .stop(one.attempt, reason, detail: live.stopDetail)))
                }
            } else if one.alive {
                kill.append(one.attempt)
            } else {
                // It ended while it was out of touch and counts no more: its end is still wanted for the record.
                keep.append(Kept(attempt: one.attempt, acknowledged: 0))
            }
        }
        effects.append(.send(id, .welcome(keep: keep, kill: kill)))
        effects += stops
        if let bound {
            if let state = sweeps[bound]?.state {
                if state != .running, state != .paused {
                    effects.append(.send(id, .dismiss(reason: "sweep \(bound) is \(state.rawValue)")))
                }
            } else if let meant, meant.count > 1 {
                let ids = meant.prefix(8).map(\.text).joined(separator: ", ")
                effects.append(
                    .send(id, .dismiss(reason: "'\(bound)' means \(meant.count) sweeps: \(ids)", error: .usage)))
            } else {
                effects.append(.send(id, .dismiss(reason: "there is no sweep '\(bound)'", error: .notFound)))
            }
        }
        return effects + fillIdleSlots(now: now)
    }

    /// Attempts that wait behind one that the agent still runs, and of which it no longer knows: it asks for them only when
    /// that one has ended, which may be long; others can have them now.
    private mutating func handBackWaitingBehind(_ held: Set<AttemptID>, on id: AgentID, now: Now) -> [Effect] {
        var effects: [Effect] = []
        for attempt in liveAttempts(on: id) where !held.contains(attempt) {
            guard let agent = agents[id], let live = sweeps[attempt.sweep]?.live[attempt.trial.number],
                agent.isAhead(live.slot.index)
            else { continue }
            effects += conclude(
                live, .preempted, reason: "agent \(agent.name) came back before it had begun", end: nil, sequence: nil,
                now: now)
        }
        return effects
    }

    /// The sweeps that a person may mean: the one of that id, else those of that name, else those whose id begins so.
    /// Of several, those that are not over.
    private func sweepIDs(meantBy text: String) -> [SweepID] {
        if sweeps[SweepID(text)] != nil { return [SweepID(text)] }
        let named = sweeps.values.filter { $0.definition.record.name == text }
        let fitting = named.isEmpty ? sweeps.values.filter { !text.isEmpty && $0.id.text.hasPrefix(text) } : named
        let open = fitting.filter { $0.state == .running || $0.state == .paused }
        return (open.isEmpty ? fitting : open).map(\.id)
    }

    /// Only the connection that is the newest one counts.
    mutating func agentDisconnected(_ id: AgentID, incarnation: String) -> [Effect] {
        guard agents[id]?.incarnation == incarnation else { return [] }
        agents[id]?.isConnected = false
        for index in agents[id]?.slots.indices ?? 0..<0 { setIdle(SlotID(id, index), false) }
        return []
    }

    mutating func agentLeft(_ id: AgentID, now: Now) -> [Effect] {
        guard agents[id] != nil else { return [] }
        let name = name(of: id)
        for index in agents[id]?.slots.indices ?? 0..<0 { setIdle(SlotID(id, index), false) }
        agents[id]?.isConnected = false
        var effects: [Effect] = []
        for attempt in liveAttempts(on: id) {
            guard let live = sweeps[attempt.sweep]?.live[attempt.trial.number] else { continue }
            effects += conclude(
                live, .preempted, reason: "agent \(name) handed it back", end: nil, sequence: nil, now: now)
        }
        agents[id] = nil
        return effects + fillIdleSlots(now: now)
    }

    mutating func heartbeat(_ id: AgentID, _ attempts: [AttemptID], _ heat: [SlotHeat], now: Now) -> [Effect] {
        guard agents[id] != nil else { return [] }
        agents[id]?.lastSeen = now
        var effects = noteHeat(heat, of: id, now: now)
        for attempt in attempts {
            if let live = sweeps[attempt.sweep]?.live[attempt.trial.number], live.attempt == attempt,
                live.slot.agent == id
            {
                sweeps[attempt.sweep]?.live[attempt.trial.number]?.leaseEnds = now.instant + configuration.lease
            } else {
                effects += stale(attempt, id)
            }
        }
        return effects
    }

    /// In order, so that the same events give the same effects.
    func liveAttempts(on agent: AgentID) -> [AttemptID] {
        sweeps.values.flatMap { sweep in
            sweep.live.values.filter { $0.slot.agent == agent }.map(\.attempt)
        }.sorted()
    }
}

/// An agent as it is shown.
package struct AgentView: Hashable, Sendable {
    package struct Slot: Hashable, Sendable {
        package var info: ConnectedAgent.Slot
        package var attempt: AttemptID?
        package var paused: String?
        /// In Celsius, as the agent said last; nil: it said nothing.
        package var degrees: Double?
    }

    package var id: AgentID
    package var name: String
    package var host: String
    package var sweep: SweepID?
    package var isConnected: Bool
    /// Connected, but silent for longer than it should be.
    package var isSuspect: Bool
    package var lastSeen: Timestamp
    package var slots: [Slot]
}

extension Engine {
    /// Of the attempts on a slot and its standbys, the one that runs.
    func runs(on index: Int, of agent: Agent) -> AttemptID? {
        let attempts = agent.slots[index].turns.compactMap { agent.slots[$0].attempt }
        return attempts.first { sweeps[$0.sweep]?.live[$0.trial.number]?.startedAt != nil } ?? attempts.first
    }

    package func agentViews(now: Now) -> [AgentView] {
        agents.values.map { agent in
            AgentView(
                id: agent.id, name: agent.name, host: agent.host, sweep: agent.sweep, isConnected: agent.isConnected,
                isSuspect: now.instant.seconds(since: agent.lastSeen.instant) > configuration.suspectAfter,
                lastSeen: agent.lastSeen.wall,
                slots: agent.slots.indices.filter { !agent.slots[$0].isStandby }.map { index in
                    AgentView.Slot(
                        info: agent.slots[index].info, attempt: runs(on: index, of: agent),
                        paused: agent.slots[index].problem ?? agent.slots[index].breaker.reason,
                        degrees: agent.slots[index].degrees)
                })
        }
    }
}
