import DequeModule
import SweepModel

/// What becomes of one sweep's live attempts, changed in place.
extension Sweep {
    /// The live attempt that a message is about, if `agent` holds it; its lease is renewed.
    mutating func renew(_ id: AttemptID, of agent: AgentID, until end: Instant) -> Live? {
        guard let index = live.index(forKey: id.trial.number), live.values[index].attempt == id,
            live.values[index].slot.agent == agent
        else { return nil }
        live.values[index].leaseEnds = end
        return live.values[index]
    }

    /// The attempt was launched, by the message `sequence`.
    mutating func start(_ id: AttemptID, sequence: Int, at instant: Instant, _ time: Timestamp) {
        if let index = live.index(forKey: id.trial.number) {
            live.values[index].acknowledged = sequence
            live.values[index].startedAt = instant
        }
        // Where trials go on from a checkpoint, what was found before and why it goes on stay worth knowing.
        let keeps = pauses
        update(id.trial.number) {
            $0.state = .running
            $0.started = time
            guard !keeps else { return }
            $0.reason = nil
            $0.objective = nil
            $0.further = []
            $0.step = nil
        }
    }

    /// Takes the reports of the message `sequence`.
    ///
    /// - Returns: the last value of each metric after it, and what the reports mean for the learning curve; nil when
    ///   there is no such attempt.
    mutating func take(
        _ reports: [Report], of id: AttemptID, sequence: Int
    ) -> (metrics: [String: Double], news: CurveNews)? {
        let number = id.trial.number
        guard let index = live.index(forKey: number) else { return nil }
        live.values[index].acknowledged = sequence
        var news = CurveNews()
        for report in reports {
            live.values[index].take(report, definition)
            if book != nil { follow(report, of: id, live.values[index], &news) }
            if let stop = news.stop, live.values[index].stop == nil {
                live.values[index].stop = .pruned
                live.values[index].stopDetail = sentence(stop)
            }
        }
        if let objective = definition.objective {
            let summary = live.values[index].summary
            let further = definition.further.isEmpty ? [] : live.values[index].furtherValues(definition)
            let value = objectiveValue(of: number, summary, objective)
            let isNew = summary.count > 0 || !pauses
            update(number) {
                guard isNew else { return }
                $0.objective = value
                $0.step = summary.lastStep
                $0.further = further
            }
        }
        return (live.values[index].metrics, news)
    }

    /// The end of a live attempt: decides whether its trial is final or waits again.
    ///
    /// - Parameter host: the machine that it ran on.
    mutating func conclude(
        _ attempt: Live, _ outcome: AttemptOutcome, reason: String?, _ end: AttemptEnd?, retry: Bool, host: String,
        at time: Timestamp
    ) {
        let number = attempt.attempt.trial.number
        guard let trial = trial(number) else { return }
        live[number] = nil
        var waitsAgain = false
        var failures = trial.failures
        var losses = trial.losses
        var final = TrialState.failed
        switch outcome {
        case .completed: final = .completed
        case .pruned: final = .pruned
        case .cancelled: final = .cancelled
        case .failed:
            failures += 1
            waitsAgain = retry && failures <= definition.retries
        case .lost:
            losses += 1
            waitsAgain = retry && losses <= definition.maxLosses
        case .preempted:
            // A trial that asks to be put back (exit code 75) must not do so for ever.
            if end?.exitCode == Verdict.tryAgainCode, end?.declined != true { losses += 1 }
            waitsAgain = losses <= definition.maxLosses
        }
        if waitsAgain, state == .cancelled || attempt.stop == .cancelled {
            waitsAgain = false
            final = .cancelled
        } else if waitsAgain, attempt.stop == .pruned {
            // The decision stands, though its agent was lost before it could act on it.
            waitsAgain = false
            final = .pruned
        }
        let keeps = waitsAgain && pauses
        update(number) {
            $0.failures = failures
            $0.losses = losses
            $0.reason = reason
            $0.state = waitsAgain ? .waiting : final
            $0.ended = waitsAgain ? nil : time
            if final != .completed, final != .pruned, !keeps {
                $0.objective = nil
                $0.further = []
            }
        }
        // Only what is on record counts from here on, or a restart would change decisions.
        reopen(number)
        if waitsAgain { waiting.prepend(number) } else { close(number, as: final) }
        if !waitsAgain, final == .pruned, pauses { paused[number] = host }
        if let end, final == .completed || final == .pruned {
            gauge.noteTrial(lasting: end.ended.seconds(since: end.started))
        }
        observe(number)
        if final == .completed, !waitsAgain { noteTarget(number) }
    }

    /// The sweep ends with the first trial that reaches its target.
    mutating func noteTarget(_ number: Int) {
        guard endReason == nil, let objective = definition.objective, let target = objective.target,
            let value = trial(number)?.objective, value == target || objective.goal.prefers(value, to: target)
        else { return }
        endReason = "trial \(TrialID(id, number)) reached the target \(target) with \(objective.metric) = \(value)"
    }
}
