package import SweepModel

/// Stops a trial whose best value so far is worse than that of most others at the same step.
package struct MedianRule: StoppingRule {
    package static let name = "median"
    package static let keys = QuantileCut.keys
    package static let sparesBest = true

    private let cut: QuantileCut

    package init(problem: StoppingProblem) throws(SweepError) {
        try problem.check(Self.keys, of: Self.name)
        cut = QuantileCut(problem: problem, share: 0.5)
    }

    package func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        cut.decide(on: trial, in: book, rule: Self.name)
    }
}

/// Stops a trial that is not among the best `percentile` percent at its step; 25 unless given.
package struct PercentileRule: StoppingRule {
    package static let name = "percentile"
    package static let keys = [StoppingKey("percentile", .number(above: 0, upTo: 100))] + QuantileCut.keys
    package static let sparesBest = true

    private let cut: QuantileCut

    package init(problem: StoppingProblem) throws(SweepError) {
        try problem.check(Self.keys, of: Self.name)
        cut = QuantileCut(problem: problem, share: (problem.number("percentile") ?? 25) / 100)
    }

    package func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        cut.decide(on: trial, in: book, rule: Self.name)
    }
}

/// The comparison that `median` and `percentile` share (D. Golovin and others, "Google Vizier", KDD 2017, §3.2.2, with
/// the best value up to the step on both sides, so that noise late in a curve costs nobody).
struct QuantileCut: Sendable {
    static let keys = [StoppingKey("min_iter", .number(above: 0)), StoppingKey("min_trials", .count)]

    /// How many of the others a trial must not be worse than.
    private let share: Double
    private let firstStep: Double
    private let leastOthers: Int

    init(problem: StoppingProblem, share: Double) {
        self.share = share
        firstStep = problem.number("min_iter") ?? problem.fidelity?.min ?? 1
        leastOthers = problem.whole("min_trials") ?? 5
    }

    func decide(on trial: Int, in book: CurveBook, rule: String) -> StoppingDecision {
        guard let newest = book[trial]?.points.last, newest.step >= firstStep else { return .goOn }
        var others: [RungStanding.Entry] = []
        for (other, curve) in book.curves where other != trial {
            guard let last = curve.points.last, last.step >= newest.step,
                let point = last.step == newest.step ? last : curve.point(upTo: newest.step)
            else { continue }
            others.append(.init(trial: other, cost: book.cost(point.best)))
        }
        guard others.count >= leastOthers else { return .goOn }
        let standing = RungStanding(others)
        // The quantile by linear interpolation between the order statistics.
        let position = share * Double(others.count - 1)
        let low = min(max(Int(position), 0), others.count - 1)
        let high = min(low + 1, others.count - 1)
        let (a, b) = (standing.entries[low].cost, standing.entries[high].cost)
        let threshold = a == b ? a : a + (b - a) * (position - Double(low))
        guard book.cost(newest.best) > threshold else { return .goOn }
        return .stop(
            StoppingNote(
                rule: rule, rung: newest.step, value: newest.best, threshold: book.cost(threshold),
                neighbours: standing.neighbours(of: trial),
                remark: "worse than the best \(percent(share)) of \(others.count) other trials at this step"))
    }

    private func percent(_ share: Double) -> String {
        let percent = share * 100
        return (Int(exactly: percent).map(String.init) ?? String(percent)) + " %"
    }
}
