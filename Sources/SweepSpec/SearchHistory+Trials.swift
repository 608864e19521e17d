package import SweepModel
package import SweepSearch

/// What a search learns from of one trial, whoever tells it.
package struct TrialOutcome: Sendable {
    package var number: Int
    /// Trials of the same point (`repeat`) have the same number here.
    package var point: Int
    package var parameters: Parameters
    package var state: TrialState
    package var objective: Double?

    package init(number: Int, point: Int, parameters: Parameters, state: TrialState, objective: Double?) {
        self.number = number
        self.point = point
        self.parameters = parameters
        self.state = state
        self.objective = objective
    }
}

extension SearchHistory {
    /// One observation a point, in the order of suggestion, as the engine makes them from a sweep's trials.
    package init(_ trials: [TrialOutcome], of spec: SweepSpec) {
        let points = Dictionary(grouping: trials, by: \.point)
        self.init(
            observations: points.keys.sorted().compactMap { point in
                let trials = (points[point] ?? []).sorted { $0.number < $1.number }
                return trials.first.map { first in
                    Observation(point: spec.space.point(of: first.parameters), status: Self.status(of: trials))
                }
            }, goal: spec.objective?.goal ?? .minimize)
    }

    /// The mean over the point's repetitions.
    private static func status(of trials: [TrialOutcome]) -> Observation.Status {
        guard trials.allSatisfy({ $0.state.isFinal }) else { return .pending }
        func mean(_ state: TrialState) -> Double? {
            let values = trials.filter { $0.state == state }.compactMap(\.objective)
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
        if let value = mean(.completed) { return .completed(value) }
        return trials.contains { $0.state == .pruned } ? .pruned(mean(.pruned)) : .failed
    }
}
