import ArgumentParser
import SweepModel
import SweepWire

/// `sweep star`.
struct Star: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Star a sweep or a trial: to find it again, and first in the report.")

    @Argument(help: "A sweep, or a trial like k3f9x2mp-12.", completion: .sweepIDs)
    var target: String

    @Flag(help: "Take the star away.")
    var remove = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let target = try await Selection.target(target, client, session)
            _ = try await target.change(RemarkChange(star: !remove), client)
            session.say(remove ? "no star any more" : "starred")
        }
    }
}
