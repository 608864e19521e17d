import ArgumentParser
import SweepModel
import SweepWire

/// The options of commands that change a sweep; afterwards they say how it stands.
struct SteeringOptions: ParsableArguments {
    @Flag(help: "Print the sweep as one JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func steer(_ text: String, _ request: (String) -> ClientRequest) async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let row = try await Selection.sweep(text, client, session)
            try await client.perform(request(row.id.text))
            try await report(row.id, client, session)
        }
    }

    /// How the sweep stands now.
    func report(_ id: SweepID, _ client: Client, _ session: Session) async throws {
        var row = try await client.one(.show(sweep: id.text), as: SweepRow.self)
        row.yaml = nil
        if json {
            session.output.write(Documents.document([.init("sweep", Documents.sweep(row))]))
        } else {
            let style = common.colour.talkStyle(session)
            session.say(StatusLine.sweep(row, now: session.now()).rendered(nil, style))
        }
    }
}
