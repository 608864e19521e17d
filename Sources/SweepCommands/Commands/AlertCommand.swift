import ArgumentParser
import SweepModel
import SweepWire

/// `sweep alert`.
struct AlertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert",
        abstract: "Try out who is notified of a sweep.",
        discussion:
            "'sweep show' lists what was told, and to whom; 'notify' in the sweep file says who is told of what.",
        subcommands: [AlertTest.self])
}

/// `sweep alert test`.
struct AlertTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send every target a test, and say what came back.")

    @Argument(help: "A sweep. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let told = try await Client.connected(to: .find(common, session)) { client in
            let row = try await Selection.sweep(sweep, client, session)
            return try await client.one(.testAlert(sweep: row.id.text), as: ToldAlert.self)
        }
        if json {
            session.output.write(Documents.document([.init("outcome", .list(told.outcome.map { .string($0) }))]))
        } else {
            for line in told.outcome { session.output.write(DisplayText.escape(line) + "\n") }
        }
        if !told.outcome.allSatisfy({ $0.hasSuffix(": told") }) { throw ExitCode(1) }
    }
}
