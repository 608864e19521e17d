package import SweepModel

/// Chooses for the sweep at hand: successive halving where the full length is known, else the median rule.
package struct AutoStopping: StoppingRule {
    package static let name = "auto"
    package static let keys = [
        StoppingKey("min_iter", .number(above: 0)), StoppingKey("max_iter", .number(above: 0)),
        StoppingKey("eta", .number(above: 1)),
    ]
    package static let sparesBest = true

    private let rule: any StoppingRule

    package init(problem: StoppingProblem) throws(SweepError) {
        try problem.check(Self.keys, of: Self.name)
        rule = try ASHA(problem: problem)
    }

    package func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        guard case .stop(var note) = rule.decide(on: trial, in: book) else { return .goOn }
        note.rule = Self.name
        return .stop(note)
    }
}
