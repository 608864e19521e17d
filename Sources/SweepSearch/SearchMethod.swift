package import SweepModel

/// What became of a point: a search method learns from nothing else.
package struct Observation: Sendable, Hashable {
    package enum Status: Sendable, Hashable {
        case pending
        /// The objective's final value.
        case completed(Double)
        /// Ended early at a step with this value.
        case pruned(Double?)
        case failed
    }

    package var point: Point
    package var status: Status

    package init(point: Point, status: Status) {
        self.point = point
        self.status = status
    }
}

/// The past of a sweep, in the order in which its points were suggested.
package struct SearchHistory: Sendable {
    package var observations: [Observation]
    package var goal: Objective.Goal

    package init(observations: [Observation] = [], goal: Objective.Goal = .minimize) {
        self.observations = observations
        self.goal = goal
    }
}

/// What a search method proposes next.
package enum Suggestion: Sendable, Hashable {
    case point(Point)
    /// Every point of a finite space has been suggested: the sweep ends once its trials have.
    case exhausted
}

/// A way to search: a function of (space, history, seed), with no state of its own to lose.
///
/// The engine asks for the suggestion after the `history.observations.count` points so far. The same history and seed
/// give the same suggestion, whatever the number of agents. A method made for a space that it cannot search throws in
/// `init`, with the parameter and the remedy.
package protocol SearchMethod: Sendable {
    /// The spelling under `method:` in YAML.
    static var name: String { get }

    init(space: SearchSpace, seed: UInt64) throws(SweepError)

    func suggest(after history: SearchHistory) -> Suggestion

    /// How many points there are to suggest; nil: without end.
    var size: Int? { get }
}
