import ArgumentParser
import SweepModel
import SweepWire

/// `sweep tag`.
struct Tag: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tag a sweep or a trial, or show its tags.")

    @Argument(help: "A sweep, or a trial like k3f9x2mp-12.", completion: .sweepIDs)
    var target: String

    @Argument(help: "Tags to add. Without any the tags are shown.")
    var tags: [String] = []

    @Flag(help: "Remove these tags instead.")
    var remove = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if remove, tags.isEmpty { throw ValidationError("--remove takes the tags to remove") }
    }

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let target = try await Selection.target(target, client, session)
            let change = RemarkChange(addedTags: remove ? [] : tags, removedTags: remove ? tags : [])
            let remark =
                tags.isEmpty ? try await target.remark(client) : try await target.change(change, client)
            for tag in remark?.tags ?? [] { session.output.write(DisplayText.escape(tag) + "\n") }
        }
    }
}
