import ArgumentParser
import SweepModel
import SweepWire

/// `sweep compare`.
struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare sweeps, and group the failures of each by reason.",
        discussion: """
            A row a sweep: how its trials ended, its best objective, the mean over its completed trials with the standard \
            error, and the time on slots. Below, why trials failed: reasons that differ only in numbers are one.
            """)

    @Argument(help: "Sweeps: ids, beginnings of ids, or names. Default: the newest.", completion: .sweepIDs)
    var sweeps: [String] = []

    @OptionGroup var filter: FilterOption

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            var summaries: [SweepSummary] = []
            for name in sweeps.isEmpty ? [nil] : sweeps.map(Optional.some) {
                let row = try await Selection.sweep(name, client, session)
                let rows = try await client.trialRows(.trials(sweep: row.id.text, after: nil, states: nil))
                let trials = try await filter.filter(rows, of: row, client)
                summaries.append(SweepSummary(row, trials, now: session.now()))
            }
            if json {
                session.output.write(Documents.document([.init("sweeps", .list(summaries.map(\.document)))]))
            } else {
                write(summaries, session)
            }
        }
    }

    private func write(_ summaries: [SweepSummary], _ session: Session) {
        let style = common.colour.style(session)
        let width = session.output.terminal?.columns
        var table = Table(columns: [
            .init("sweep"), .init("method"), .init("trials", right: true), .init("completed", right: true),
            .init("pruned", right: true), .init("failed", right: true), .init("best", right: true),
            .init("mean", right: true), .init("time", right: true),
        ])
        table.rows = summaries.map { summary in
            let error = summary.standardError.map { " \(style.plusMinus)\(ValueText.number($0))" } ?? ""
            return [
                Cell(summary.name), Cell(summary.method), Cell(String(summary.trials)),
                Cell(String(summary.count(.completed))), Cell(String(summary.count(.pruned))),
                Cell(String(summary.count(.failed)), summary.count(.failed) > 0 ? .red : nil),
                Cell(summary.best.map { ValueText.number($0) } ?? ""),
                Cell(summary.mean.map { ValueText.number($0) + error } ?? ""), Cell(TimeText.duration(summary.seconds)),
            ]
        }
        session.output.write(table.render(width: width, style: style).text)
        for summary in summaries where !summary.failures.isEmpty {
            var table = Table(columns: [.init("failed", right: true), .init("why", shrinksTo: 20), .init("trials")])
            table.rows = summary.failures.map { failure in
                let shown = failure.trials.prefix(5).map(String.init).joined(separator: ",")
                return [
                    Cell(String(failure.trials.count), .red), Cell(failure.reason),
                    Cell("\(summary.id)-\(shown)\(failure.trials.count > 5 ? style.ellipsis : "")"),
                ]
            }
            session.output.write("\n" + table.render(width: width, style: style).text)
        }
    }
}

/// How a sweep's trials ended, in numbers.
struct SweepSummary {
    struct Failure: Equatable {
        /// As the first trial with it has it.
        var reason: String
        var trials: [Int]
    }

    let id: SweepID
    let name: String
    let method: String
    let trials: Int
    private let counts: [TrialState: Int]
    let best: Double?
    let mean: Double?
    let standardError: Double?
    let seconds: Double
    /// The most frequent first.
    let failures: [Failure]

    init(_ sweep: SweepRow, _ rows: [TrialRow], now: Timestamp) {
        id = sweep.id
        name = sweep.name.map { "\(sweep.id) \($0)" } ?? sweep.id.text
        method = sweep.method
        trials = rows.count
        counts = Dictionary(grouping: rows, by: \.state).mapValues(\.count)
        let values = rows.filter { $0.state == .completed }.compactMap(\.objective).filter(\.isFinite)
        best = (sweep.goal ?? .minimize) == .minimize ? values.min() : values.max()
        let mean = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        self.mean = mean
        standardError = mean.flatMap { mean in
            guard values.count > 1 else { return nil }
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return (squares / Double(values.count - 1) / Double(values.count)).squareRoot()
        }
        seconds = rows.compactMap { $0.duration(now: now) }.reduce(0, +)
        var groups: [String: Failure] = [:]
        for row in rows where row.state == .failed {
            let reason = row.reason ?? "no reason given"
            groups[Self.shape(reason), default: Failure(reason: reason, trials: [])].trials.append(row.number)
        }
        failures = groups.values.sorted { ($1.trials.count, $0.reason) < ($0.trials.count, $1.reason) }
    }

    func count(_ state: TrialState) -> Int { counts[state] ?? 0 }

    /// The reason without its numbers: what was allocated, at which address, after how many steps.
    static func shape(_ reason: String) -> String {
        var shape = ""
        var isInNumber = false
        for character in reason {
            if character.isNumber || isInNumber && (character == "." || character.isHexDigit) {
                if !isInNumber { shape.append("#") }
                isInNumber = true
            } else {
                shape.append(character)
                isInNumber = false
            }
        }
        return shape
    }

    var document: ParameterValue {
        .object([
            .init("id", .string(id.text)), .init("method", .string(method)), .init("trials", .int(trials)),
            .init("counts", .object(TrialState.allCases.map { .init($0.rawValue, .int(count($0))) })),
            .init("best", Documents.optional(best)), .init("mean", Documents.optional(mean)),
            .init("standard_error", Documents.optional(standardError)), .init("seconds", .double(seconds)),
            .init(
                "failures",
                .list(
                    failures.map { failure in
                        .object([
                            .init("reason", .string(failure.reason)), .init("count", .int(failure.trials.count)),
                            .init("trials", .list(failure.trials.map { .string(TrialID(id, $0).description) })),
                        ])
                    })),
        ])
    }
}
