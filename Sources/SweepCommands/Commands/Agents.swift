import ArgumentParser
import SweepModel
import SweepWire

/// `sweep agents`.
struct Agents: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show agents and their slots.")

    @OptionGroup var format: ListOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let rows = try await Client.connected(to: .find(common, session)) { client in
            try await client.items(.agents, as: AgentRow.self)
        }
        let style = common.colour.style(session)
        switch format.format {
        case .json:
            session.output.write(Documents.document([.init("agents", .list(rows.map { Documents.agent($0) }))]))
        case .jsonl: for row in rows { session.output.write(Documents.line(Documents.agent(row))) }
        case .id: for row in rows { session.output.write("\(DisplayText.escape(row.id.text))\n") }
        case .csv: session.output.write(AgentTable.csv(rows))
        case .table:
            if rows.isEmpty { session.say("no agent is connected; start one: agent") }
            guard !rows.isEmpty else { return }
            let rendered = AgentTable.table(rows, now: session.now(), style: style)
                .render(width: session.output.terminal?.columns, style: style)
            session.output.write(rendered.text)
        }
    }
}
