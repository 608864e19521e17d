import ArgumentParser
import SweepModel
import SweepWire

extension TrialState: ExpressibleByArgument {}

/// `sweep trials`.
struct Trials: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show all trials of a sweep.")

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Only trials in this state; may be repeated.", valueName: "state"))
    var state: [TrialState] = []

    @Option(help: .trialColumns)
    var columns: String?

    @Option(help: ArgumentHelp("A column to sort by; 'lr:desc' for the other way round.", valueName: "column"))
    var sort: String?

    @OptionGroup var filter: FilterOption
    @OptionGroup var format: ListOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let row = try await Selection.sweep(sweep, client, session)
            let rows = try await filter.filter(
                client.trialRows(
                    .trials(
                        sweep: row.id.text, after: nil, states: state.isEmpty ? nil : state,
                        summaries: SummaryColumn.names(columns: columns, sort: sort))), of: row, client)
            let style = common.colour.style(session)
            var table = TrialTable(
                sweep: row, standings: rows.compactMap { Standing(trials: [$0]) }, now: session.now())
            if let sort { table.standings = try TrialOrder(sort, in: table).sort(table.standings, now: table.now) }
            if rows.isEmpty, format.format == .table {
                session.say(state.isEmpty ? "sweep \(row.id) has no trial yet; start an agent" : "no such trial")
                return
            }
            let shown = try columns.map { try table.columns($0) } ?? table.listColumns
            TrialPrinter.print(table, shown, isGrouped: false, format.format, style, session)
        }
    }
}
