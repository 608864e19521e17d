import ArgumentParser
import SweepModel
import SweepWire

/// `sweep cancel`.
struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "End a sweep or a trial at once.")

    @Argument(help: "A sweep, or a trial like k3f9x2mp-12.", completion: .sweepIDs)
    var target: String

    @OptionGroup var steering: SteeringOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(steering.common, session)) { client in
            switch try await Selection.target(target, client, session) {
            case .sweep(let row):
                try await client.perform(.cancel(sweep: row.id.text))
                try await steering.report(row.id, client, session)
            case .trial(let id, let row):
                try await client.perform(.cancelTrial(id))
                session.say("cancelled \(id)")
                if steering.json { try await steering.report(row.id, client, session) }
            }
        }
    }
}
