package import SweepModel

/// Tree-structured Parzen estimator, multivariate: draws where the better trials are dense and the others are not.
///
/// The best tenth of the trials (25 at most) make one density, the others another; of some draws from the first the one
/// with the largest ratio of the two is suggested. J. Bergstra et al., "Algorithms for Hyper-Parameter Optimization",
/// NIPS 2011; S. Watanabe (2023), arXiv 2304.11127. Pending trials count as bad ones (constant liar), so that workers
/// spread. With several objectives trials are ranked by fronts, then by how alone they are (Y. Ozaki et al., "Multiobjective
/// Tree-Structured Parzen Estimator", JAIR 73, 2022).
package struct TPE: SearchMethod {
    package static let name = "tpe"

    /// Trials before the first model.
    static let startCount = 6
    /// Draws from the good density, of which the best is taken.
    static let candidates = 24
    /// Most observations in the density of the others: more say little, and cost time.
    static let mostOthers = 1000

    private let problem: SearchProblem
    private let encoding: SpaceEncoding
    private let cube: SearchCube
    private let start: SobolSequence
    private let novelty: Novelty

    package init(problem: SearchProblem) throws(SweepError) {
        self.problem = problem
        encoding = SpaceEncoding(problem.space)
        cube = SearchCube(problem.space)
        start = SobolSequence(dimensions: cube.dimensionCount, seed: problem.seed)
        novelty = Novelty(encoding, problem: problem)
    }

    package var size: Int? { novelty.size }

    package var isSlow: Bool { true }

    package func suggest(after history: SearchHistory) -> Suggestion {
        let index = history.observations.count
        var random = SeededRandom(seed: problem.seed, index: index)
        let known = problem.prior.isEmpty ? history.observations : problem.prior + history.observations
        let ranking = TrialRanking(known, goals: problem.goals)
        guard ranking.ended >= Self.startCount, !encoding.dimensions.isEmpty else {
            return novelty.suggestion(
                [startPoint(index, &random)], after: history, &random, note: SuggestionNote(origin: "start"))
        }
        let (good, others) = ranking.split(
            best: min(25, (ranking.ended + 9) / 10), mostOthers: Self.mostOthers, &random)
        let goodDensity = mixture(good)
        let otherDensity = mixture(others)
        let drawn = (0..<Self.candidates).map { _ -> (point: Point, score: Double) in
            let point = encoding.point(of: goodDensity.draw(using: &random))
            let raw = encoding.raw(of: point).map { $0 ?? .nan }
            return (
                point, goodDensity.logDensity(at: raw, of: encoding) - otherDensity.logDensity(at: raw, of: encoding)
            )
        }
        let ranked = drawn.indices.sorted { (drawn[$0].score, $1) > (drawn[$1].score, $0) }.map { drawn[$0].point }
        let note = SuggestionNote(
            origin: "tpe", learntFrom: ranking.ended,
            remark: "the likeliest of \(Self.candidates) draws near the best \(good.count) trials")
        return novelty.suggestion(ranked, after: history, &random, note: note)
    }

    private func startPoint(_ index: Int, _ random: inout SeededRandom) -> Point {
        var coordinates = start.point(at: index)
        while coordinates.count < cube.dimensionCount { coordinates.append(random.nextUnit()) }
        return cube.point(at: coordinates)
    }

    private func mixture(_ trials: [TrialRanking.Weighted]) -> ParzenMixture {
        ParzenMixture(
            encoding: encoding, observations: trials.map { encoding.raw(of: $0.point).map { $0 ?? .nan } },
            weights: trials.map(\.weight))
    }
}
