import DequeModule
import SweepModel
import SweepSearch

/// One sweep's trials, changed in place.
extension Sweep {
    /// The method's next point: its trials now wait. None when nothing more is to be suggested.
    mutating func suggest(now: Now) -> [TrialRecord] {
        guard maySuggest else { return [] }
        guard case .point(let point, _) = definition.method.suggest(after: history) else {
            foundExhausted = true
            return []
        }
        let parameters = definition.space.parameters(of: point)
        history.observations.append(Observation(point: point, status: .pending))
        return (0..<definition.repetitions).map { repetition in
            let number = trials.count + 1
            trials.append(Trial(number: number, point: history.observations.count, repetition: repetition))
            waiting.append(number)
            return TrialRecord(
                id: TrialID(id, number), point: history.observations.count, repetition: repetition,
                parameters: parameters, created: now.wall)
        }
    }

    /// A new attempt of the trial on a slot, under a new lease. Its number is the fence.
    mutating func assign(_ number: Int, to slot: SlotID, until end: Instant) -> Live? {
        update(number) {
            $0.attempt += 1
            $0.state = .assigned
            $0.ended = nil
        }
        guard let trial = trial(number) else { return nil }
        let attempt = Live(attempt: AttemptID(TrialID(id, number), trial.attempt), slot: slot, leaseEnds: end)
        live[number] = attempt
        return attempt
    }

    /// Changes the trial, if there is one of that number.
    mutating func update(_ number: Int, _ change: (inout Trial) -> Void) {
        let index = number - 1
        guard trials.indices.contains(index) else { return }
        let wasFinal = trials[index].state.isFinal
        change(&trials[index])
        let isFinal = trials[index].state.isFinal
        if wasFinal != isFinal { finalCount += isFinal ? 1 : -1 }
    }

    /// The trial as it is now, for the record.
    func progress(of id: TrialID, metrics: [String: Double]? = nil) -> TrialProgress? {
        guard let trial = trial(id.number) else { return nil }
        return TrialProgress(
            id: id, state: trial.state, attempt: trial.attempt, objective: trial.objective, step: trial.step,
            metrics: metrics, reason: trial.reason, failures: trial.failures, losses: trial.losses,
            started: trial.started, ended: trial.ended)
    }

    /// The trial's point learns what became of it: the mean over its repetitions once all of them are final.
    mutating func observe(_ number: Int) {
        guard let trial = trial(number), history.observations.indices.contains(trial.point - 1) else { return }
        history.observations[trial.point - 1].status = status(ofRepetitionsFrom: trial.number - trial.repetition)
    }

    private func status(ofRepetitionsFrom first: Int) -> Observation.Status {
        var values: [Double] = []
        var pruned: [Double] = []
        var anyPruned = false
        for number in first..<(first + definition.repetitions) {
            guard let one = trial(number) else { continue }
            switch one.state {
            case .completed: if let value = one.objective { values.append(value) }
            case .pruned:
                anyPruned = true
                if let value = one.objective { pruned.append(value) }
            case .failed, .cancelled: break
            case .waiting, .assigned, .running: return .pending
            }
        }
        if !values.isEmpty { return .completed(values.reduce(0, +) / Double(values.count)) }
        guard anyPruned else { return .failed }
        return .pruned(pruned.isEmpty ? nil : pruned.reduce(0, +) / Double(pruned.count))
    }
}
