import ArgumentParser
import SweepModel
import SweepWire

/// `sweep list`.
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show all sweeps.", aliases: ["ls"])

    @Option(
        help: ArgumentHelp(
            "Only sweeps with all of these words in id, name, metric, file, tags or note; \"starred\" stands for a star.",
            valueName: "words"))
    var search: String?

    @OptionGroup var format: ListOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let (rows, problem) = try await Client.connected(to: .find(common, session)) { client in
            let rows = try await client.items(.list, as: SweepRow.self).filter { row in
                search.map { row.matches($0) } ?? true
            }
            return (rows, try await client.one(.status, as: ControllerStatus.self).problem)
        }
        if let problem { session.say("warning: the controller hands out no trials: \(DisplayText.escape(problem))") }
        let style = common.colour.style(session)
        switch format.format {
        case .json:
            session.output.write(Documents.document([.init("sweeps", .list(rows.map { Documents.sweep($0) }))]))
        case .jsonl: for row in rows { session.output.write(Documents.line(Documents.sweep(row))) }
        case .id: for row in rows { session.output.write("\(row.id)\n") }
        case .csv: session.output.write(SweepTable.csv(rows))
        case .table:
            if rows.isEmpty {
                session.say(
                    search.map { "no sweep has '\(DisplayText.escape($0))' in it" }
                        ?? "there is no sweep yet; create one: sweep create FILE.yaml")
            }
            guard !rows.isEmpty else { return }
            let rendered = SweepTable.table(rows, now: session.now(), style: style)
                .render(width: session.output.terminal?.columns, style: style)
            session.output.write(rendered.text)
        }
    }
}

extension SweepRow {
    /// Whether it has all of the words.
    package func matches(_ words: String) -> Bool {
        let own = [id.text, name ?? "", metric ?? "", file ?? "", remark?.note ?? ""] + (remark?.tags ?? [])
        let text = (own + (remark?.star == true ? ["starred"] : [])).joined(separator: "\n").lowercased()
        return words.lowercased().split(separator: " ").allSatisfy { text.contains($0) }
    }
}
