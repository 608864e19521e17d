import DequeModule
import OrderedCollections
package import SweepModel
import SweepSearch

/// The engine as it was before a restart, from the durable record: begun with each sweep, then given its trials by number,
/// then ended.
///
/// Live leases begin anew, so that agents which kept training while the controller was away reconnect and go on.
extension Engine {
    package init(restoring configuration: EngineConfiguration, now: Now) {
        self.init(configuration: configuration)
        requestCount = Int(now.instant.nanoseconds)
    }

    package mutating func beginRestoring(_ definition: SweepDefinition) {
        sweeps[definition.id] = Sweep(definition: definition)
    }

    package mutating func restore(_ trial: StoredTrial, now: Now) {
        let id = trial.record.id
        if let live = trial.live, trial.progress.state.isLive { noteAgent(of: live, now: now) }
        sweeps[id.sweep]?.restore(trial, leaseEnds: now.instant + configuration.lease, now: now)
    }

    package mutating func endRestoring(_ id: SweepID) {
        sweeps[id]?.endRestoring()
        list(id, isActive: sweeps[id]?.state.handsOutTrials == true)
    }

    mutating func sweepImported(_ definition: SweepDefinition, _ trials: [StoredTrial], now: Now) -> [Effect] {
        guard sweeps[definition.id] == nil, !definition.record.state.handsOutTrials else { return [] }
        beginRestoring(definition)
        for trial in trials { restore(trial, now: now) }
        endRestoring(definition.id)
        return []
    }

    private mutating func noteAgent(of live: LiveAttempt, now: Now) {
        guard agents[live.agent] == nil else { return }
        agents[live.agent] = Agent(
            id: live.agent, incarnation: "", name: live.agentName, host: live.host, sweep: nil, slots: [],
            isConnected: false, lastSeen: now)
    }
}

extension Sweep {
    /// Trials are numbered without gaps, and points in the order of trials; a record that breaks this is not ours, and what
    /// follows it is left out rather than read wrongly.
    fileprivate mutating func restore(_ stored: StoredTrial, leaseEnds: Instant, now: Now) {
        let record = stored.record
        let progress = stored.progress
        guard record.id.number == trials.count + 1, record.point >= 1,
            record.point <= history.observations.count + 1
        else { return }
        if record.point == history.observations.count + 1 {
            let point = definition.space.point(of: record.parameters)
            history.observations.append(Observation(point: point, status: .pending))
        }
        var trial = Trial(number: record.id.number, point: record.point, repetition: record.repetition)
        trial.state = progress.state
        trial.attempt = progress.attempt
        trial.failures = progress.failures
        trial.losses = progress.losses
        trial.objective = progress.objective
        trial.further = progress.further
        trial.step = progress.step
        trial.reason = progress.reason
        trial.started = progress.started
        trial.ended = progress.ended
        if progress.state.isFinal { finalCount += 1 }
        if progress.state.isLive, let live = stored.live {
            self.live[trial.number] = Live(live, of: record.id, progress, leaseEnds: leaseEnds, now: now)
        } else if !progress.state.isFinal {
            trial.state = .waiting
            waiting.append(trial.number)
        }
        trials.append(trial)
        restoreCurve(of: stored)
    }

    private mutating func restoreCurve(of stored: StoredTrial) {
        guard book != nil else { return }
        let number = stored.record.id.number
        // An attempt that goes on is followed again from its first report, so that the book is exactly what it was.
        let goesOn = live[number].map { $0.stop != .pruned } ?? false
        for mark in goesOn ? stored.curve.prefix(stored.earlierMarks) : stored.curve[...] {
            book?.restore(
                trial: number,
                CurvePoint(step: mark.step, value: mark.value, best: mark.best, report: mark.report))
        }
        if stored.earlierMarks < stored.curve.count { trials[number - 1].curveAttempt = stored.progress.attempt }
        let before = reportsBefore(number)
        live[number]?.reportsBefore = before
        let goesOnFromValue = pauses && stored.progress.attempt > 1 && stored.progress.objective != nil
        live[number]?.goesOn = goesOnFromValue
        if stored.progress.state == .pruned, pauses { paused[number] = stored.host ?? "" }
        if goesOn, let live = live[number], let track = stored.live?.track {
            trials[number - 1].curveAttempt = 0
            follow(track, of: live.attempt)
        } else if live[number] != nil {
            close(number, as: .pruned)
        } else if stored.progress.state.isFinal {
            close(number, as: stored.progress.state)
        }
    }

    fileprivate mutating func endRestoring() {
        for trial in trials where trial.repetition == 0 {
            let repetitions = repetitions(of: trial)
            history.observations[trial.point - 1].status = status(of: repetitions)
            history.observations[trial.point - 1].further = further(of: repetitions)
            noteCurve(of: trial)
        }
        for trial in trials where trial.state == .completed || trial.state == .pruned {
            if let start = trial.started, let end = trial.ended { gauge.noteTrial(lasting: end.seconds(since: start)) }
        }
        if definition.limits.patience != nil { restorePatience() }
        restoreAlerts()
        guard state == .running else { return }
        for trial in trials where trial.state == .completed { noteTarget(trial.number) }
    }

    /// Finished points count in the order in which their last trials ended, as they did before.
    mutating func restorePatience() {
        gauge.forgetPoints()
        var ends: [Int: Int64] = [:]
        for trial in trials { ends[trial.point] = max(ends[trial.point] ?? 0, trial.ended?.milliseconds ?? 0) }
        for (point, _) in ends.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            let status = history.observations[point - 1].status
            if status != .pending { noteFinished(status) }
        }
    }
}

extension Live {
    fileprivate init(
        _ stored: LiveAttempt, of trial: TrialID, _ progress: TrialProgress, leaseEnds: Instant, now: Now
    ) {
        self.init(
            attempt: AttemptID(trial, progress.attempt), slot: SlotID(stored.agent, stored.slotIndex),
            leaseEnds: leaseEnds)
        acknowledged = stored.acknowledged
        startedAt = progress.state == .running ? now.instant : nil
        metrics = progress.metrics ?? [:]
        summary = stored.summaries.first ?? ObjectiveSummary()
        further = Array(stored.summaries.dropFirst())
        stop = stored.stop
        stopDetail = stored.stopDetail
    }
}
