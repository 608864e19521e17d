import SweepModel
import SweepWire

/// `sweep leaderboard --watch`: on a terminal one table that is drawn again; elsewhere the rows that changed, or with
/// `--json` a line of JSON for each change.
struct LeaderboardWatch: Sendable {
    var command: LeaderboardCommand
    var address: ControllerAddress
    var session: Session

    /// How often it looks: one query of the store costs next to nothing, and a person reads it.
    private static let pace = Duration.milliseconds(500)

    func run() async throws {
        let sweep = try await Client.connected(to: address) { client in
            try await Selection.sweep(command.sweep, client, session)
        }
        switch command.format.format {
        case .json, .jsonl: try await events(of: sweep)
        case .csv, .id:
            throw SweepError(.usage, "--watch prints a table or, with --json, a line of JSON for each change")
        case .table: try await redraw(sweep)
        }
    }

    /// `{"version": 1, "sweep": …}` or `{"version": 1, "trial": …}` a line.
    private func events(of sweep: SweepRow) async throws {
        try await Client.connected(to: address) { client in
            try await client.stream(.watch(sweep: sweep.id.text), patient: true) { item in
                let event = try JSONCoding.decode(SweepEvent.self, from: item)
                if var row = event.sweep {
                    row.yaml = nil
                    session.output.write(Documents.document([.init("sweep", Documents.sweep(row))]))
                }
                if let row = event.trial {
                    session.output.write(Documents.document([.init("trial", Documents.trial(row))]))
                }
                session.output.flush()
            }
        }
    }

    private func redraw(_ sweep: SweepRow) async throws {
        var block = LiveBlock()
        var printed: [String: String] = [:]
        let terminal = session.output.terminal.flatMap { $0.isDumb ? nil : $0 }
        try await Client.connected(to: address) { client in
            while true {
                let agents = try await client.items(.agents, as: AgentRow.self)
                let slots = SlotPauses(agents, sweep: sweep.id)
                let page = try await command.page(
                    of: sweep, client, session, most: terminal.map { max(3, $0.rows - 5) })
                if let terminal {
                    session.output.write(block.redraw(try lines(page, slots, terminal)))
                } else {
                    try printChanged(page, &printed)
                    if slots.isAll, !page.table.sweep.isOver, printed["pause"] != slots.reason {
                        session.say(slots.summary)
                    }
                    printed["pause"] = slots.isAll ? slots.reason : nil
                }
                session.output.flush()
                if page.table.sweep.isOver { return }
                try await Task.sleep(for: Self.pace)
            }
        }
    }

    private func lines(
        _ page: LeaderboardCommand.Page, _ slots: SlotPauses, _ terminal: Terminal
    ) throws -> [String] {
        let style = command.common.colour.style(session)
        let sweep = page.table.sweep
        let status = StatusLine.sweep(sweep, now: page.table.now, slots: slots, isBrief: true)
        var lines = [status.rendered(terminal.columns, style)]
        if slots.isAll, sweep.state == .running {
            // A line of its own: it is what the person has to know, and the first line may be full.
            lines.append(StyledLine([(slots.summary, .yellow)]).rendered(terminal.columns, style))
        }
        let shown = try command.columns.map { try page.table.columns($0) } ?? page.table.leaderboardColumns
        let rendered = page.table.table(shown, style: style).render(width: terminal.columns, style: style)
        lines += rendered.text.split(separator: "\n").map(String.init)
        if page.hidden > 0 {
            lines.append(
                StyledLine([("and \(ValueText.count(page.hidden)) more", .dim)]).rendered(terminal.columns, style))
        }
        return lines
    }

    /// The rows that are not as they were printed last, after the header the first time.
    private func printChanged(_ page: LeaderboardCommand.Page, _ printed: inout [String: String]) throws {
        let style = command.common.colour.style(session)
        let shown = try command.columns.map { try page.table.columns($0) } ?? page.table.leaderboardColumns
        let text = page.table.table(shown, style: style).render(width: nil, style: style).text
        let lines = text.split(separator: "\n").map(String.init)
        guard let header = lines.first else { return }
        if printed["header"] != header { session.output.write(header + "\n") }
        printed["header"] = header
        for (line, standing) in zip(lines.dropFirst(), page.table.standings) {
            // Without the running time, which changes by itself.
            let state = standing.trials.map { "\($0.state.rawValue) \($0.objective ?? .nan) \($0.step ?? -1)" }
            let key = standing.first.id.description
            guard printed[key] != state.joined() else { continue }
            printed[key] = state.joined()
            session.output.write(line + "\n")
        }
    }
}
