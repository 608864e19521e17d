package import SweepModel

/// Chooses for the problem at hand, and changes the method as trials add up: see ``Auto/choice(after:)``.
package struct Auto: SearchMethod {
    package static let name = "auto"

    /// Trials up to which a Gaussian process says more than anything cheaper.
    static let modelledCount = 2000
    /// Features beyond which a Gaussian process finds nothing in what a sweep can afford.
    static let modelledFeatures = 200
    /// Dimensions in which a covariance matrix is learnt in some thousand trials.
    static let adaptedDimensions = 40
    /// Trials at once beyond which joint samples of the pending ones cost more than they bring.
    static let modelledParallel = 128

    /// Objectives beyond which nearly every trial is on the front, whichever direction is looked in.
    static let modelledGoals = 4

    private let problem: SearchProblem
    private let encoding: SpaceEncoding
    private let bayes: Bayes?
    private let tpe: TPE
    private let cmaes: CMAES?

    package init(problem: SearchProblem) throws(SweepError) {
        self.problem = problem
        encoding = SpaceEncoding(problem.space)
        let isModelled =
            problem.goals.count <= Self.modelledGoals && encoding.kinds.count <= Self.modelledFeatures
            && problem.parallel ?? 1 <= Self.modelledParallel
        // Without OpenBLAS the cheaper methods search alone.
        bayes = isModelled ? try? Bayes(problem: problem) : nil
        tpe = try TPE(problem: problem)
        let isAdapted =
            problem.goals.count <= 1 && encoding.isUnconditional
            && (1...Self.adaptedDimensions).contains(encoding.dimensions.count)
            && encoding.dimensions.allSatisfy {
                if case .categories = $0.kind { false } else { true }
            }
        cmaes = isAdapted ? try CMAES(problem: problem) : nil
    }

    package var size: Int? { tpe.size }

    package var isSlow: Bool { true }

    package func suggest(after history: SearchHistory) -> Suggestion {
        choice(after: history.observations.count).suggest(after: history)
    }

    /// The method for the next trial after so many: a Gaussian process as long as it can use them all; then covariance
    /// matrix adaptation where the space is a box of numbers and the objective one; the Parzen estimator everywhere else.
    func choice(after count: Int) -> any SearchMethod {
        if let bayes, count + problem.prior.count < Self.modelledCount { return bayes }
        if let cmaes, count >= Self.modelledCount { return cmaes }
        return tpe
    }
}
