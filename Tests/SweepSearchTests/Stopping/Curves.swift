import SweepModel
import SweepSearch
import Testing

/// Reports of several trials, in the order in which they arrive.
struct Reports {
    var book: CurveBook
    var rule: any StoppingRule
    /// Who was stopped, and by which report.
    var stops: [Int: (step: Double, note: StoppingNote)] = [:]
    /// What `take` said it kept, as the engine records it.
    var recorded: [(trial: Int, point: CurvePoint)] = []

    init(_ rule: any StoppingRule, goal: Objective.Goal = .minimize) {
        self.rule = rule
        book = CurveBook(goal: goal, marks: rule.marks)
    }

    /// As the engine does: keep the point, ask the rule, let a stop stand.
    mutating func report(_ trial: Int, _ step: Double, _ value: Double) {
        guard stops[trial] == nil, let point = book.take(trial: trial, step: step, value: value) else { return }
        recorded.append((trial, point))
        if case .stop(let note) = rule.decide(on: trial, in: book) {
            stops[trial] = (step, note)
            book.end(trial: trial, as: .pruned)
        }
    }

    /// A whole curve, step 1, 2, …, until it is stopped.
    mutating func run(_ trial: Int, _ values: some Sequence<Double>) {
        for (index, value) in values.enumerated() { report(trial, Double(index + 1), value) }
        if stops[trial] == nil { book.end(trial: trial, as: .completed) }
    }

    /// The same after a restart of the controller: the book is made again from what was recorded.
    func restarted() -> Reports {
        var again = self
        again.book = CurveBook(goal: book.goal, marks: rule.marks)
        for (trial, point) in recorded { again.book.restore(trial: trial, point) }
        for (trial, curve) in book.curves { if let end = curve.end { again.book.end(trial: trial, as: end) } }
        return again
    }
}

/// A rule by its spelling, with these settings.
func rule(
    _ name: String, _ settings: [String: ParameterValue] = [:], goal: Objective.Goal = .minimize,
    fidelity: Fidelity? = nil, budget: Int? = nil
) throws -> any StoppingRule {
    try #require(BuiltIns.stoppingRule(named: name)).init(
        problem: StoppingProblem(settings: settings, goal: goal, fidelity: fidelity, seed: 1, budget: budget))
}
