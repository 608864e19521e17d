import ArgumentParser
import SweepModel
import SweepWire

/// `sweep wait`.
struct Wait: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Wait until a sweep is over.",
        discussion: "Exit codes: 0 it is over, 3 and no trial succeeded, 124 the time ran out first.")

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Option(help: ArgumentHelp("Give up after this long: 90, 90s, 10m, 8h or 2d.", valueName: "time"))
    var timeout: DurationText?

    @Flag(help: "Print the sweep at the end as one JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    private static let pace = Duration.milliseconds(250)

    func run() async throws {
        let session = Session.current
        let clock = ContinuousClock()
        let deadline = timeout.map { clock.now + .seconds($0.seconds) }
        let row = try await Client.connected(to: .find(common, session)) { client in
            let id = try await Selection.sweep(sweep, client, session).id
            while true {
                let row = try await client.one(.show(sweep: id.text), as: SweepRow.self)
                if row.isOver { return row }
                if let deadline, clock.now >= deadline {
                    session.say("sweep \(id) is not over: \(StatusLine.counts(row))")
                    throw ExitCode(124)
                }
                try await Task.sleep(for: Self.pace)
            }
        }
        if json {
            var row = row
            row.yaml = nil
            session.output.write(Documents.document([.init("sweep", Documents.sweep(row))]))
        } else {
            var shown = row
            // Below the line, one reason a line.
            if row.count(.completed) == 0 { shown.failures = [:] }
            let line = StatusLine.sweep(shown, now: session.now())
            session.say(line.rendered(nil, common.colour.talkStyle(session)))
        }
        if row.count(.completed) == 0 {
            if !json { for line in StatusLine.reasonLines(row) { session.say("    \(line)") } }
            throw ExitCode(3)
        }
    }
}
