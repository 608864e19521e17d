package import SweepModel

/// Stops a trial that has stopped improving: no gain of more than `min_delta` for `patience` steps.
package struct PatientRule: StoppingRule {
    package static let name = "patient"
    package static let keys = [
        StoppingKey("patience", .number(above: 0)), StoppingKey("min_delta", .amount),
        StoppingKey("min_iter", .number(above: 0)),
    ]

    private let patience: Double
    private let leastGain: Double
    private let firstStep: Double

    package init(problem: StoppingProblem) throws(SweepError) {
        try problem.check(Self.keys, of: Self.name)
        guard let patience = problem.number("patience") ?? problem.fidelity.map({ max(1, $0.max / 4) }) else {
            throw SweepError(
                .usage, "patient needs 'patience', the steps to wait for an improvement", remedy: "add 'patience: 10'")
        }
        self.patience = patience
        leastGain = problem.number("min_delta") ?? 0
        firstStep = problem.number("min_iter") ?? problem.fidelity?.min ?? -.infinity
    }

    package func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        guard let curve = book[trial], let newest = curve.points.last, let first = curve.points.first,
            newest.step >= firstStep, newest.step - first.step >= patience
        else { return .goOn }
        var mark = first
        for point in curve.points where book.cost(mark.best) - book.cost(point.best) > leastGain { mark = point }
        guard newest.step - mark.step >= patience else { return .goOn }
        return .stop(
            StoppingNote(
                rule: Self.name, rung: newest.step, value: newest.best, threshold: mark.best,
                remark: "no improvement of more than \(leastGain) since step \(mark.step)"))
    }
}
