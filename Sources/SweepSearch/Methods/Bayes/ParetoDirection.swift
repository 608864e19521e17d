import Glibc
import SweepModel

/// Several objectives as one: for each suggestion another direction, and each trial by how far it stands from a reference
/// point in that direction.
///
/// The best of these values, averaged over all directions, is the hypervolume that the trials dominate (up to a constant
/// and a power), so improving it in one random direction after another improves the hypervolume: D. Golovin, Q. Zhang,
/// "Random Hypervolume Scalarizations for Provable Multi-Objective Black Box Optimization", ICML 2020.
struct ParetoDirection: Sendable {
    /// Of each objective: positive, their squares add up to about 1.
    let weights: [Double]
    private let goals: [Objective.Goal]

    /// No direction is closer to an axis than this: what the other objectives say would be lost in it.
    static let leastWeight = 0.02

    init(_ index: Int, problem: SearchProblem, sequence: SobolSequence) {
        goals = problem.goals
        var random = SeededRandom(seed: SeededRandom.mix(problem.seed ^ 0x9A2E70), index: index)
        let normals = sequence.normals(at: index, count: problem.goals.count, using: &random)
        let length = normals.reduce(0) { $0 + $1 * $1 }.squareRoot()
        weights = normals.map { length > 0 ? max(abs($0) / length, Self.leastWeight) : 1 }
    }

    /// The history with one value a trial, less being better; a trial without all its values has failed. Curves are of the
    /// first objective alone, and are left out.
    func seen(_ history: SearchHistory) -> SearchHistory {
        let costs = history.observations.map(costs)
        let scales = scales(costs.compactMap(\.self))
        let observations = zip(history.observations, costs).map { observation, costs in
            guard observation.status != .pending else { return Observation(point: observation.point, status: .pending) }
            guard let costs else { return Observation(point: observation.point, status: .failed) }
            let parts = zip(zip(costs, scales), weights).map { ($0.0 - $0.1.reference) / $0.1.span / $1 }
            return Observation(point: observation.point, status: .completed(parts.max() ?? 0))
        }
        return SearchHistory(observations: observations, goal: .minimize)
    }

    /// What is known in this direction only is no value of an objective.
    func note(_ note: SuggestionNote) -> SuggestionNote {
        guard note.mean != nil else { return note }
        var note = note
        (note.mean, note.deviation, note.expectedImprovement) = (nil, nil, nil)
        let shares = weights.map { String(Int((100 * $0 * $0).rounded())) + " %" }
        note.remark = "towards the Pareto front, the objectives weighing " + shares.joined(separator: ", ")
        return note
    }

    private func costs(_ observation: Observation) -> [Double]? {
        guard case .completed(let first) = observation.status else { return nil }
        let values = [first] + observation.further
        guard values.count == goals.count, values.allSatisfy(\.isFinite) else { return nil }
        return zip(values, goals).map { $1 == .maximize ? -$0 : $0 }
    }

    /// Of each objective the length of the front, and a point a little behind its worst.
    private func scales(_ costs: [[Double]]) -> [(reference: Double, span: Double)] {
        let fronts = ParetoOrder.fronts(costs)
        return goals.indices.map { goal in
            let front = zip(costs, fronts).filter { $0.1 == 0 }.map { $0.0[goal] }
            guard let best = front.min(), let worst = front.max() else { return (0, 1) }
            var span = worst - best
            if !(span > 0) {
                let sorted = costs.map { $0[goal] }.sorted()
                span = sorted[sorted.count * 3 / 4] - sorted[sorted.count / 4]
            }
            if !(span > 0) { span = 1 }
            return (worst + 0.1 * span, span)
        }
    }
}
