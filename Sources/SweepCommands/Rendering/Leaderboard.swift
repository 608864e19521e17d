package import SweepModel
package import SweepWire

/// One place of a leaderboard: a trial, all trials of one point (`repeat`), or all with the same values of some parameters.
package struct Standing: Hashable, Sendable {
    /// Of the same point, by number; one where nothing is repeated.
    package var trials: [TrialRow]
    /// Mean of the objective over the trials that have one that counts; of one trial: its objective.
    package var mean: Double?
    /// Standard error of that mean: s/√n with the sample's standard deviation s; nil below two values.
    package var standardError: Double?
    package var counted: Int

    /// The trial that stands for the point: the best one.
    package var first: TrialRow { trials[0] }

    /// nil for no trials.
    package init?(trials: [TrialRow]) {
        guard !trials.isEmpty else { return nil }
        self.trials = trials
        let isSingle = trials.count == 1
        let values = trials.compactMap { row -> Double? in
            guard isSingle || row.state == .completed || row.state == .pruned else { return nil }
            return row.objective
        }
        counted = values.count
        guard let found = Self.mean(of: values) else { return }
        (mean, standardError) = (found.mean, found.standardError)
    }

    /// nil of no values.
    static func mean(of values: [Double]) -> (mean: Double, standardError: Double?)? {
        guard !values.isEmpty else { return nil }
        let mean = values.reduce(0, +) / Double(values.count)
        guard values.count > 1 else { return (mean, nil) }
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (mean, (squares / Double(values.count - 1) / Double(values.count)).squareRoot())
    }

    /// The state that describes all its trials: the one that still has something to come, else the best outcome.
    package var state: TrialState {
        let order: [TrialState] = [.running, .assigned, .waiting, .completed, .pruned, .failed, .cancelled]
        return order.first { state in trials.contains { $0.state == state } } ?? first.state
    }
}

/// The standings of a sweep, best first.
package struct Leaderboard: Sendable {
    package var standings: [Standing]
    /// Several trials share a point.
    package var isGrouped: Bool
    /// With several objectives: the trials on the Pareto front, by number.
    package private(set) var front: Set<Int> = []

    /// - Parameters:
    ///   - rows: in the controller's order (best objective first, then the unfinished, then the failed), which is kept where
    ///     nothing is repeated.
    ///   - parameters: trials with the same values of these are one place; nil: those of the same point.
    package init(_ rows: [TrialRow], goal: Objective.Goal?, groupedBy parameters: [String]? = nil) {
        isGrouped = parameters != nil || rows.contains { $0.point != $0.number }
        guard isGrouped else {
            standings = rows.compactMap { Standing(trials: [$0]) }
            return
        }
        var order: [[ParameterValue?]] = []
        var byKey: [[ParameterValue?]: [TrialRow]] = [:]
        for row in rows {
            var key: [ParameterValue?] = [.int(row.point)]
            if let parameters {
                let values = Dictionary(row.params.flattened.map { ($0.name, $0.value) }) { $1 }
                key = parameters.map { values[$0] }
            }
            if byKey[key] == nil { order.append(key) }
            byKey[key, default: []].append(row)
        }
        let groups = order.compactMap { Standing(trials: (byKey[$0] ?? []).sorted { $0.number < $1.number }) }
        let goal = goal ?? .minimize
        standings = groups.enumerated().sorted { a, b in
            Self.precedes(a.element.mean, b.element.mean, goal) ?? (a.offset < b.offset)
        }.map(\.element)
    }

    /// Finds the Pareto front, and puts it before the others.
    package mutating func rank(by objectives: [Objective]) {
        let rows = standings.map { standing in
            [standing.mean]
                + objectives.indices.dropFirst().map { index in
                    let values = standing.trials.filter { $0.state == .completed }.compactMap { trial in
                        trial.further.flatMap { $0.indices.contains(index - 1) ? $0[index - 1] : nil }
                    }
                    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
                }
        }
        let members = ParetoFront.members(of: rows, objectives.map(\.goal))
        front = Set(members.flatMap { standings[$0].trials.map(\.number) })
        standings =
            standings.indices.filter { members.contains($0) }.map { standings[$0] }
            + standings.indices.filter { !members.contains($0) }.map { standings[$0] }
    }

    /// Whether `a` comes before `b`; nil: neither. What is no finite number comes after everything that is.
    package static func precedes(_ a: Double?, _ b: Double?, _ goal: Objective.Goal) -> Bool? {
        switch (a.flatMap { $0.isNaN ? nil : $0 }, b.flatMap { $0.isNaN ? nil : $0 }) {
        case (nil, nil): nil
        case (nil, _): false
        case (_, nil): true
        case (let a?, let b?): a == b ? nil : goal.prefers(a, to: b)
        }
    }
}
