import ArgumentParser
import SweepModel
import SweepWire

/// `sweep show`.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one sweep or one trial.")

    @Argument(
        help: "A sweep, or a trial like k3f9x2mp-12 (or 12, of the newest sweep). Default: the newest sweep.",
        completion: .sweepIDs)
    var target: String?

    @Flag(help: "Print the sweep's file as it was given.")
    var yaml = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            switch try await Selection.target(target, client, session) {
            case .sweep(let row):
                let sweep = try await client.one(.show(sweep: row.id.text), as: SweepRow.self)
                if yaml {
                    session.output.write(sweep.yaml ?? "")
                } else if json {
                    session.output.write(Documents.document([.init("sweep", Documents.sweep(sweep))]))
                } else {
                    write(SweepDetails.lines(sweep, now: session.now()), session)
                }
            case .trial(let id, let row):
                try await show(id, of: row, client, session)
            }
        }
    }

    private func show(_ id: TrialID, of sweep: SweepRow, _ client: Client, _ session: Session) async throws {
        let (trial, attempts) = try await client.trial(id)
        if json {
            var sweep = sweep
            sweep.yaml = nil
            let members =
                (Documents.trial(trial).members ?? []) + [
                    .init("attempts", .list(attempts.map { Documents.attempt($0) }))
                ]
            session.output.write(
                Documents.document([.init("sweep", Documents.sweep(sweep)), .init("trial", .object(members))]))
        } else {
            write(TrialDetails.lines(trial, attempts, metric: sweep.metric, now: session.now()), session)
        }
    }

    private func write(_ lines: [StyledLine], _ session: Session) {
        let style = common.colour.style(session)
        for line in lines { session.output.write(line.rendered(nil, style) + "\n") }
    }
}
