package import SweepModel

/// A way to search: a function of (problem, history), with no state of its own to lose.
///
/// The engine asks for the suggestion after the `history.observations.count` points so far. The same history and seed
/// give the same suggestion, whatever the number of agents and restarts. A method may keep what it computed for an
/// earlier history (the history only grows, and only the status of its pending points changes), as long as the answer
/// is the one that it would give without.
package protocol SearchMethod: Sendable {
    /// The spelling under `method:` in YAML.
    static var name: String { get }

    /// - Throws: `SweepError` with the parameter and the remedy, when the method cannot search this space.
    init(problem: SearchProblem) throws(SweepError)

    func suggest(after history: SearchHistory) -> Suggestion

    /// How many points there are to suggest; nil: without end.
    var size: Int? { get }

    /// A suggestion costs more than the engine's loop can spare: it is computed beside it, ahead of need.
    var isSlow: Bool { get }
}

extension SearchMethod {
    package var isSlow: Bool { false }

    package init(space: SearchSpace, seed: UInt64) throws(SweepError) {
        try self.init(problem: SearchProblem(space: space, seed: seed))
    }
}

/// What a search method proposes next.
package enum Suggestion: Sendable, Hashable {
    case point(Point, SuggestionNote = SuggestionNote())
    /// Every point of a finite space has been suggested: the sweep ends once its trials have.
    case exhausted
}

/// Why a point was suggested: kept with the trial, shown by `sweep explain`. Values are in the objective's own units.
package struct SuggestionNote: Sendable, Hashable, Codable {
    /// The part of the method that proposed it, in words: `gaussian process, trust region`, `starting point`.
    package var origin: String?
    /// The model's prediction at the point.
    package var mean: Double?
    package var deviation: Double?
    /// Expected improvement over the best value known then, in the objective's units.
    package var expectedImprovement: Double?
    /// How many trials the model learnt from.
    package var learntFrom: Int?
    /// Whatever else a person should know, in one line.
    package var remark: String?

    package init(
        origin: String? = nil, mean: Double? = nil, deviation: Double? = nil, expectedImprovement: Double? = nil,
        learntFrom: Int? = nil, remark: String? = nil
    ) {
        self.origin = origin
        self.mean = mean
        self.deviation = deviation
        self.expectedImprovement = expectedImprovement
        self.learntFrom = learntFrom
        self.remark = remark
    }

    /// It says nothing.
    package var isEmpty: Bool { self == SuggestionNote() }
}
