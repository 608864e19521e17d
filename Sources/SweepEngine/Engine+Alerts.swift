import SweepModel

/// What a sweep's alerts go by.
struct AlertGauge: Sendable {
    /// Raised so far.
    var count = 0
    /// Trials that have failed for good.
    var failed = 0
    var best: Double?
    /// The last time that anything was heard of it. nil: not since the engine was made.
    private(set) var newsAt: Instant?
    private(set) var isStalled = false
    /// Slots that were too hot when they were last heard of.
    var hot: Set<SlotID> = []

    mutating func noteNews(_ now: Instant) {
        newsAt = now
        isStalled = false
    }

    /// - Returns: whether it is the moment to say that it has stalled.
    mutating func hasJustStalled(after limit: Double, now: Instant) -> Bool {
        guard let newsAt else {
            self.newsAt = now
            return false
        }
        guard !isStalled, now.seconds(since: newsAt) >= limit else { return false }
        isStalled = true
        return true
    }
}

/// Alerts: raised in the transaction of what they tell, each once.
extension Engine {
    private mutating func raise(
        _ kind: AlertKind, _ id: SweepID, trial: Int? = nil, now: Now, _ text: (Sweep) -> String
    ) -> [Effect] {
        guard let sweep = sweeps[id], sweep.definition.alerts?.kinds.contains(kind) == true else { return [] }
        let number = sweep.alerts.count + 1
        sweeps[id]?.alerts.count = number
        let alert = AlertRecord(
            sweep: id, number: number, kind: kind, trial: trial, text: String(text(sweep).prefix(500)), time: now.wall)
        return [.persist(.alertRaised(alert))]
    }

    mutating func noteFinished(_ id: SweepID, reason: String, now: Now) -> [Effect] {
        raise(.finished, id, now: now) { "finished: \(reason); \($0.tally)" }
    }

    /// An attempt of the trial has ended.
    mutating func noteEnd(of id: TrialID, now: Now) -> [Effect] {
        guard let sweep = sweeps[id.sweep], sweep.definition.alerts != nil, let trial = sweep.trial(id.number) else {
            return []
        }
        sweeps[id.sweep]?.alerts.noteNews(now.instant)
        switch trial.state {
        case .failed:
            let failed = sweep.alerts.failed + 1
            sweeps[id.sweep]?.alerts.failed = failed
            guard failed & (failed - 1) == 0 else { return [] }
            return raise(.failed, id.sweep, trial: id.number, now: now) { sweep in
                "\(failed == 1 ? "a trial has" : "\(failed) trials have") failed, \(sweep.tally); the newest: "
                    + "\(id): \(trial.reason ?? "failed")"
            }
        case .completed:
            guard let value = trial.objective, let objective = sweep.definition.objective else { return [] }
            let before = sweep.alerts.best
            if let before, !objective.goal.prefers(value, to: before) { return [] }
            sweeps[id.sweep]?.alerts.best = value
            // The first one is no news: something has to be.
            guard let before else { return [] }
            return raise(.newBest, id.sweep, trial: id.number, now: now) { _ in
                "\(id) has \(objective.metric) = \(value), the best so far (\(before) before)"
            }
        default: return []
        }
    }

    /// Leases of these have run out.
    mutating func noteLost(_ expired: [Live], after silence: Int, now: Now) -> [Effect] {
        var effects: [Effect] = []
        var told: Set<SlotID> = []
        for live in expired {
            // One alert an agent and a sweep, whatever it held; -1: no slot, the agent.
            let (sweep, agent) = (live.attempt.sweep, live.slot.agent)
            guard told.insert(SlotID(AgentID("\(sweep) \(agent)"), -1)).inserted else { continue }
            let trials = expired.filter { $0.attempt.sweep == sweep && $0.slot.agent == agent }.count
            let name = name(of: agent)
            effects += raise(.agentLost, sweep, trial: live.attempt.trial.number, now: now) { _ in
                "agent \(name) was silent for \(silence) s: \(trials) of its trials \(trials == 1 ? "is" : "are") given up"
            }
        }
        return effects
    }

    /// Sweeps that run, and of which nothing was heard for long.
    mutating func noteStalled(now: Now) -> [Effect] {
        var effects: [Effect] = []
        for id in activeSweeps {
            guard let rules = sweeps[id]?.definition.alerts, rules.kinds.contains(.stalled),
                sweeps[id]?.alerts.hasJustStalled(after: rules.stalledAfter, now: now.instant) == true
            else { continue }
            let connected = agents.values.filter(\.isConnected).count
            effects += raise(.stalled, id, now: now) { sweep in
                let running = sweep.live.count
                let why =
                    connected == 0
                    ? "no agent is connected"
                    : running > 0
                        ? "\(running) trial\(running == 1 ? " runs and reports" : "s run and report") nothing"
                        : "no slot takes a trial of it"
                return "nothing was heard for \(Self.span(rules.stalledAfter)): \(why); \(sweep.tally)"
            }
        }
        return effects
    }

    mutating func noteHeat(_ heat: [SlotHeat], of id: AgentID, now: Now) -> [Effect] {
        var effects: [Effect] = []
        for slot in heat {
            if agents[id]?.slots.indices.contains(slot.slot) == true {
                agents[id]?.slots[slot.slot].degrees = slot.degrees
            }
            guard let agent = agents[id], agent.slots.indices.contains(slot.slot),
                let attempt = runs(on: slot.slot, of: agent), let rules = sweeps[attempt.sweep]?.definition.alerts
            else { continue }
            let place = SlotID(id, slot.slot)
            // Told again only once it has cooled down.
            if slot.degrees < rules.hotAt - 5 { sweeps[attempt.sweep]?.alerts.hot.remove(place) }
            guard slot.degrees >= rules.hotAt, sweeps[attempt.sweep]?.alerts.hot.insert(place).inserted == true else {
                continue
            }
            let label = agent.slots[slot.slot].info.label
            effects += raise(.gpuHot, attempt.sweep, trial: attempt.trial.number, now: now) { _ in
                "\(label) of agent \(agent.name) has \(Int(slot.degrees)) °C (\(attempt.trial) runs there)"
            }
        }
        return effects
    }

    private static func span(_ seconds: Double) -> String {
        seconds >= 5400
            ? "\((seconds / 360).rounded() / 10) h" : seconds >= 90 ? "\(Int(seconds / 60)) min" : "\(Int(seconds)) s"
    }
}

extension Sweep {
    /// `12 of 20 trials done, 1 failed; best val_loss 0.12 (trial 7)`.
    fileprivate var tally: String {
        let failed = trials.count { $0.state == .failed }
        var text = "\(finalCount) of \(trials.count) trials done"
        if failed > 0 { text += ", \(failed) failed" }
        guard let objective = definition.objective else { return text }
        let best = trials.filter { $0.state == .completed && $0.objective != nil }.min { a, b in
            guard let first = a.objective, let second = b.objective else { return false }
            return objective.goal.prefers(first, to: second)
        }
        if let best, let value = best.objective { text += "; best \(objective.metric) \(value) (trial \(best.number))" }
        return text
    }

    /// From what the record says: a restart tells nothing twice.
    mutating func restoreAlerts() {
        guard definition.alerts != nil else { return }
        alerts.failed = trials.count { $0.state == .failed }
        guard let objective = definition.objective else { return }
        for trial in trials where trial.state == .completed {
            guard let value = trial.objective else { continue }
            if let best = alerts.best, !objective.goal.prefers(value, to: best) { continue }
            alerts.best = value
        }
    }
}
