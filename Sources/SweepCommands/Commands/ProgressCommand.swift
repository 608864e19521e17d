import ArgumentParser
import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// `sweep progress`.
struct ProgressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "progress", abstract: "Show how far a sweep is, and whether more trials pay.")

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Option(help: ArgumentHelp("Forecast for so many further trials. Default: 20, or those left.", valueName: "n"))
    var trials: Int?

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let trials, !(1...100_000).contains(trials) {
            throw ValidationError("--trials is a number from 1 to 100,000")
        }
    }

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let known = try await TrialHistory(try await Selection.sweep(sweep, client, session), client)
            let report = ProgressReport(known, trials: trials)
            if json {
                session.output.write(report.document)
            } else {
                for line in report.lines { session.output.write(line + "\n") }
            }
        }
    }
}

/// What `sweep progress` says.
struct ProgressReport {
    private let known: TrialHistory
    private let progress: Progress
    /// Trials that the sweep may still have; nil: no bound.
    private let left: Int?
    /// Seconds until they are done at the present pace.
    private let timeLeft: Double?

    init(_ known: TrialHistory, trials: Int?) {
        self.known = known
        let ended = known.rows.count { $0.state.isFinal }
        let isOver = known.sweep.ended != nil
        left = isOver ? 0 : known.sweep.expected.map { max(0, $0 - ended) }
        let isModelled = !["random", "sobol", "grid"].contains(known.spec.method)
        let wanted = trials ?? (isOver ? 20 : min(20, left ?? 20))
        progress = Progress(
            problem: known.spec.searchProblem(seed: known.spec.seed ?? 0), history: known.history, trials: wanted,
            isModelled: isModelled)
        timeLeft = left.flatMap { left in left == 0 ? nil : Self.pace(known.rows).map { Double(left) / $0 } }
    }

    /// Trials a second, over the last twenty that ended.
    static func pace(_ rows: [TrialRow]) -> Double? {
        let ends = rows.filter { $0.started != nil }.compactMap(\.ended).sorted().suffix(20)
        guard let first = ends.first, let last = ends.last, ends.count > 1 else { return nil }
        let seconds = last.seconds(since: first)
        return seconds > 0 ? Double(ends.count - 1) / seconds : nil
    }

    var lines: [String] {
        var lines: [String] = []
        func add(_ title: String, _ text: String) {
            lines.append(title + String(repeating: " ", count: max(1, 12 - title.count)) + text)
        }
        if let best = progress.best, let point = progress.bestTrial, known.trials.indices.contains(point - 1),
            let trial = known.trials[point - 1].first
        {
            let since =
                progress.sinceBest == 0
                ? "the newest" : "\(ValueText.plural(progress.sinceBest, "trial")) without a better one"
            add("best", "\(ValueText.number(best))  trial \(trial.id), \(since)")
        } else {
            add("best", "no trial has a value yet")
        }
        let ended = known.rows.count { $0.state.isFinal }
        add(
            "trials",
            "\(ended)\(known.sweep.expected.map { " of \($0)" } ?? "") ended, \(known.rows.count - ended) open")
        if let forecast = progress.forecast {
            let improvement = ValueText.number(forecast.improvement)
            add(
                "next \(forecast.trials)",
                "\(ImportanceCommand.percent(forecast.chance)) chance of a better one; expected improvement \(improvement), "
                    + "one time in ten over \(ValueText.number(forecast.optimistic))")
            add(
                "judged by",
                forecast.basis == .model
                    ? "a Gaussian process of \(ValueText.plural(progress.valued, "trial"))" : "the order of the values")
        }
        if let timeLeft, let left {
            add(
                "time left",
                "\(TimeText.duration(timeLeft)) for \(ValueText.plural(left, "trial")) at the pace of the last ones")
        }
        return lines
    }

    var document: [UInt8] {
        let forecast = progress.forecast.map { forecast in
            ParameterValue.object([
                .init("basis", .string(forecast.basis.rawValue)), .init("trials", .int(forecast.trials)),
                .init("chance", .double(forecast.chance)), .init("improvement", .double(forecast.improvement)),
                .init("optimistic", .double(forecast.optimistic)),
            ])
        }
        return Documents.document([
            .init("sweep", .string(known.sweep.id.text)), .init("best", Documents.optional(progress.best)),
            .init(
                "best_trial",
                Documents.optional(progress.bestTrial.flatMap { known.trials[$0 - 1].first?.id.description })),
            .init("since_best", .int(progress.sinceBest)), .init("valued", .int(progress.valued)),
            .init("left", Documents.optional(left)), .init("seconds_left", Documents.optional(timeLeft)),
            .init("forecast", forecast ?? .null),
        ])
    }
}
