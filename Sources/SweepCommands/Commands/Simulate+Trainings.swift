import SweepModel
import SweepSearch
import SweepSpec

/// A formula of the parameters and of the step: then trials are trainings, with curves.
extension Simulate {
    struct Training {
        var fidelity: Fidelity
        /// What the formula calls a step.
        var name: String
        var value: (Point, Double) -> Double?
    }

    /// nil: the file has no 'fidelity', or the formula does not depend on the step.
    func training(_ spec: SweepSpec) throws(SweepError) -> Training? {
        guard let expression, let fidelity = spec.fidelity else { return nil }
        let name = fidelity.metric ?? "step"
        var names = Dictionary(spec.space.parameters.map { ($0.name, $0.path) }) { first, _ in first }
        guard names[name] == nil else { return nil }
        names[name] = [name]
        let formula = try Expression(expression, names: names)
        guard formula.mentions([name]) else { return nil }
        return Training(fidelity: fidelity, name: name) { point, step in
            formula.value(spec.space.parameters(of: point) + [.init(name, .double(step))])
        }
    }

    func showTrainings(
        _ searches: [(method: String, searches: [Search])], _ training: Training, _ spec: SweepSpec, _ session: Session
    ) {
        let outcomes = searches.map { method, searches in
            TrainingsOutcome(
                method: method, length: training.fidelity.max,
                runs: searches.map {
                    $0.simulation.trainings(of: $0.run, fidelity: training.fidelity, function: training.value)
                })
        }
        let marks = TrainingsOutcome.marks(upTo: outcomes.map(\.cost).max() ?? 0)
        if json {
            session.output.write(
                Documents.document([
                    .init("metric", Documents.optional(spec.objective?.metric)),
                    .init("workers", .int(workers ?? spec.parallel ?? 1)), .init("runs", .int(runs)),
                    .init("steps", .double(training.fidelity.max)),
                    .init("methods", .list(outcomes.map { $0.document(marks) })),
                ]))
            return
        }
        var table = Table(columns: [Table.Column("method")])
        table.columns += marks.map { Table.Column(ValueText.number($0), right: true) }
        table.columns += ["completed", "stopped", "paused"].map { Table.Column($0, right: true) }
        table.rows = outcomes.map { outcome in
            [Cell(outcome.method)] + marks.map { outcome.values(at: $0).cell }
                + [\.completed, \.stopped, \.paused].map { Cell(ValueText.number(outcome.mean($0))) }
        }
        session.output.write(table.render(width: session.output.terminal?.columns, style: colour.style(session)).text)
        let metric = DisplayText.escape(spec.objective?.metric ?? "value")
        let length = "\(ValueText.number(training.fidelity.max)) \(DisplayText.escape(training.name))s"
        session.say(
            "best \(metric) at the cost of so many whole trainings (\(length)), median of \(ValueText.plural(runs, "run"));"
                + " how many trials a run ended so")
    }
}

/// What a method reached with trials that were stopped early.
struct TrainingsOutcome {
    var method: String
    /// Steps of a whole training.
    var length: Double
    var runs: [Simulation.Trainings]

    /// What the longest run cost, in whole trainings.
    var cost: Double { (runs.map(\.steps).max() ?? 0) / length }

    /// 1, 2.5, 5, 10 … whole trainings, and all.
    static func marks(upTo cost: Double) -> [Double] {
        var marks: [Double] = []
        var unit = 1.0
        while unit <= cost {
            marks += [unit, 2.5 * unit, 5 * unit].filter { $0 <= cost }
            unit *= 10
        }
        if let last = marks.last, last < cost { marks.append((cost * 10).rounded(.up) / 10) }
        return marks.isEmpty ? [1] : marks
    }

    func values(at mark: Double) -> ReachedValues {
        ReachedValues(runs.compactMap { $0.best(after: mark * length) })
    }

    func mean(_ count: KeyPath<Simulation.Trainings, Int>) -> Double {
        let mean = Double(runs.reduce(0) { $0 + $1[keyPath: count] }) / Double(max(runs.count, 1))
        return (mean * 10).rounded() / 10
    }

    func document(_ marks: [Double]) -> ParameterValue {
        .object([
            .init("method", .string(method)),
            .init("best", .list(marks.map { values(at: $0).document("trainings", .double($0)) })),
            .init("completed", .list(runs.map { .int($0.completed) })),
            .init("stopped", .list(runs.map { .int($0.stopped) })),
            .init("paused", .list(runs.map { .int($0.paused) })),
            .init("failed", .list(runs.map { .int($0.failed) })),
        ])
    }
}
