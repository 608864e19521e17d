import DequeModule
import SweepModel
import SweepSearch

/// One sweep's trials, changed in place.
extension Sweep {
    /// A point becomes trials, which now wait.
    mutating func add(_ point: Point, _ note: SuggestionNote, now: Now) -> [TrialRecord] {
        let parameters = definition.space.parameters(of: point)
        let text = note.isEmpty ? nil : try? JSONCoding.value(of: note)
        history.observations.append(Observation(point: point, status: .pending))
        return (0..<definition.repetitions).map { repetition in
            let number = trials.count + 1
            trials.append(Trial(number: number, point: history.observations.count, repetition: repetition))
            waiting.append(number)
            return TrialRecord(
                id: TrialID(id, number), point: history.observations.count, repetition: repetition,
                parameters: parameters, created: now.wall, note: text)
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
        var attempt = Live(attempt: AttemptID(TrialID(id, number), trial.attempt), slot: slot, leaseEnds: end)
        attempt.reportsBefore = reportsBefore(number)
        attempt.goesOn = pauses && trial.objective != nil
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
            id: id, state: trial.state, attempt: trial.attempt, objective: trial.objective,
            further: trial.further, step: trial.step, metrics: metrics, reason: trial.reason,
            failures: trial.failures, losses: trial.losses,
            started: trial.started, ended: trial.ended)
    }

    /// The trial's point learns what became of it: the mean over its repetitions once all of them are final.
    mutating func observe(_ number: Int) {
        guard let trial = trial(number), history.observations.indices.contains(trial.point - 1) else { return }
        let repetitions = repetitions(of: trial)
        let status = status(of: repetitions)
        let index = trial.point - 1
        let before = history.observations[index].status
        guard before != status else { return }
        history.observations[index].status = status
        history.observations[index].further = further(of: repetitions)
        ahead.noteNews()
        if before == .pending { noteFinished(status) }
    }

    /// All trials of the point that `trial` is one of.
    func repetitions(of trial: Trial) -> ArraySlice<Trial> {
        let first = trial.number - trial.repetition - 1
        let range = max(0, first)..<min(trials.count, max(0, first) + definition.repetitions)
        return trials[range]
    }

    /// A repetition that was stopped counts with the value that it had: left out, a point would look the better the more
    /// of its repetitions were bad.
    func status(of repetitions: ArraySlice<Trial>) -> Observation.Status {
        if repetitions.count == 1, let trial = repetitions.first { return trial.status }
        guard repetitions.allSatisfy(\.state.isFinal) else { return .pending }
        let ended = repetitions.filter { $0.state == .completed || $0.state == .pruned }
        guard !ended.isEmpty else { return .failed }
        let values = ended.compactMap(\.objective)
        let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        if let mean, ended.contains(where: { $0.state == .completed && $0.objective != nil }) {
            return .completed(mean)
        }
        return ended.contains { $0.state == .pruned } ? .pruned(mean) : .failed
    }

    /// The means of the further objectives over the completed repetitions.
    func further(of repetitions: ArraySlice<Trial>) -> [Double] {
        guard !definition.further.isEmpty else { return [] }
        let rows = repetitions.filter { $0.state == .completed && $0.further.count == definition.further.count }
            .map(\.further)
        guard !rows.isEmpty else { return [] }
        return definition.further.indices.map { index in
            rows.reduce(0) { $0 + $1[index] } / Double(rows.count)
        }
    }

    /// A point is finished: counts for the sweep's patience.
    mutating func noteFinished(_ status: Observation.Status) {
        guard definition.limits.patience != nil else { return }
        let value: Double? = if case .completed(let value) = status { value } else { nil }
        gauge.notePoint(value, definition.objective?.goal ?? .minimize)
    }
}

extension Trial {
    /// What its point learns from it, where it is the only one.
    fileprivate var status: Observation.Status {
        switch state {
        case .waiting, .assigned, .running: .pending
        case .completed: objective.map { .completed($0) } ?? .failed
        case .pruned: .pruned(objective)
        case .failed, .cancelled: .failed
        }
    }
}
