import ArgumentParser
import SweepModel
import SweepWire

/// `sweep delete`.
struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove sweeps with all their files.", aliases: ["rm"])

    @Argument(help: "Sweeps: ids, beginnings of ids, or names.", completion: .sweepIDs)
    var sweeps: [String]

    @Flag(name: [.short, .long], help: "Do not ask.")
    var yes = false

    @Flag(help: "Also where trials still run: they are ended.")
    var force = false

    @Flag(help: "Print what was removed as one JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            var rows: [SweepRow] = []
            for text in sweeps {
                let row = try await Selection.sweep(text, client, session)
                if !rows.contains(where: { $0.id == row.id }) { rows.append(row) }
            }
            let trials = rows.reduce(0) { $0 + $1.total }
            let names = rows.map { row in row.id.text + (row.name.map { " (\(DisplayText.escape($0)))" } ?? "") }
            let what = "\(names.joined(separator: ", ")) with \(ValueText.plural(trials, "trial")) and all their files"
            if !yes {
                guard let ask = session.ask else {
                    throw SweepError(.usage, "nobody is here to ask whether to delete \(what)", remedy: "add --yes")
                }
                guard ask("Delete \(what)?") else { throw SweepError(.failed, "nothing was deleted") }
            }
            for row in rows {
                try await client.perform(.delete(sweep: row.id.text, force: force))
                session.say("deleted \(row.id)")
            }
            if json {
                session.output.write(
                    Documents.document([.init("deleted", .list(rows.map { .string($0.id.text) }))]))
            }
        }
    }
}
