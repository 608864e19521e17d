import ArgumentParser
import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// `sweep importance`.
struct ImportanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "importance", abstract: "Show which parameters matter.",
        discussion: """
            The share of the objective's variation that each parameter explains by itself, over the whole space (fANOVA
            on a random forest), with the deviation over the forest's trees.
            """)

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let known = try await TrialHistory(try await Selection.sweep(sweep, client, session), client)
            let importance = try Importance(space: known.spec.space, history: known.history)
            if json {
                session.output.write(Self.document(importance, sweep: known.sweep))
            } else {
                write(importance, session)
            }
        }
    }

    static func document(_ importance: Importance, sweep: SweepRow) -> [UInt8] {
        Documents.document([
            .init("sweep", .string(sweep.id.text)), .init("trials", .int(importance.learntFrom)),
            .init(
                "parameters",
                .list(
                    importance.shares.map { share in
                        .object([
                            .init("name", .string(share.name)), .init("share", .double(share.share)),
                            .init("deviation", .double(share.deviation)), .init("active", .double(share.active)),
                        ])
                    })), .init("together", .double(importance.together)),
        ])
    }

    private func write(_ importance: Importance, _ session: Session) {
        let isConditional = importance.shares.contains { $0.active < 1 }
        var table = Table(columns: [
            .init("parameter", shrinksTo: 12), .init("share", right: true), .init("±", right: true),
        ])
        if isConditional { table.columns.append(.init("takes part", right: true)) }
        table.rows = importance.shares.map { share in
            [Cell(share.name), Cell(Self.percent(share.share)), Cell(Self.percent(share.deviation))]
                + (isConditional ? [Cell(Self.percent(share.active))] : [])
        }
        let style = common.colour.style(session)
        session.output.write(table.render(width: session.output.terminal?.columns, style: style).text)
        session.say(
            "\(Self.percent(importance.together)) is explained only by several together; learnt from "
                + ValueText.plural(importance.learntFrom, "trial"))
    }

    static func percent(_ share: Double) -> String { "\(ValueText.tenths(share * 100))%" }
}
