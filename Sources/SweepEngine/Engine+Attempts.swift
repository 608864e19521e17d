import DequeModule
import OrderedCollections
import SweepModel

/// What agents say of attempts. Each message is checked against the fence first: the trial's newest attempt, on the agent
/// that holds it. One that fails the check changes nothing and is answered with `stop fenced`.
extension Engine {
    mutating func attemptStarted(
        _ id: AttemptID, from agent: AgentID, sequence: Int, _ launch: Launch, now: Now
    ) -> [Effect] {
        guard let live = live(id, from: agent, now: now) else { return stale(id, agent) }
        guard sequence == live.acknowledged + 1 else { return [acknowledge(live)] }
        sweeps[id.sweep]?.live[id.trial.number]?.acknowledged = sequence
        sweeps[id.sweep]?.live[id.trial.number]?.startedAt = now.instant
        update(id.trial) {
            $0.state = .running
            $0.started = launch.time
            $0.reason = nil
            $0.objective = nil
            $0.step = nil
        }
        return [
            .persist(
                .attemptStarted(
                    id, sequence: sequence, argv: launch.argv, directory: launch.directory, at: launch.time)),
            changed(id.trial, metrics: [:]), .send(agent, .acknowledge(id, sequence: sequence)),
        ].compactMap { $0 }
    }

    mutating func reported(
        _ id: AttemptID, from agent: AgentID, sequence: Int, _ reports: [Report], now: Now
    ) -> [Effect] {
        guard let live = live(id, from: agent, now: now) else { return stale(id, agent) }
        guard sequence == live.acknowledged + 1 else { return [acknowledge(live)] }
        let objective = sweeps[id.sweep]?.definition.objective
        sweeps[id.sweep]?.live[id.trial.number]?.take(reports, objective: objective?.metric, sequence: sequence)
        guard let updated = sweeps[id.sweep]?.live[id.trial.number] else { return [] }
        if let objective {
            update(id.trial) {
                $0.objective = updated.summary.value(objective.summary).flatMap { $0.isFinite ? $0 : nil }
                $0.step = updated.summary.lastStep
            }
        }
        return [
            .persist(.reportsAppended(id, sequence: sequence, reports)), changed(id.trial, metrics: updated.metrics),
            .send(agent, .acknowledge(id, sequence: sequence)),
        ].compactMap { $0 }
    }

    /// An attempt ended. Its outcome is recorded once; a repeated or outdated word of it changes nothing.
    mutating func attemptEnded(
        _ id: AttemptID, from agent: AgentID, sequence: Int, _ end: AttemptEnd, now: Now
    ) -> [Effect] {
        guard let live = live(id, from: agent, now: now) else {
            // The record keeps what a fenced attempt found, once, where the trial still exists.
            guard let trial = sweeps[id.sweep]?.trial(id.trial.number), id.number <= trial.attempt, id.number > 0 else {
                return stale(id, agent)
            }
            return [.persist(.lateResult(id, end, at: now.wall))] + stale(id, agent)
        }
        guard sequence == live.acknowledged + 1 else { return [acknowledge(live)] }
        let verdict = Verdict(of: end, live: live, objective: sweeps[id.sweep]?.definition.objective)
        let duration = live.startedAt.map { now.instant.seconds(since: $0) } ?? 0
        let notices = noteInBreaker(of: live.slot, verdict, after: duration, now: now)
        return conclude(
            live, verdict.outcome, reason: verdict.reason, end: end, sequence: sequence, retry: verdict.mayRetry,
            now: now)
            + [.send(agent, .acknowledge(id, sequence: sequence))] + notices + fillIdleSlots(now: now)
    }

    /// The slot may be gone: an agent can come back with fewer of them, and trials on those that were.
    private mutating func noteInBreaker(of id: SlotID, _ verdict: Verdict, after duration: Double, now: Now) -> [Effect]
    {
        guard let slot = slot(id) else { return [] }
        switch verdict.outcome {
        case .failed:
            let why = verdict.reason ?? "failed"
            agents[id.agent]?.slots[id.index].breaker.failed(after: duration, why: why, configuration, now: now)
            guard let reason = agents[id.agent]?.slots[id.index].breaker.reason else { return [] }
            return [.send(id.agent, .notice("\(slot.info.label) pauses: \(reason)"))]
        case .completed, .pruned: agents[id.agent]?.slots[id.index].breaker.succeeded()
        case .cancelled, .lost, .preempted: break
        }
        return []
    }

    /// The end of a live attempt, however it came about: records its outcome and decides whether its trial is final.
    mutating func conclude(
        _ live: Live, _ outcome: AttemptOutcome, reason: String?, end: AttemptEnd?, sequence: Int?, retry: Bool = true,
        now: Now
    ) -> [Effect] {
        let id = live.attempt.trial
        guard let trial = sweeps[id.sweep]?.trial(id.number), let definition = sweeps[id.sweep]?.definition else {
            return []
        }
        let sweepState = sweeps[id.sweep]?.state
        sweeps[id.sweep]?.live[id.number] = nil
        free(live.slot, of: live.attempt)
        var waitsAgain = false
        var failures = trial.failures
        var losses = trial.losses
        var state = TrialState.failed
        switch outcome {
        case .completed: state = .completed
        case .pruned: state = .pruned
        case .cancelled: state = .cancelled
        case .failed:
            failures += 1
            waitsAgain = retry && failures <= definition.retries
        case .lost:
            losses += 1
            waitsAgain = losses <= definition.maxLosses
        case .preempted:
            // A trial that asks to be put back (exit code 75) must not do so for ever.
            if end?.exitCode == Verdict.tryAgainCode { losses += 1 }
            waitsAgain = losses <= definition.maxLosses
        }
        if waitsAgain, sweepState == .cancelled || live.stop == .cancelled {
            waitsAgain = false
            state = .cancelled
        }
        update(id) {
            $0.failures = failures
            $0.losses = losses
            $0.reason = reason
            $0.state = waitsAgain ? .waiting : state
            $0.ended = waitsAgain ? nil : (end?.ended ?? now.wall)
            if state != .completed, state != .pruned { $0.objective = nil }
        }
        if waitsAgain { sweeps[id.sweep]?.waiting.prepend(id.number) }
        observe(id)
        let recorded = Change.attemptEnded(
            live.attempt, sequence: sequence, outcome, reason: reason, end, at: end?.ended ?? now.wall)
        var effects = [.persist(recorded), changed(id)].compactMap { $0 }
        if state == .completed, !waitsAgain { noteTarget(id) }
        effects += finishIfDone(id.sweep, now: now)
        return effects
    }

    /// The sweep ends with the first trial that reaches its target.
    mutating func noteTarget(_ id: TrialID) {
        guard let sweep = sweeps[id.sweep], sweep.targetReached == nil, let objective = sweep.definition.objective,
            let target = objective.target, let value = sweep.trial(id.number)?.objective,
            value == target || objective.goal.prefers(value, to: target)
        else { return }
        sweeps[id.sweep]?.targetReached = "trial \(id) reached the target \(target) with \(objective.metric) = \(value)"
    }

    /// The live attempt that the message is about; its lease is renewed.
    private mutating func live(_ id: AttemptID, from agent: AgentID, now: Now) -> Live? {
        agents[agent]?.lastSeen = now
        guard let live = sweeps[id.sweep]?.live[id.trial.number], live.attempt == id, live.slot.agent == agent else {
            return nil
        }
        sweeps[id.sweep]?.live[id.trial.number]?.leaseEnds = now.instant + configuration.lease
        return sweeps[id.sweep]?.live[id.trial.number]
    }

    private func acknowledge(_ live: Live) -> Effect {
        .send(live.slot.agent, .acknowledge(live.attempt, sequence: live.acknowledged))
    }

    mutating func stale(_ id: AttemptID, _ agent: AgentID) -> [Effect] {
        staleMessages += 1
        return [.send(agent, .stop(id, .fenced, detail: "this attempt no longer counts"))]
    }
}
