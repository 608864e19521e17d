import ArgumentParser
import SweepModel
import SweepWire

/// `sweep query`.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Ask in SQL.",
        discussion: """
            Tables, read-only:
              sweeps      id, name, state, reason, created, ended, file
              trials      sweep, id, number, state, objective, step, duration, …, and each parameter and metric by name
              parameters  sweep, trial, name, value
              metrics     sweep, trial, name, value: the last value of each
              attempts    sweep, trial, attempt, agent, host, slot, assigned, started, ended, outcome, reason, exit, …
              points      sweep, trial, attempt, metric, step, time, value: of each trial's newest attempt
            Times are seconds since 1970.
              sweep query "SELECT optimizer, count(*), avg(objective) FROM trials GROUP BY optimizer"
            """)

    @Argument(help: "One SELECT, in SQLite's SQL.")
    var sql: String

    @Option(help: ArgumentHelp("Only this sweep. Default: all.", valueName: "sweep"), completion: .sweepIDs)
    var sweep: String?

    @Option(help: ArgumentHelp("At most so many rows. Default: 1000 in tables, else 1000000.", valueName: "n"))
    var limit: Int?

    @OptionGroup var format: ListOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit counts rows: 0 or more") }
        if format.format == .id { throw ValidationError("-o id lists ids; select them, with -o csv") }
    }

    func run() async throws {
        let session = Session.current
        let limit = limit ?? (format.format == .table ? 1000 : nil)
        try await Client.connected(to: .find(common, session)) { client in
            var name: String?
            if let sweep { name = try await Selection.sweep(sweep, client, session).id.text }
            var head: QueryHead?
            var rows: [[ParameterValue]] = []
            try await client.stream(.query(sql: sql, sweep: name, limit: limit), patient: true) { item in
                if head == nil {
                    head = try JSONCoding.decode(QueryHead.self, from: item)
                } else if case .list(let row) = item {
                    rows.append(row)
                }
            }
            guard let head else { return }
            write(head, rows, session)
            if head.isCut { session.say("the first \(rows.count) rows; more: --limit") }
        }
    }

    private func write(_ head: QueryHead, _ rows: [[ParameterValue]], _ session: Session) {
        func object(_ row: [ParameterValue]) -> ParameterValue {
            .object(zip(head.columns, row).map { .init($0, $1) })
        }
        switch format.format {
        case .json:
            session.output.write(
                Documents.document([
                    .init("columns", .list(head.columns.map { .string($0) })), .init("rows", .list(rows.map(object))),
                ]))
        case .jsonl: for row in rows { session.output.write(Documents.line(object(row))) }
        case .csv, .id:
            var text = ""
            CSVText.append(head.columns, to: &text)
            for row in rows { CSVText.append(row.map { $0 == .null ? "" : ValueText.exact($0) }, to: &text) }
            session.output.write(text)
        case .table:
            var table = Table(columns: head.columns.map { Table.Column($0, shrinksTo: 8) })
            table.rows = rows.map { row in row.map { Cell(ValueText.asked($0)) } }
            let style = common.colour.style(session)
            session.output.write(table.render(width: session.output.terminal?.columns, style: style).text)
        }
    }
}
