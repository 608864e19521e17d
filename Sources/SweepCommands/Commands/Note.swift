import ArgumentParser
import SweepModel
import SweepWire

/// `sweep note`.
struct Note: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a note on a sweep or a trial, or show it.",
        discussion: """
            It is shown beside it, on the pages and in the report, and found there, by 'sweep list --search WORDS' and by
            'sweep trials --where "note LIKE '%word%'"'.
            """)

    @Argument(help: "A sweep, or a trial like k3f9x2mp-12.", completion: .sweepIDs)
    var target: String

    @Argument(help: "The note, in place of an earlier one; empty removes that. Without it the note is shown.")
    var text: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let target = try await Selection.target(target, client, session)
            guard let text else {
                let remark = try await target.remark(client)
                if let note = remark?.note, !note.isEmpty { session.output.write(DisplayText.escape(note) + "\n") }
                return
            }
            _ = try await target.change(RemarkChange(note: text), client)
            session.say(text.isEmpty ? "the note is removed" : "noted")
        }
    }
}

extension Selection.Target {
    var sweep: SweepID {
        switch self {
        case .sweep(let row): row.id
        case .trial(let id, _): id.sweep
        }
    }

    var number: Int? {
        switch self {
        case .sweep: nil
        case .trial(let id, _): id.number
        }
    }

    func remark(_ client: Client) async throws -> Remark? {
        let rows = try await client.items(.remarks(sweep: sweep.text), as: RemarkRow.self)
        return rows.first { $0.trial == number }?.remark
    }

    func change(_ change: RemarkChange, _ client: Client) async throws -> Remark {
        try await client.one(.remark(sweep: sweep.text, trial: number, change), as: RemarkRow.self).remark
    }
}
