import ArgumentParser
import SweepModel
import SweepWire

/// `sweep export`.
struct Export: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv, jsonl, columns, optuna, tensorboard
    }

    static let configuration = CommandConfiguration(
        abstract: "Write a sweep as a table, or for another tool.",
        discussion: """
            csv, jsonl (a JSON object a row) and columns (JSON objects of lists, row groups for Parquet) have a row a \
            trial, or with --rows points a row a point. Times are seconds since 1970.
              sweep export -o trials.csv
              sweep export --rows points --metrics val_loss --where "state = 'completed'" > points.csv
            optuna writes a journal file that optuna.storages.JournalStorage opens; tensorboard a folder for \
            'tensorboard --logdir'.
            """)

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Option(help: ArgumentHelp("csv, jsonl, columns, optuna or tensorboard.", valueName: "format"))
    var format = Format.csv

    @Option(help: ArgumentHelp("trials: a row a trial; points: a row a point.", valueName: "what"))
    var rows = ExportRequest.Rows.trials

    @Option(help: ArgumentHelp("Only these metrics, with commas.", valueName: "list"))
    var metrics: String?

    @OptionGroup var filter: FilterOption

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("The file to write (tensorboard: the folder). Default: standard output.", valueName: "path"))
    var output: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if format == .tensorboard, output == nil { throw ValidationError("tensorboard needs --output FOLDER") }
        if [.optuna, .tensorboard].contains(format), rows == .points {
            throw ValidationError("--rows is of csv, jsonl and columns")
        }
    }

    private var metricNames: [String]? { metrics.map { $0.split(separator: ",").map { String($0).trimmed } } }

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let row = try await Selection.sweep(sweep, client, session)
            switch format {
            case .csv: try await table(.csv, row, client, session)
            case .jsonl: try await table(.jsonl, row, client, session)
            case .columns: try await table(.columns, row, client, session)
            case .optuna: try await optuna(row, client, session)
            case .tensorboard: try await tensorboard(row, client, session)
            }
        }
    }

    private func table(
        _ format: ExportRequest.Format, _ row: SweepRow, _ client: Client, _ session: Session
    ) async throws {
        let request = ExportRequest(rows: rows, format: format, filter: filter.expression, metrics: metricNames)
        let file = try ExportFile(output, session)
        try await client.pieces(.export(sweep: row.id.text, request)) { try file.write($0) }
        try file.close()
    }

    private func optuna(_ row: SweepRow, _ client: Client, _ session: Session) async throws {
        let sweep = try await client.one(.show(sweep: row.id.text), as: SweepRow.self)
        let trials = try await filter.filter(
            client.trialRows(.trials(sweep: row.id.text, after: nil, states: nil)), of: row, client)
        var points = PointLines(metric: sweep.metric)
        if let metric = sweep.metric {
            let request = ExportRequest(rows: .points, format: .jsonl, filter: filter.expression, metrics: [metric])
            try await client.pieces(.export(sweep: row.id.text, request)) { points.add($0) }
        }
        let file = try ExportFile(output, session)
        for line in OptunaJournal(sweep, trials, points: points.byTrial).lines { try file.write(line) }
        try file.close()
    }

    private func tensorboard(_ row: SweepRow, _ client: Client, _ session: Session) async throws {
        let trials = try await filter.filter(
            client.trialRows(.trials(sweep: row.id.text, after: nil, states: nil)), of: row, client)
        let path = session.path(output ?? ".")
        for trial in trials where trial.attempt > 0 {
            var events = EventFile(trial)
            let request = ExportRequest(
                rows: .points, format: .jsonl, metrics: metricNames, trial: trial.number)
            var lines = PointLines(metric: nil)
            try await client.pieces(.export(sweep: row.id.text, request)) { piece in
                lines.add(piece)
                events.add(lines.take())
            }
            try events.write(to: "\(path)/\(trial.id)")
        }
        session.say("tensorboard --logdir \(path)")
    }
}

extension ExportRequest.Rows: ExpressibleByArgument {}

/// `--where` of the commands that show trials.
struct FilterOption: ParsableArguments, Sendable {
    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            """
            Only trials for which this SQL expression is true, over parameters, metrics, state, objective, duration, …: \
            "lr > 1e-3 and optimizer = 'adam'"; odd names in double quotes: '"val/loss" < 0.3'.
            """, valueName: "expression"))
    var expression: String?

    /// Those of `rows` that the controller finds.
    func filter(_ rows: [TrialRow], of sweep: SweepRow, _ client: Client) async throws -> [TrialRow] {
        guard let expression else { return rows }
        var numbers: Set<Int> = []
        for page in try await client.items(.matching(sweep: sweep.id.text, filter: expression), as: TrialNumbers.self) {
            numbers.formUnion(page.numbers)
        }
        return rows.filter { numbers.contains($0.number) }
    }
}

extension Client {
    /// The pieces of a text, as they come.
    func pieces(_ request: ClientRequest, _ take: ([UInt8]) throws -> Void) async throws {
        try await stream(request) { item in
            if let text = item["text"]?.string { try take(Array(text.utf8)) }
        }
    }
}
