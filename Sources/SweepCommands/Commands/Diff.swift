import ArgumentParser
import SweepModel
import SweepWire

/// `sweep diff`.
struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show in what two trials differ.",
        discussion:
            "Parameters, last metrics, outcome, machine, Python and its packages, commit and uncommitted changes.")

    @Argument(help: "A trial like k3f9x2mp-12 (or 12, of the newest sweep).", completion: .sweepIDs)
    var first: String

    @Argument(help: "The other trial.", completion: .sweepIDs)
    var second: String

    @Flag(help: "What is the same, too.")
    var all = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let a = try await TrialFacts.read(first, client, session)
            let b = try await TrialFacts.read(second, client, session)
            let rows = TrialFacts.compare(a, b).filter { all || $0.first != $0.second }
            if json {
                session.output.write(
                    Documents.document([
                        .init("first", .string(a.id.description)), .init("second", .string(b.id.description)),
                        .init(
                            "differences",
                            .list(
                                rows.map { row in
                                    .object([
                                        .init("kind", .string(row.kind)), .init("name", .string(row.name)),
                                        .init("first", row.first ?? .null), .init("second", row.second ?? .null),
                                    ])
                                })),
                    ]))
                return
            }
            guard !rows.isEmpty else {
                session.say("no difference in what is recorded")
                return
            }
            var table = Table(columns: [
                .init(""), .init("name", shrinksTo: 12), .init(a.id.description, shrinksTo: 12),
                .init(b.id.description, shrinksTo: 12),
            ])
            table.rows = rows.map { row in
                [Cell(row.kind, .dim), Cell(row.name)]
                    + [row.first, row.second].map { Cell($0.map { ValueText.parameter($0) } ?? "") }
            }
            let style = common.colour.style(session)
            session.output.write(table.render(width: session.output.terminal?.columns, style: style).text)
        }
    }
}
