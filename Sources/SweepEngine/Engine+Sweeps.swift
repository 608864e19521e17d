import DequeModule
import OrderedCollections
import SweepModel

/// What people do to sweeps and trials.
extension Engine {
    mutating func sweepCreated(_ definition: SweepDefinition, prior: [PriorTrial], now: Now) -> [Effect] {
        guard sweeps[definition.id] == nil else {
            return [.refuse(SweepError(.conflict, "there is a sweep '\(definition.id)' already"))]
        }
        sweeps[definition.id] = Sweep(definition: definition)
        list(definition.id, isActive: definition.record.state.handsOutTrials)
        var effects: [Effect] = [.persist(.sweepInserted(definition.record))]
        if !prior.isEmpty { effects.append(.persist(.priorInserted(definition.id, prior))) }
        return effects + fillIdleSlots(now: now)
    }

    mutating func sweepPaused(_ id: SweepID, now: Now) -> [Effect] {
        guard let sweep = sweeps[id] else { return [noSweep(id)] }
        switch sweep.state {
        case .paused: return []
        case .running: return [setState(id, .paused, reason: "paused by a person", ended: nil, now: now)]
        case .finished, .stopped, .cancelled: return [isOver(sweep, "paused")]
        }
    }

    /// Also revives a sweep that was stopped or cancelled.
    mutating func sweepResumed(_ id: SweepID, now: Now) -> [Effect] {
        guard let sweep = sweeps[id] else { return [noSweep(id)] }
        if sweep.state == .running { return [] }
        guard sweep.state != .finished || sweep.maySuggest else {
            return [
                .refuse(
                    SweepError(
                        .conflict, "sweep \(id) is finished: \(sweep.reason ?? "nothing is left to do")",
                        remedy: "'sweep retry --failed \(id)' runs its failed trials again"))
            ]
        }
        let effects = [setState(id, .running, reason: nil, ended: nil, now: now)] + fillIdleSlots(now: now)
        return effects + finishIfDone(id, now: now)
    }

    /// No new trials; live ones may end. What waits stays, for a later resume.
    mutating func sweepStopped(_ id: SweepID, now: Now) -> [Effect] {
        guard let sweep = sweeps[id] else { return [noSweep(id)] }
        switch sweep.state {
        case .stopped: return []
        case .finished, .cancelled: return [isOver(sweep, "stopped")]
        case .running, .paused:
            let change = setState(id, .stopped, reason: "stopped by a person", ended: now.wall, now: now)
            return [change] + dismissAgents(of: id, reason: "sweep \(id) was stopped")
        }
    }

    /// No new trials; live ones are ended, waiting ones closed.
    mutating func sweepCancelled(_ id: SweepID, now: Now) -> [Effect] {
        guard let sweep = sweeps[id] else { return [noSweep(id)] }
        if sweep.state == .cancelled { return [] }
        if sweep.state == .finished { return [isOver(sweep, "cancelled")] }
        var effects = [setState(id, .cancelled, reason: "cancelled by a person", ended: now.wall, now: now)]
        for number in sweep.waiting {
            effects += closeWaiting(TrialID(id, number), why: "the sweep was cancelled", now)
        }
        sweeps[id]?.waiting.removeAll()
        for live in sweep.live.values.sorted(by: { $0.attempt < $1.attempt }) {
            effects += order(.cancelled, live.attempt, detail: "the sweep was cancelled")
        }
        return effects + dismissAgents(of: id, reason: "sweep \(id) was cancelled")
    }

    mutating func sweepDeleted(_ id: SweepID, force: Bool, now: Now) -> [Effect] {
        guard let sweep = sweeps[id] else { return [noSweep(id)] }
        guard force || sweep.live.isEmpty else {
            return [
                .refuse(
                    SweepError(
                        .conflict, "sweep \(id) has \(sweep.live.count) live trials",
                        remedy: "cancel it first ('sweep cancel \(id)'), or delete with --force"))
            ]
        }
        var effects: [Effect] = [.persist(.sweepDeleted(id))]
        for live in sweep.live.values.sorted(by: { $0.attempt < $1.attempt }) {
            effects.append(.send(live.slot.agent, .stop(live.attempt, .fenced, detail: "the sweep was deleted")))
            free(live.slot, of: live.attempt)
        }
        effects += dismissAgents(of: id, reason: "sweep \(id) was deleted")
        sweeps[id] = nil
        list(id, isActive: false)
        return effects
    }

    mutating func trialCancelled(_ id: TrialID, now: Now) -> [Effect] {
        guard let sweep = sweeps[id.sweep] else { return [noSweep(id.sweep)] }
        guard let trial = sweep.trial(id.number) else { return [noTrial(id)] }
        if let live = sweep.live[id.number] {
            return order(.cancelled, live.attempt, detail: "cancelled by a person")
        }
        guard trial.state == .waiting else {
            return [.refuse(SweepError(.conflict, "trial \(id) is \(trial.state.rawValue) already"))]
        }
        sweeps[id.sweep]?.waiting.removeAll { $0 == id.number }
        return closeWaiting(id, why: "cancelled by a person", now) + finishIfDone(id.sweep, now: now)
    }

    /// A final trial waits again, with its limits full; a finished sweep goes on for it.
    mutating func trialRetried(_ id: TrialID, now: Now) -> [Effect] {
        guard let sweep = sweeps[id.sweep] else { return [noSweep(id.sweep)] }
        guard let trial = sweep.trial(id.number) else { return [noTrial(id)] }
        guard trial.state.isFinal else {
            return [
                .refuse(
                    SweepError(
                        .conflict, "trial \(id) is \(trial.state.rawValue)",
                        remedy: "only a trial that ended can be retried"))
            ]
        }
        guard sweep.state != .stopped, sweep.state != .cancelled else {
            return [
                .refuse(
                    SweepError(
                        .conflict, "sweep \(id.sweep) is \(sweep.state.rawValue)",
                        remedy: "resume it first: 'sweep resume \(id.sweep)'"))
            ]
        }
        update(id) {
            $0.state = .waiting
            $0.failures = 0
            $0.losses = 0
            $0.objective = nil
            $0.further = []
            $0.step = nil
            $0.reason = "retried by a person"
            $0.ended = nil
        }
        sweeps[id.sweep]?.reopen(id.number)
        observe(id)
        sweeps[id.sweep]?.waiting.append(id.number)
        sweeps[id.sweep]?.endReason = nil
        var effects = changed(id)
        if sweep.state == .finished {
            effects.append(setState(id.sweep, .running, reason: nil, ended: nil, now: now))
        }
        return effects + fillIdleSlots(now: now)
    }

    /// Tells the agent to end a live attempt; its `ended` then decides the trial.
    mutating func order(_ reason: StopReason, _ attempt: AttemptID, detail: String?) -> [Effect] {
        guard let live = sweeps[attempt.sweep]?.live[attempt.trial.number], live.attempt == attempt else { return [] }
        sweeps[attempt.sweep]?.live[attempt.trial.number]?.stop = reason
        sweeps[attempt.sweep]?.live[attempt.trial.number]?.stopDetail = detail
        return [
            .persist(.stopOrdered(attempt, reason, detail: detail, note: nil)),
            .send(live.slot.agent, .stop(attempt, reason, detail: detail)),
        ]
    }

    private func isOver(_ sweep: Sweep, _ verb: String) -> Effect {
        .refuse(
            SweepError(
                .conflict, "sweep \(sweep.id) is \(sweep.state.rawValue) and cannot be \(verb)",
                remedy: sweep.state == .finished ? nil : "'sweep resume \(sweep.id)' revives it"))
    }

    private func noTrial(_ id: TrialID) -> Effect {
        .refuse(
            SweepError(
                .notFound, "there is no trial '\(id)'", remedy: "'sweep trials \(id.sweep)' shows those there are"))
    }
}
