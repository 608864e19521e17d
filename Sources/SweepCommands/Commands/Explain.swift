import ArgumentParser
import SweepModel
import SweepWire

/// `sweep explain`.
struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say why a trial was tried, and why it was stopped.",
        discussion: """
            What the search knew and expected when it chose this point, what came of it, and, where a stopping rule \
            ended the trial, what it was compared with.
            """)

    @Argument(
        help: "A trial like k3f9x2mp-12 (or 12, of the newest sweep).", completion: .sweepIDs)
    var trial: String

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let (id, sweep) = try await Selection.trial(trial, client, session)
            let row = try await client.trial(id).row
            if json {
                var sweep = sweep
                sweep.yaml = nil
                session.output.write(
                    Documents.document([
                        .init("sweep", Documents.sweep(sweep)), .init("trial", Documents.trial(row)),
                    ]))
            } else {
                let style = common.colour.style(session)
                for line in Explanation(row, of: sweep).lines {
                    session.output.write(line.rendered(nil, style) + "\n")
                }
            }
        }
    }
}
