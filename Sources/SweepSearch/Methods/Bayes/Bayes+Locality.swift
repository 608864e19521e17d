import Glibc

extension Bayes {
    /// Where to look near the best point: a box whose side grows with successes and shrinks with failures, longer where
    /// the function changes slowly. nil: everywhere.
    ///
    /// D. Eriksson and others, "Scalable Global Optimization via Local Bayesian Optimization", 2019 (TuRBO); here only every
    /// second suggestion keeps to the box, and its side follows from the history.
    func box(
        _ index: Int, around center: [Double]?, evidence: Evidence, parameters: KernelParameters
    ) -> (lower: [Double], upper: [Double])? {
        let count = encoding.dimensions.count
        guard count >= settings.localFrom, index % 2 == 1, let center else { return nil }
        let side = side(evidence.sequence, dimensions: count)
        let lengths = parameters.logWeights.prefix(count).map { -$0 / 2 }
        let numeric = lengths.indices.filter { encoding.kinds[$0] == .numeric }
        let middle = numeric.reduce(0) { $0 + lengths[$1] } / Double(max(numeric.count, 1))
        var (lower, upper) = ([Double](repeating: 0, count: count), [Double](repeating: 1, count: count))
        for dimension in numeric {
            let half = side / 2 * min(max(exp(lengths[dimension] - middle), 0.25), 4)
            lower[dimension] = max(center[dimension] - half, 0)
            upper[dimension] = min(center[dimension] + half, 1)
        }
        return (lower, upper)
    }

    /// The side after these values: doubled after 3 improvements in a row, halved after as many failures as there are
    /// dimensions to try, and as at the beginning when it has become tiny.
    private func side(_ values: [Double], dimensions: Int) -> Double {
        var (side, successes, failures, best) = (0.8, 0, 0, Double.infinity)
        let patience = max(4, dimensions)
        for (index, value) in values.enumerated() {
            let isBetter = value < best
            best = min(best, value)
            guard index >= settings.startCount else { continue }
            (successes, failures) = isBetter ? (successes + 1, 0) : (0, failures + 1)
            if successes >= 3 { (side, successes) = (min(side * 2, 1.6), 0) }
            if failures >= patience { (side, failures) = (side / 2, 0) }
            if side < 0x1p-6 { side = 0.8 }
        }
        return side
    }

    /// How much better than the best, in standard deviations, a point must promise to be.
    ///
    /// 0 as long as the search gets on. When it does not, polishing the best point is no use: what promises more lies
    /// elsewhere, and how much more is asked for changes from one suggestion to the next.
    func ambition(_ index: Int, evidence: Evidence, lesson: Lesson) -> Double {
        let values = evidence.sequence.map { lesson.warp($0) }
        guard settings.patience > 0, values.count >= settings.startCount + settings.patience, index % 2 == 0 else {
            return 0
        }
        let before = values.dropLast(settings.patience).min() ?? 0
        let recent = values.suffix(settings.patience).min() ?? 0
        return before - recent > 0.03 ? 0 : [0.03, 0.1, 0.3][index / 2 % 3]
    }
}
