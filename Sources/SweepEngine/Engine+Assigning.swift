import DequeModule
import OrderedCollections
import SweepModel
import SweepSearch

/// Which trial a free slot gets.
extension Engine {
    /// A slot asks for work. Asked again before its attempt has started, it gets the same assignment again.
    mutating func slotReady(_ id: SlotID, now: Now) -> [Effect] {
        guard let slot = slot(id) else { return [] }
        agents[id.agent]?.lastSeen = now
        agents[id.agent]?.slots[id.index].problem = nil
        if let attempt = slot.attempt, let live = sweeps[attempt.sweep]?.live[attempt.trial.number],
            live.attempt == attempt
        {
            if live.startedAt == nil { return live.stop == nil ? [grant(of: live)] : cancelUnstarted(live, now: now) }
            // An old word that comes late, or an agent that has forgotten its trial: its heartbeats and the lease tell which.
            agents[id.agent]?.slots[id.index].isWanted = true
            return []
        }
        var effects: [Effect] = []
        setIdle(id, true)
        fill(id, &effects, now: now)
        return effects
    }

    /// Gives idle slots work after something changed that may have made some.
    mutating func fillIdleSlots(now: Now) -> [Effect] {
        guard !idleSlots.isEmpty, !activeSweeps.isEmpty else { return [] }
        var effects: [Effect] = []
        let idle = Array(idleSlots)
        // A trial starts at once where it can: what is to wait behind another comes last.
        for id in idle where !isAhead(id) { fill(id, &effects, now: now) }
        for id in idle where isAhead(id) { fill(id, &effects, now: now) }
        return effects
    }

    /// Gives one idle slot a trial, where there is one for it.
    private mutating func fill(_ id: SlotID, _ effects: inout [Effect], now: Now) {
        guard let agent = agents[id.agent], agent.isConnected, agent.slots.indices.contains(id.index) else { return }
        let slot = agent.slots[id.index]
        let isAhead = agent.isAhead(id.index)
        guard slot.isIdle, slot.attempt == nil, !agent.slots[agent.primary(of: id.index)].breaker.isPaused else {
            return
        }
        // A sweep that seems to have work may turn out to have none when asked: then the next best is taken.
        var passed: Set<SweepID> = []
        while let (sweep, offer) = bestSweep(for: slot, isAhead: isAhead, of: agent, besides: passed, now: now) {
            if case .soon(let limit) = offer {
                wakeAt = min(wakeAt ?? limit, limit)
                return
            }
            let (number, inserted) = nextTrial(of: sweep, on: agent, now: now)
            for trial in inserted { effects.append(.persist(.trialInserted(trial))) }
            if let number {
                let trial = TrialID(sweep, number)
                effects += assign(trial, inserted.first?.parameters, to: id, slot, of: agent, now: now)
                return
            }
            passed.insert(sweep)
            effects += finishIfDone(sweep, now: now)
        }
        if let bound = agent.sweep, sweeps[bound]?.state != .running, sweeps[bound]?.state != .paused {
            effects.append(.send(agent.id, .dismiss(reason: "sweep \(bound) is over")))
        }
    }

    /// Highest priority first; among equals the sweep that holds the fewest slots, then the oldest.
    ///
    /// - Parameter isAhead: the trial will wait behind another. A method that learns is not asked for it: it will know
    ///   more once that one has ended.
    private func bestSweep(
        for slot: Slot, isAhead: Bool, of agent: Agent, besides passed: Set<SweepID>, now: Now
    ) -> (SweepID, Sweep.Offer)? {
        var best: (id: SweepID, offer: Sweep.Offer, priority: Int, live: Int)?
        for id in activeSweeps {
            guard agent.sweep == nil || agent.sweep == id, let sweep = sweeps[id],
                sweep.definition.gpus ?? 0 <= slot.info.gpuCount, !passed.contains(id),
                !isAhead || !sweep.isSlow || !sweep.waiting.isEmpty
            else { continue }
            let offer = sweep.offer(
                now: now.instant, patience: configuration.suggestionPatience, place: place(of: agent, for: sweep))
            guard offer != .nothing else { continue }
            let candidate = (id: id, offer: offer, priority: sweep.definition.priority, live: sweep.live.count)
            if let current = best,
                (current.priority, -current.live) >= (candidate.priority, -candidate.live)
            {
                continue
            }
            best = candidate
        }
        return best.map { ($0.id, $0.offer) }
    }

    /// Where a slot of the agent is, for a sweep with paused trials; nil: it has none.
    private func place(of agent: Agent, for sweep: Sweep) -> Sweep.Place? {
        guard !sweep.paused.isEmpty else { return nil }
        let serving = agents.values.filter { $0.isConnected && ($0.sweep == nil || $0.sweep == sweep.id) }
        return Sweep.Place(host: agent.host, reachable: Set(serving.map(\.host)))
    }

    /// The next waiting trial, a paused one that goes on, or the first of a new suggestion's.
    private mutating func nextTrial(
        of id: SweepID, on agent: Agent, now: Now
    ) -> (number: Int?, inserted: [TrialRecord]) {
        if let number = sweeps[id]?.waiting.popFirst() { return (number, []) }
        if let sweep = sweeps[id], let place = place(of: agent, for: sweep),
            let promotion = sweep.promotion(on: place)
        {
            sweeps[id]?.resume(promotion)
            return (promotion.trial, [])
        }
        let inserted = sweeps[id]?.suggest(now: now) ?? []
        return (sweeps[id]?.waiting.popFirst(), inserted)
    }

    /// A new attempt under a new lease: its number is the fence, granted in the transaction that assigns.
    private mutating func assign(
        _ id: TrialID, _ parameters: Parameters?, to slotID: SlotID, _ slot: Slot, of agent: Agent, now: Now
    ) -> [Effect] {
        let end = now.instant + configuration.lease
        guard let live = sweeps[id.sweep]?.assign(id.number, to: slotID, until: end) else { return [] }
        agents[slotID.agent]?.slots[slotID.index].attempt = live.attempt
        setIdle(slotID, false)
        let inserted = Change.attemptInserted(
            live.attempt, agent: agent.id, agentName: agent.name, host: agent.host, slot: slot.info.label,
            slotIndex: slotID.index, at: now.wall)
        return recorded(inserted, of: id, grant(of: live, parameters))
    }

    /// - Parameter parameters: the trial's, where they are known already.
    private func grant(of live: Live, _ parameters: Parameters? = nil) -> Effect {
        let trialID = live.attempt.trial
        guard let sweep = sweeps[trialID.sweep], let trial = sweep.trial(trialID.number),
            sweep.history.observations.indices.contains(trial.point - 1)
        else { return noSweep(trialID.sweep) }
        let point = sweep.history.observations[trial.point - 1].point
        // Repetitions of a point differ in their seed, and are the same for every point: differences between points
        // are then not differences of luck.
        let seed = Int(truncatingIfNeeded: sweep.definition.record.seed & 0x7FFF_FFFF) + trial.repetition
        return .send(
            live.slot.agent,
            .assign(
                Grant(
                    slot: live.slot, attempt: live.attempt,
                    parameters: parameters ?? sweep.definition.space.parameters(of: point),
                    seed: seed, earlierAttempts: Array((1..<live.attempt.number).reversed()))))
    }

    /// The trial was cancelled before its agent had started it, and the agent does not hold it.
    private mutating func cancelUnstarted(_ live: Live, now: Now) -> [Effect] {
        let reason = live.stopDetail ?? "cancelled before it started"
        return conclude(live, .cancelled, reason: reason, end: nil, sequence: nil, now: now)
            + slotReady(live.slot, now: now)
    }

    // MARK: Slots

    func slot(_ id: SlotID) -> Slot? {
        guard let slots = agents[id.agent]?.slots, slots.indices.contains(id.index) else { return nil }
        return slots[id.index]
    }

    private func isAhead(_ id: SlotID) -> Bool { agents[id.agent]?.isAhead(id.index) ?? false }

    mutating func setIdle(_ id: SlotID, _ isIdle: Bool) {
        guard agents[id.agent]?.setIdle(id.index, isIdle) == true else { return }
        if isIdle { idleSlots.append(id) } else { idleSlots.remove(id) }
    }

    /// The slot no longer holds the attempt. It gets another only when its agent asks, or has asked meanwhile.
    mutating func free(_ id: SlotID, of attempt: AttemptID) {
        agents[id.agent]?.free(id.index, of: attempt)
        guard let slot = slot(id), slot.isWanted, slot.attempt == nil else { return }
        agents[id.agent]?.slots[id.index].isWanted = false
        if agents[id.agent]?.isConnected == true { setIdle(id, true) }
    }

    func name(of agent: AgentID) -> String { agents[agent]?.name ?? agent.text }
}
