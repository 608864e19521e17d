package import SweepModel
package import SweepSearch

/// A sweep file, read and found good.
package struct SweepSpec: Sendable {
    package var name: String?
    package var description: String?
    package var method: String
    package var space: SearchSpace
    package var objective: Objective?
    /// `metrics`: the objectives after the first, where a Pareto front is wanted.
    package var further: [Objective]
    /// `metrics` as a mapping: metrics that are computed from others, by SQL expressions.
    package var derived: [DerivedMetric] = []
    /// `prior`: sweeps to learn from, as a person names them.
    package var prior: [String]
    /// Most trials of the sweep.
    package var runCap: Int?
    /// Most trials at once.
    package var parallel: Int?
    /// Failures of the program that a trial survives (`retries`).
    package var retries: Int
    /// Losses by the infrastructure that a trial survives (`max_losses`).
    package var maxLosses: Int
    /// Trials a point (`repeat`).
    package var repetitions: Int
    package var priority: Int
    package var seed: UInt64?
    package var earlyTerminate: EarlyTerminate?
    package var fidelity: Fidelity?
    /// `initial`: complete points to begin with, in order.
    package var initial: [Point]
    package var stopWhen: StopWhen?
    /// `budget: {time: 8h}`: seconds after the sweep's start from which on no trial begins.
    package var timeBudget: Double?
    package var launch: LaunchSpec
    /// `keep`: which versions of its artifacts stay; nil: all.
    package var keep: KeepRules?
    /// `exclude`: regions in which nothing is proposed.
    package var excluded: [Region] = []
    /// `notify`: who is told of what.
    package var notify: Notify?

    package init(
        name: String? = nil, description: String? = nil, method: String, space: SearchSpace,
        objective: Objective? = nil, further: [Objective] = [], prior: [String] = [], runCap: Int? = nil,
        parallel: Int? = nil, retries: Int = 0, maxLosses: Int = 5,
        repetitions: Int = 1, priority: Int = 0, seed: UInt64? = nil, earlyTerminate: EarlyTerminate? = nil,
        fidelity: Fidelity? = nil, initial: [Point] = [], stopWhen: StopWhen? = nil, timeBudget: Double? = nil,
        launch: LaunchSpec
    ) {
        self.name = name
        self.description = description
        self.method = method
        self.space = space
        self.objective = objective
        self.further = further
        self.prior = prior
        self.runCap = runCap
        self.parallel = parallel
        self.retries = retries
        self.maxLosses = maxLosses
        self.repetitions = repetitions
        self.priority = priority
        self.seed = seed
        self.earlyTerminate = earlyTerminate
        self.fidelity = fidelity
        self.initial = initial
        self.stopWhen = stopWhen
        self.timeBudget = timeBudget
        self.launch = launch
    }

    /// The search method over this space.
    ///
    /// - Parameters:
    ///   - prior: results of earlier sweeps over (part of) the same space.
    ///   - isChanged: the space was changed while the sweep ran.
    /// - Throws: when there is none of that name yet, or it cannot search this space.
    package func makeMethod(
        seed: UInt64, prior: [Observation] = [], isChanged: Bool = false
    ) throws(SweepError) -> any SearchMethod {
        if let refusal = Self.refusal(of: method) { throw refusal }
        guard let type = BuiltIns.searchMethod(named: method) else {
            throw SweepError(
                .usage, "there is no method '\(method)'",
                remedy: "use \(BuiltIns.searchMethods.map { $0.name }.joined(separator: ", "))")
        }
        var problem = searchProblem(seed: seed, prior: prior)
        problem.isChanged = isChanged
        let method = try type.init(problem: problem)
        // A grid counts through its points, and starting points are some of them.
        let isOutOfOrder = method is Grid && !initial.isEmpty
        return isChanged || !excluded.isEmpty || isOutOfOrder ? ChangedSearch(method, problem: problem) : method
    }

    /// What a search method over this space is told.
    package func searchProblem(seed: UInt64, prior: [Observation] = []) -> SearchProblem {
        var problem = SearchProblem(
            space: space, seed: seed, goals: [objective?.goal ?? .minimize] + further.map(\.goal), budget: runCap,
            parallel: parallel,
            fidelity: fidelity, initial: initial, prior: prior)
        problem.excluded = excluded
        return problem
    }

    /// The rule that ends trials early; nil when there is none. Where `fidelity` is given it is `auto` unless the file
    /// says otherwise.
    ///
    /// - Throws: when a rule's keys make no rule (a file that was read without an error never does).
    package func makeStoppingRule(seed: UInt64) throws(SweepError) -> (any StoppingRule)? {
        guard let objective,
            let rule = earlyTerminate ?? fidelity.map({ _ in EarlyTerminate(type: AutoStopping.name) }),
            rule.type != EarlyTerminate.none
        else { return nil }
        guard let type = BuiltIns.stoppingRule(named: rule.type) else {
            throw SweepError(.usage, "there is no early termination '\(rule.type.prefix(40))'")
        }
        return try type.init(problem: stoppingProblem(rule, goal: objective.goal, seed: seed))
    }

    private func stoppingProblem(_ rule: EarlyTerminate, goal: Objective.Goal, seed: UInt64) -> StoppingProblem {
        StoppingProblem(
            settings: rule.settings, goal: goal, fidelity: fidelity, seed: seed, budget: runCap, parallel: parallel)
    }

    /// Why a sweep with this method of W&B cannot be started yet; nil: it can.
    static func refusal(of method: String) -> SweepError? {
        switch method {
        case "custom":
            SweepError(
                .usage, "method 'custom' is for W&B's own schedulers", remedy: "use 'grid', 'random' or 'sobol'")
        default: nil
        }
    }
}

/// `early_terminate`, as the file gives it: a rule's spelling and its keys.
package struct EarlyTerminate: Hashable, Sendable {
    /// Of a rule in `BuiltIns.stoppingRules`, or `none`: no trial is stopped, also where `fidelity` is given.
    package var type: String
    package var settings: [String: ParameterValue]

    package init(type: String, settings: [String: ParameterValue] = [:]) {
        self.type = type
        self.settings = settings
    }

    package static let none = "none"
}

/// `stop_when`: the sweep ends by itself. Each condition counts alone.
package struct StopWhen: Hashable, Sendable {
    /// When the model expects less of the next trial, in the objective's units.
    package var expectedImprovement: Double?
    /// When so many trials in a row brought no improvement.
    package var patience: Int?

    package init(expectedImprovement: Double? = nil, patience: Int? = nil) {
        self.expectedImprovement = expectedImprovement
        self.patience = patience
    }
}
