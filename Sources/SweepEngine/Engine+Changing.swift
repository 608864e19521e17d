import DequeModule
import OrderedCollections
import SweepModel
import SweepSearch

/// The few ways in which state changes; each gives the change that makes it durable.
extension Engine {
    /// The trial as it is now, for the record.
    func changed(_ id: TrialID, metrics: [String: Double]? = nil) -> [Effect] {
        guard let progress = sweeps[id.sweep]?.progress(of: id, metrics: metrics) else { return [] }
        return [.persist(.trialChanged(progress))]
    }

    /// Changes the trial in place.
    mutating func update(_ id: TrialID, _ change: (inout Trial) -> Void) {
        sweeps[id.sweep]?.update(id.number, change)
    }

    mutating func setState(_ id: SweepID, _ state: SweepState, reason: String?, ended: Timestamp?, now: Now) -> Effect {
        sweeps[id]?.state = state
        sweeps[id]?.reason = reason
        sweeps[id]?.ended = ended
        list(id, isActive: state.handsOutTrials)
        sweeps[id]?.alerts.noteNews(now.instant)
        return .persist(.sweepStateChanged(id, state, reason: reason, at: now.wall))
    }

    /// Whether the sweep is looked at when a slot is free.
    mutating func list(_ id: SweepID, isActive: Bool) {
        guard isActive else {
            activeSweeps.remove(id)
            slowSweeps.remove(id)
            return
        }
        activeSweeps.append(id)
        if sweeps[id]?.isSlow == true { slowSweeps.append(id) }
    }

    /// The trial's point learns what became of it: the mean over its repetitions once all of them are final.
    mutating func observe(_ id: TrialID) { sweeps[id.sweep]?.observe(id.number) }

    /// Ends the sweep if nothing is left to do in it.
    mutating func finishIfDone(_ id: SweepID, now: Now) -> [Effect] {
        guard sweeps[id]?.isDone == true, let sweep = sweeps[id] else { return [] }
        var effects: [Effect] = []
        for number in sweep.waiting {
            effects += closeWaiting(TrialID(id, number), why: sweep.endReason ?? "the sweep is over", now)
        }
        sweeps[id]?.waiting.removeAll()
        let reason: String
        if let ended = sweep.endReason {
            reason = ended
        } else if sweep.isExhausted {
            reason = "the space is exhausted: all \(sweep.history.observations.count) points of the space are done"
        } else {
            reason = "the run cap is reached"
        }
        effects.append(setState(id, .finished, reason: reason, ended: now.wall, now: now))
        effects += noteFinished(id, reason: reason, now: now)
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
        return changed(id)
    }

    /// Agents that serve only this sweep have nothing more to wait for.
    func dismissAgents(of id: SweepID, reason: String) -> [Effect] {
        agents.values.filter { $0.isConnected && $0.sweep == id }.map { .send($0.id, .dismiss(reason: reason)) }
    }

    func noSweep(_ id: SweepID) -> Effect {
        .refuse(SweepError(.notFound, "there is no sweep '\(id)'", remedy: "'sweep list' shows the sweeps there are"))
    }
}
