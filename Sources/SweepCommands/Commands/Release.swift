import ArgumentParser
import SweepModel
import SweepWire

/// `sweep release`.
struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Use paused slots again.",
        discussion: """
            A slot on which trials fail one after the other is paused, and one whose GPU memory does not come back is kept
            out; 'sweep agents' shows why. Both are tried again by themselves later; this does it now.
            """)

    @Argument(help: "An agent: its name or id.")
    var agent: String

    @Option(help: ArgumentHelp("Only this slot, counted from 0 (default: all of the agent).", valueName: "n"))
    var slot: Int?

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let released = try await Client.connected(to: .find(common, session)) { client in
            try await client.one(.release(agent: agent, slot: slot), as: ReleasedSlots.self)
        }
        if json {
            session.output.write(
                Documents.document([
                    .init("agent", .string(released.agent)),
                    .init("slots", .list(released.slots.map { .string($0) })),
                ]))
        } else if released.slots.isEmpty {
            session.say("no slot of agent \(DisplayText.escape(released.agent)) was paused")
        } else {
            let labels = released.slots.map { DisplayText.escape($0) }.joined(separator: "; ")
            session.say("agent \(DisplayText.escape(released.agent)) uses again: \(labels)")
        }
    }
}
