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
        sweeps[id.sweep]?.start(id, sequence: sequence, at: now.instant, launch.time)
        sweeps[id.sweep]?.alerts.noteNews(now.instant)
        let started = Change.attemptStarted(
            id, sequence: sequence, argv: launch.argv, directory: launch.directory, at: launch.time)
        return recorded(started, of: id.trial, metrics: [:], .send(agent, .acknowledge(id, sequence: sequence)))
    }

    mutating func reported(
        _ id: AttemptID, from agent: AgentID, sequence: Int, _ reports: [Report], now: Now
    ) -> [Effect] {
        guard let live = live(id, from: agent, now: now) else { return stale(id, agent) }
        guard sequence == live.acknowledged + 1 else { return [acknowledge(live)] }
        guard let (metrics, news) = sweeps[id.sweep]?.take(reports, of: id, sequence: sequence) else { return [] }
        sweeps[id.sweep]?.alerts.noteNews(now.instant)
        var effects = recorded(
            .reportsAppended(id, sequence: sequence, reports), of: id.trial, metrics: metrics,
            .send(agent, .acknowledge(id, sequence: sequence)))
        if news.voidsFrom != nil || !news.marks.isEmpty {
            effects.append(.persist(.curveExtended(id, news.marks, voidsFrom: news.voidsFrom)))
        }
        if let note = news.stop, let live = sweeps[id.sweep]?.live[id.trial.number] {
            let text = try? JSONCoding.value(of: note)
            effects.append(.persist(.stopOrdered(id, .pruned, detail: live.stopDetail, note: text)))
            effects.append(.send(agent, .stop(id, .pruned, detail: live.stopDetail)))
        }
        // One more trial at a rung may be what makes a paused one go on, where a slot has nothing else to do.
        if !news.marks.isEmpty, !idleSlots.isEmpty, sweeps[id.sweep]?.paused.isEmpty == false {
            effects += fillIdleSlots(now: now)
        }
        return effects
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
        let verdict = Verdict(of: end, live: live, objectives: sweeps[id.sweep]?.definition.objectives ?? [])
        let duration = live.startedAt.map { now.instant.seconds(since: $0) } ?? 0
        let notices = noteInBreaker(of: live.slot, verdict, after: duration, now: now)
        var effects = conclude(
            live, verdict.outcome, reason: verdict.reason, end: end, sequence: sequence, retry: verdict.mayRetry,
            now: now)
        effects.append(.send(agent, .acknowledge(id, sequence: sequence)))
        effects += notices
        effects += fillIdleSlots(now: now)
        return effects
    }

    /// The slot may be gone: an agent can come back with fewer of them, and trials on those that were.
    private mutating func noteInBreaker(of id: SlotID, _ verdict: Verdict, after duration: Double, now: Now) -> [Effect]
    {
        guard let slot = slot(id), let index = agents[id.agent]?.primary(of: id.index) else { return [] }
        switch verdict.outcome {
        // A machine whose rules keep a program out is to leave the sweep to others, too.
        case .failed,
            .lost where !verdict.mayRetry:
            let why = verdict.reason ?? "failed"
            agents[id.agent]?.slots[index].breaker.failed(after: duration, why: why, configuration, now: now)
            guard let reason = agents[id.agent]?.slots[index].breaker.reason else { return [] }
            return [.send(id.agent, .notice("\(slot.info.label) pauses: \(reason)"))]
        case .completed, .pruned: agents[id.agent]?.slots[index].breaker.succeeded()
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
        guard sweeps[id.sweep]?.trial(id.number) != nil else { return [] }
        let time = end?.ended ?? now.wall
        free(live.slot, of: live.attempt)
        let host = agents[live.slot.agent]?.host ?? ""
        sweeps[id.sweep]?.conclude(live, outcome, reason: reason, end, retry: retry, host: host, at: time)
        var effects = recorded(
            .attemptEnded(live.attempt, sequence: sequence, outcome, reason: reason, end, at: time), of: id)
        effects += noteEnd(of: id, now: now)
        effects += finishIfDone(id.sweep, now: now)
        return effects
    }

    /// The live attempt that the message is about; its lease is renewed.
    private mutating func live(_ id: AttemptID, from agent: AgentID, now: Now) -> Live? {
        agents[agent]?.lastSeen = now
        return sweeps[id.sweep]?.renew(id, of: agent, until: now.instant + configuration.lease)
    }

    /// What happened to an attempt, its trial as it is after that, and the answer.
    func recorded(
        _ change: Change, of id: TrialID, metrics: [String: Double]? = nil, _ answer: Effect? = nil
    ) -> [Effect] {
        var effects: [Effect] = []
        effects.reserveCapacity(3)
        effects.append(.persist(change))
        if let progress = sweeps[id.sweep]?.progress(of: id, metrics: metrics) {
            effects.append(.persist(.trialChanged(progress)))
        }
        if let answer { effects.append(answer) }
        return effects
    }

    private func acknowledge(_ live: Live) -> Effect {
        .send(live.slot.agent, .acknowledge(live.attempt, sequence: live.acknowledged))
    }

    func stale(_ id: AttemptID, _ agent: AgentID) -> [Effect] {
        [.send(agent, .stop(id, .fenced, detail: "this attempt no longer counts"))]
    }
}
