import ArgumentParser
import SweepModel
import SweepSearch
import SweepSpec

/// `sweep simulate`.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try a search on a table or a formula.",
        discussion: """
            Runs the sweep's search several times in memory and shows how good the best trial is after so many; nothing
            is trained, no controller is started.
              sweep simulate sweep.yaml --expression '(log10(lr) + 3)^2' --method bayes --method random
              sweep simulate sweep.yaml --table done.csv --workers 8
            A table has a column for each parameter and one for the metric ('sweep trials --csv' writes such tables); a
            point takes the value of its nearest row. A formula has + - * / % ^, comparisons, and, or, not,
            if(condition, a, b), abs, sqrt, exp, log, log2, log10, sin, cos, tanh, floor, round, pow, min and max.
            With 'fidelity' in the file a formula may name its metric too, which makes each trial a training that
            early_terminate can stop, or pause; what was reached is then shown by what it cost in whole trainings:
              sweep simulate sweep.yaml --expression '(log10(lr) + 3)^2 + 1 / epoch'
            """)

    @Argument(help: "The sweep file (YAML); - for standard input.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(
        help: ArgumentHelp("Trials with their values (CSV).", valueName: "csv"), completion: .file(extensions: ["csv"]))
    var table: String?

    @Option(help: ArgumentHelp("The objective as a formula of the parameters.", valueName: "formula"))
    var expression: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Search with this method; may be repeated. Default: the file's.", valueName: "method"))
    var method: [String] = []

    @Option(help: ArgumentHelp("Trials of a run. Default: run_cap, or 100.", valueName: "n"))
    var budget: Int?

    @Option(help: ArgumentHelp("How many runs, each with the next seed.", valueName: "n"))
    var runs = 5

    @Option(help: ArgumentHelp("The first run's seed.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Trials at once. Default: parallel, or 1.", valueName: "n"))
    var workers: Int?

    @Option(help: ArgumentHelp("Standard deviation of a normal error of each value.", valueName: "sd"))
    var noise = 0.0

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if (table == nil) == (expression == nil) { throw ValidationError("give either --table or --expression") }
        if !(1...1000).contains(runs) { throw ValidationError("--runs is a number from 1 to 1,000") }
        if let budget, !(1...100_000).contains(budget) {
            throw ValidationError("--budget is a number from 1 to 100,000")
        }
        if let workers, !(1...10_000).contains(workers) {
            throw ValidationError("--workers is a number from 1 to 10,000")
        }
        if !(noise >= 0 && noise.isFinite) { throw ValidationError("--noise is a number of 0 or more") }
    }

    func run() throws {
        let session = Session.current
        let spec = try SweepFile.search(file, session, colour.talkStyle(session))
        let budget = min(self.budget ?? spec.runCap ?? 100, 100_000)
        let all = try (method.isEmpty ? [spec.method] : method).map { name in
            (name, try searches(name, spec, budget: budget))
        }
        if let training = try training(spec) { return showTrainings(all, training, spec, session) }
        if let fidelity = spec.fidelity {
            let name = DisplayText.escape(fidelity.metric ?? "step")
            session.say("every trial is a whole training: only a formula with '\(name)' in it has curves to stop")
        }
        let function = try function(spec, session)
        let outcomes = all.map { outcome(of: $0, $1, budget: budget, function) }
        let marks = MethodOutcome.marks(upTo: budget)
        if json {
            session.output.write(
                Documents.document([
                    .init("metric", Documents.optional(spec.objective?.metric)),
                    .init("workers", .int(workers ?? spec.parallel ?? 1)), .init("runs", .int(runs)),
                    .init("methods", .list(outcomes.map { $0.document(marks) })),
                ]))
            return
        }
        let style = colour.style(session)
        var table = Table(columns: [Table.Column("method")])
        table.columns += marks.map { Table.Column("\($0)", right: true) }
        table.rows = outcomes.map { outcome in
            [Cell(outcome.method)] + marks.map { outcome.values(at: $0).cell }
        }
        session.output.write(table.render(width: session.output.terminal?.columns, style: style).text)
        let metric = DisplayText.escape(spec.objective?.metric ?? "value")
        session.say("best \(metric) after so many trials, median of \(ValueText.plural(runs, "run"))")
    }

    /// The value of a point; nil: its trial fails.
    private func function(_ spec: SweepSpec, _ session: Session) throws(SweepError) -> (Point) -> Double? {
        if let expression {
            let names = Dictionary(spec.space.parameters.map { ($0.name, $0.path) }) { first, _ in first }
            let formula = try Expression(expression, names: names)
            return { formula.value(spec.space.parameters(of: $0)) }
        }
        let rows = try SimulationTable.read(table ?? "", spec: spec, session)
        return { rows.value(at: $0).value }
    }

    /// A search for each run, all before the first begins: a method that cannot search this space says so at once.
    private func searches(_ name: String, _ spec: SweepSpec, budget: Int) throws(SweepError) -> [Search] {
        var spec = spec
        spec.method = name
        spec.runCap = budget
        spec.parallel = workers ?? spec.parallel
        var searches: [Search] = []
        for index in 0..<runs {
            let seed = seed &+ UInt64(index)
            let search = try spec.makeRun(seed: seed)
            guard search.problem.goals.count == 1 else {
                throw SweepError(.usage, "a simulation has one objective", remedy: "give one metric")
            }
            searches.append(
                Search(run: search, simulation: .init(workers: spec.parallel ?? 1, noise: noise, seed: seed)))
        }
        return searches
    }

    struct Search {
        var run: SearchRun
        var simulation: Simulation
    }

    private func outcome(
        of name: String, _ searches: [Search], budget: Int, _ function: (Point) -> Double?
    ) -> MethodOutcome {
        MethodOutcome(
            method: name,
            runs: searches.map { search in
                let ended = search.simulation.results(of: search.run, budget: budget, function: function)
                return Simulation.incumbents(ended, goal: search.run.history.goal)
            })
    }
}

/// What a method reached: the best so far by trial, of each run.
struct MethodOutcome {
    var method: String
    var runs: [[Double?]] = []

    /// 10, 25, 50, 100, 250 … and the last trial.
    static func marks(upTo budget: Int) -> [Int] {
        var marks: [Int] = []
        var unit = 10
        while unit <= budget {
            marks += [unit, unit * 5 / 2, unit * 5].filter { $0 <= budget }
            unit *= 10
        }
        if marks.last != budget { marks.append(budget) }
        return marks
    }

    /// The values after `count` trials; a run that ended before (its space is used up) keeps its last.
    func values(at count: Int) -> ReachedValues {
        ReachedValues(runs.compactMap { run in run.isEmpty ? nil : run[min(count, run.count) - 1] })
    }

    func document(_ marks: [Int]) -> ParameterValue {
        .object([
            .init("method", .string(method)),
            .init("best", .list(marks.map { values(at: $0).document("trials", .int($0)) })),
        ])
    }
}

/// The best that each run of a method had at some moment.
struct ReachedValues {
    /// In order.
    let values: [Double]

    init(_ values: [Double]) { self.values = values.sorted() }

    var median: Double? {
        guard !values.isEmpty else { return nil }
        return (values[(values.count - 1) / 2] + values[values.count / 2]) / 2
    }

    /// As a cell of a table.
    var cell: Cell { Cell(median.map(ValueText.number) ?? "-") }

    /// - Parameter name: what `mark`, the moment, counts.
    func document(_ name: String, _ mark: ParameterValue) -> ParameterValue {
        .object([
            .init(name, mark), .init("median", Documents.optional(median)),
            .init("runs", .list(values.map { .double($0) })),
        ])
    }
}
