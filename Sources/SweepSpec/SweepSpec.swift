package import SweepModel
package import SweepSearch

/// A sweep file, read and found good.
package struct SweepSpec: Sendable {
    package var name: String?
    package var description: String?
    package var method: String
    package var space: SearchSpace
    package var objective: Objective?
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
    package var launch: LaunchSpec

    package init(
        name: String? = nil, description: String? = nil, method: String, space: SearchSpace,
        objective: Objective? = nil, runCap: Int? = nil, parallel: Int? = nil, retries: Int = 0, maxLosses: Int = 5,
        repetitions: Int = 1, priority: Int = 0, seed: UInt64? = nil, earlyTerminate: EarlyTerminate? = nil,
        launch: LaunchSpec
    ) {
        self.name = name
        self.description = description
        self.method = method
        self.space = space
        self.objective = objective
        self.runCap = runCap
        self.parallel = parallel
        self.retries = retries
        self.maxLosses = maxLosses
        self.repetitions = repetitions
        self.priority = priority
        self.seed = seed
        self.earlyTerminate = earlyTerminate
        self.launch = launch
    }

    /// The search method over this space.
    ///
    /// - Throws: when there is none of that name yet, or it cannot search this space.
    package func makeMethod(seed: UInt64) throws(SweepError) -> any SearchMethod {
        if let refusal = Self.refusal(of: method) { throw refusal }
        guard let type = BuiltIns.searchMethod(named: method) else {
            throw SweepError(.usage, "there is no method '\(method)'", remedy: "use grid, random or sobol")
        }
        return try type.init(problem: SearchProblem(space: space, seed: seed, goals: [objective?.goal ?? .minimize]))
    }

    /// Why a sweep with this method of W&B cannot be started yet; nil: it can.
    static func refusal(of method: String) -> SweepError? {
        switch method {
        case "bayes" where BuiltIns.searchMethod(named: method) == nil:
            SweepError(
                .usage, "method 'bayes' comes with the next version", remedy: "use 'random' or 'sobol' until then")
        case "custom":
            SweepError(
                .usage, "method 'custom' is for W&B's own schedulers", remedy: "use 'grid', 'random' or 'sobol'")
        default: nil
        }
    }
}

/// `early_terminate`, as the file gives it.
package struct EarlyTerminate: Hashable, Sendable {
    package var type: String
    package var minIter: Int?
    package var maxIter: Int?
    package var s: Int?
    package var eta: Double
    package var strict: Bool

    package init(
        type: String, minIter: Int? = nil, maxIter: Int? = nil, s: Int? = nil, eta: Double = 3, strict: Bool = true
    ) {
        self.type = type
        self.minIter = minIter
        self.maxIter = maxIter
        self.s = s
        self.eta = eta
        self.strict = strict
    }
}
