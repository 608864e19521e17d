package import SweepModel
package import SweepSearch

/// What the engine knows of a sweep: its search and its limits. How a trial is launched is not its business.
package struct SweepDefinition: Sendable {
    package var record: SweepRecord
    package var space: SearchSpace
    package var method: any SearchMethod
    package var objective: Objective?
    /// The objectives after the first, where a Pareto front is wanted.
    package var further: [Objective] = []
    /// Ends trials early, by the objective's values so far.
    package var rule: (any StoppingRule)?
    /// What a trial's length is measured in; nil: the step of its reports.
    package var fidelity: Fidelity?
    /// Points to begin with, whatever the method.
    package var initial: [Point] = []
    /// Regions in which nothing is proposed: the method knows them already.
    package var excluded: [Region] = []
    /// Which alerts it raises; nil: none.
    package var alerts: AlertRules?
    /// When the sweep ends by itself, besides its caps.
    package var limits = SweepLimits()
    /// Most points to suggest (`run_cap` counts trials: with `repeat` N it is divided by N, rounded down, at least 1).
    package var pointCap: Int?
    /// Most trials at once.
    package var parallel: Int?
    /// Failures of the program that a trial survives.
    package var retries: Int
    /// Losses by the infrastructure that a trial survives.
    package var maxLosses: Int
    /// Trials a point.
    package var repetitions: Int
    /// GPUs a trial needs; nil: whatever the slot has.
    package var gpus: Int?
    /// Higher first.
    package var priority: Int

    package init(
        record: SweepRecord, space: SearchSpace, method: any SearchMethod, objective: Objective? = nil,
        pointCap: Int? = nil, parallel: Int? = nil, retries: Int = 0, maxLosses: Int = 5, repetitions: Int = 1,
        gpus: Int? = nil, priority: Int = 0
    ) {
        self.record = record
        self.space = space
        self.method = method
        self.objective = objective
        self.pointCap = pointCap
        self.parallel = parallel
        self.retries = retries
        self.maxLosses = maxLosses
        self.repetitions = repetitions
        self.gpus = gpus
        self.priority = priority
    }

    package var id: SweepID { record.id }

    /// All objectives, the first one first.
    package var objectives: [Objective] { objective.map { [$0] + further } ?? [] }
}

extension SweepDefinition {
    /// For the learning curves; nil where neither a rule nor the search goes by them.
    var emptyBook: CurveBook? {
        guard rule != nil || fidelity != nil else { return nil }
        return CurveBook(goal: objective?.goal ?? .minimize, marks: rule?.marks ?? [])
    }
}
