import ArgumentParser
import SweepModel
import SweepWire

/// `sweep leaderboard`.
struct LeaderboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leaderboard", abstract: "Show the best trials.", aliases: ["best"])

    /// Rows of a table, unless more are asked for.
    static let defaultTop = 20

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "At most so many trials; 0: all. Default: 20 in tables, all in JSON and CSV.", valueName: "n"))
    var top: Int?

    @Flag(name: [.short, .long], help: "Show it again whenever something changes, until the sweep is over.")
    var watch = false

    @Option(help: .trialColumns)
    var columns: String?

    @Option(
        help: ArgumentHelp(
            "Make one row of all trials with the same values of these parameters (with commas): mean and standard error.",
            valueName: "parameters"))
    var group: String?

    @Option(help: ArgumentHelp("A column to sort by; 'lr:desc' for the other way round.", valueName: "column"))
    var sort: String?

    @OptionGroup var filter: FilterOption
    @OptionGroup var format: ListOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let top, top < 0 { throw ValidationError("--top counts trials: 0 or more") }
    }

    func run() async throws {
        let session = Session.current
        let address = try ControllerAddress.find(common, session)
        if watch {
            try await LeaderboardWatch(command: self, address: address, session: session).run()
        } else {
            try await Client.connected(to: address) { client in
                let row = try await Selection.sweep(sweep, client, session)
                try await print(page(of: row, client, session), session)
            }
        }
    }

    /// How many rows to show; nil: all.
    private func limit(_ session: Session) -> Int? {
        if let top { return top == 0 ? nil : top }
        return format.format == .table ? Self.defaultTop : nil
    }

    /// One state of the leaderboard.
    struct Page {
        var table: TrialTable
        var isGrouped: Bool
        /// Places that are not shown.
        var hidden: Int
    }

    /// - Parameter most: rows for which there is room, where fewer than asked for.
    func page(of sweep: SweepRow, _ client: Client, _ session: Session, most: Int? = nil) async throws -> Page {
        var limit = limit(session)
        if let most { limit = min(limit ?? most, most) }
        let id = sweep.id.text
        let summaries = SummaryColumn.names(columns: columns, sort: sort)
        let row = try await client.one(.show(sweep: id), as: SweepRow.self)
        // Sorting by something else, and the mean over a point's trials, need all rows.
        var rows = try await client.trialRows(
            .leaderboard(
                sweep: id, top: sort == nil && filter.expression == nil && group == nil ? limit : nil,
                summaries: summaries))
        let objectives = row.objectives ?? []
        if limit != nil, sort == nil, group == nil,
            objectives.count > 1 || rows.contains(where: { $0.point != $0.number })
        {
            rows = try await client.trialRows(.leaderboard(sweep: id, top: nil, summaries: summaries))
        }
        rows = try await filter.filter(rows, of: row, client)
        let grouped = try group.map { try Self.parameters($0, of: rows) }
        var leaderboard = Leaderboard(rows, goal: row.goal, groupedBy: grouped)
        if objectives.count > 1 { leaderboard.rank(by: objectives) }
        var table = TrialTable(
            sweep: row, standings: leaderboard.standings,
            searched: format.format == .table ? SearchedParameters.names(row.yaml) : [], now: session.now())
        table.grouped = grouped
        if let sort { table.standings = try TrialOrder(sort, in: table).sort(table.standings, now: table.now) }
        table.front = leaderboard.front
        var hidden =
            leaderboard.isGrouped || sort != nil || filter.expression != nil
            ? 0 : max(0, row.total - table.standings.count)
        if let limit, table.standings.count > limit {
            hidden = table.standings.count - limit
            table.standings = Array(table.standings.prefix(limit))
        }
        return Page(table: table, isGrouped: leaderboard.isGrouped, hidden: hidden)
    }

    /// The parameters that a list names; each must be one of some trial.
    private static func parameters(_ list: String, of rows: [TrialRow]) throws(SweepError) -> [String] {
        let known = Set(rows.flatMap { $0.params.flattened.map(\.name) })
        let names = list.split(separator: ",").map { String($0).trimmed }
        for name in names where !known.contains(name) && !rows.isEmpty {
            throw SweepError(
                .usage, "no trial has a parameter '\(DisplayText.escape(name))'",
                remedy: Spelling.closest(to: name, among: known.sorted()).map {
                    "did you mean '\(DisplayText.escape($0))'?"
                } ?? "there are: " + known.sorted().prefix(40).map { DisplayText.escape($0) }.joined(separator: ", "))
        }
        return names
    }

    func print(_ page: Page, _ session: Session) throws {
        let style = common.colour.style(session)
        guard !page.table.standings.isEmpty || format.format != .table else {
            session.say("sweep \(page.table.sweep.id) has no trial yet; start an agent")
            return
        }
        let shown = try columns.map { try page.table.columns($0) } ?? page.table.leaderboardColumns
        TrialPrinter.print(page.table, shown, isGrouped: page.isGrouped, format.format, style, session)
        if page.hidden > 0, format.format == .table {
            let all = page.table.standings.count + page.hidden
            session.say(
                "showing \(ValueText.count(page.table.standings.count)) of "
                    + "\(ValueText.plural(all, page.isGrouped ? "point" : "trial")); all: --top 0")
        }
    }
}
