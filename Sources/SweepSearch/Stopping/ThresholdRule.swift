package import SweepModel

/// Stops a trial whose value leaves fixed bounds: a loss that explodes, an accuracy that cannot be.
package struct ThresholdRule: StoppingRule {
    package static let name = "threshold"
    package static let keys = [
        StoppingKey("lower", .number()), StoppingKey("upper", .number()), StoppingKey("min_iter", .number(above: 0)),
    ]

    private let lower: Double?
    private let upper: Double?
    private let firstStep: Double

    package init(problem: StoppingProblem) throws(SweepError) {
        try problem.check(Self.keys, of: Self.name)
        lower = problem.number("lower")
        upper = problem.number("upper")
        firstStep = problem.number("min_iter") ?? problem.fidelity?.min ?? -.infinity
        guard lower != nil || upper != nil else {
            throw SweepError(.usage, "threshold needs 'upper' or 'lower'", remedy: "add 'upper: 10'")
        }
        if let lower, let upper, lower > upper {
            throw SweepError(.usage, "'lower' \(lower) is above 'upper' \(upper)", remedy: "swap them")
        }
    }

    package func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        guard let newest = book[trial]?.points.last, newest.step >= firstStep else { return .goOn }
        let isHigh = upper.map { newest.value > $0 } ?? false
        let isLow = lower.map { newest.value < $0 } ?? false
        guard isHigh || isLow else { return .goOn }
        return .stop(
            StoppingNote(
                rule: Self.name, rung: newest.step, value: newest.value, threshold: isHigh ? upper : lower,
                remark: isHigh ? "above 'upper'" : "below 'lower'"))
    }
}
