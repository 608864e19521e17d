package import SweepModel

/// Everything that a search is told before its first trial.
package struct SearchProblem: Sendable {
    package var space: SearchSpace
    package var seed: UInt64
    /// One goal an objective. More than one: a Pareto front is wanted.
    package var goals: [Objective.Goal]
    /// Most points to suggest (`run_cap`), where the file gives it.
    package var budget: Int?
    /// How many trials run at once, where it is known.
    package var parallel: Int?
    /// What a trial's length is measured in, where the file gives it.
    package var fidelity: Fidelity?
    /// `initial:`: points to begin with, in order. Complete points of the space. Whoever asks the method tries them first,
    /// whatever the method (the engine, `SearchRun`); a method counts them as no part of its own design.
    package var initial: [Point]
    /// Results of earlier sweeps over (part of) the same space, to learn from. They count as no suggestion.
    package var prior: [Observation]
    /// No point of these is to be proposed.
    package var excluded: [Region] = []
    /// The space was changed meanwhile: the history may hold points outside it, which take no part in what is left.
    package var isChanged = false

    package init(
        space: SearchSpace, seed: UInt64, goals: [Objective.Goal] = [.minimize], budget: Int? = nil,
        parallel: Int? = nil, fidelity: Fidelity? = nil, initial: [Point] = [], prior: [Observation] = []
    ) {
        self.space = space
        self.seed = seed
        self.goals = goals
        self.budget = budget
        self.parallel = parallel
        self.fidelity = fidelity
        self.initial = initial
        self.prior = prior
    }
}

extension SearchProblem {
    package func isExcluded(_ point: Point) -> Bool { excluded.contain(point) }
}

/// `fidelity: {metric: epoch, min: 1, max: 81}`: how long a trial can be trained.
package struct Fidelity: Sendable, Hashable {
    /// The metric that tells the step; nil: the step of the report itself.
    package var metric: String?
    /// The shortest training whose value says anything.
    package var min: Double
    /// The full length.
    package var max: Double
    /// A script can go on from its checkpoints, so that a trial that was stopped may be resumed.
    package var resumes: Bool

    package init(metric: String? = nil, min: Double = 1, max: Double, resumes: Bool = false) {
        self.metric = metric
        self.min = min
        self.max = max
        self.resumes = resumes
    }
}
