import DequeModule
import OrderedCollections
import SweepModel
import SweepSearch

/// The few ways in which state changes; each gives the change that makes it durable.
extension Engine {
    /// The trial as it is now, for the record.
    func changed(_ id: TrialID, metrics: [String: Double]? = nil) -> Effect? {
        guard let trial = sweeps[id.sweep]?.trial(id.number) else { return nil }
        return .persist(
            .trialChanged(
                TrialProgress(
                    id: id, state: trial.state, attempt: trial.attempt, objective: trial.objective, step: trial.step,
                    metrics: metrics, reason: trial.reason, failures: trial.failures, losses: trial.losses,
                    started: trial.started, ended: trial.ended)))
    }

    /// Changes the trial in place.
    mutating func update(_ id: TrialID, _ change: (inout Trial) -> Void) {
        guard sweeps[id.sweep]?.trials.indices.contains(id.number - 1) == true else { return }
        let wasFinal = sweeps[id.sweep]?.trials[id.number - 1].state.isFinal == true
        change(&sweeps[id.sweep]!.trials[id.number - 1])
        let isFinal = sweeps[id.sweep]?.trials[id.number - 1].state.isFinal == true
        if wasFinal != isFinal { sweeps[id.sweep]?.finalCount += isFinal ? 1 : -1 }
    }

    mutating func setState(_ id: SweepID, _ state: SweepState, reason: String?, ended: Timestamp?, now: Now) -> Effect {
        sweeps[id]?.state = state
        sweeps[id]?.reason = reason
        sweeps[id]?.ended = ended
        if state.handsOutTrials { activeSweeps.append(id) } else { activeSweeps.remove(id) }
        return .persist(.sweepStateChanged(id, state, reason: reason, at: now.wall))
    }

    /// The trial's point learns what became of it: the mean over its repetitions once all of them are final.
    mutating func observe(_ id: TrialID) {
        guard let (point, status) = observation(of: id) else { return }
        sweeps[id.sweep]?.history.observations[point - 1].status = status
    }

    /// The trial's point, from 1, and what became of it.
    private func observation(of id: TrialID) -> (point: Int, status: Observation.Status)? {
        guard let sweep = sweeps[id.sweep], let trial = sweep.trial(id.number),
            sweep.history.observations.indices.contains(trial.point - 1)
        else { return nil }
        let repetitions = sweep.definition.repetitions
        let first = trial.number - trial.repetition
        var values: [Double] = []
        var pruned: [Double] = []
        var anyPruned = false
        var status = Observation.Status.failed
        for number in first..<(first + repetitions) {
            guard let one = sweep.trial(number) else { continue }
            switch one.state {
            case .completed: if let value = one.objective { values.append(value) }
            case .pruned:
                anyPruned = true
                if let value = one.objective { pruned.append(value) }
            case .failed, .cancelled: break
            case .waiting, .assigned, .running: status = .pending
            }
        }
        if status != .pending {
            if !values.isEmpty {
                status = .completed(values.reduce(0, +) / Double(values.count))
            } else if anyPruned {
                status = .pruned(pruned.isEmpty ? nil : pruned.reduce(0, +) / Double(pruned.count))
            }
        }
        return (trial.point, status)
    }

    /// Ends the sweep if nothing is left to do in it.
    mutating func finishIfDone(_ id: SweepID, now: Now) -> [Effect] {
        guard let sweep = sweeps[id], sweep.state == .running, sweep.live.isEmpty, !sweep.maySuggest,
            sweep.waiting.isEmpty || sweep.targetReached != nil
        else { return [] }
        var effects: [Effect] = []
        for number in sweep.waiting { effects += closeWaiting(TrialID(id, number), why: "the target was reached", now) }
        sweeps[id]?.waiting.removeAll()
        let reason: String
        if let target = sweep.targetReached {
            reason = target
        } else if sweep.isExhausted {
            reason = "all \(sweep.history.observations.count) points of the space are done"
        } else {
            reason = "the run cap is reached"
        }
        effects.append(setState(id, .finished, reason: reason, ended: now.wall, now: now))
        return effects + dismissAgents(of: id, reason: "sweep \(id) is finished: \(reason)")
    }

    /// A waiting trial that will not run.
    mutating func closeWaiting(_ id: TrialID, why: String, _ now: Now) -> [Effect] {
        update(id) {
            $0.state = .cancelled
            $0.reason = why
            $0.ended = now.wall
        }
        observe(id)
        return [changed(id)].compactMap { $0 }
    }

    /// Agents that serve only this sweep have nothing more to wait for.
    func dismissAgents(of id: SweepID, reason: String) -> [Effect] {
        agents.values.filter { $0.isConnected && $0.sweep == id }.map { .send($0.id, .dismiss(reason: reason)) }
    }

    func noSweep(_ id: SweepID) -> Effect {
        .refuse(SweepError(.notFound, "there is no sweep '\(id)'", remedy: "'sweep list' shows the sweeps there are"))
    }
}
