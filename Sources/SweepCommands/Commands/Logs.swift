import ArgumentParser
import SweepModel
import SweepWire

/// `sweep logs`.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what a trial has printed.")

    @Argument(help: "A trial, like k3f9x2mp-12 (or 12, of the newest sweep).", completion: .trialIDs)
    var trial: String

    @Flag(name: [.short, .long], help: "Go on as more comes, until the trial ends.")
    var follow = false

    @Option(help: ArgumentHelp("An earlier attempt's; the default is the newest.", valueName: "n"))
    var attempt: Int?

    @Option(
        name: [.customShort("n"), .long], help: ArgumentHelp("Begin with the last so many lines.", valueName: "lines"))
    var tail: Int?

    @Option(help: ArgumentHelp("Only lines that match this regular expression.", valueName: "pattern"))
    var grep: String?

    @Flag(help: "A JSON object for each piece.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let tail, tail < 0 { throw ValidationError("--tail counts lines: 0 or more") }
        if let attempt, attempt < 1 { throw ValidationError("--attempt counts from 1") }
        if grep != nil, json { throw ValidationError("--grep takes lines, --json shows pieces: give one of them") }
        if let grep { _ = try Self.filter(grep) }
    }

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let (id, _) = try await Selection.trial(trial, client, session)
            var filter = LogText()
            var lines = try grep.map(Self.filter)
            var attempt: Int?
            try await client.stream(
                .logs(id, attempt: self.attempt, follow: follow, tail: tail), patient: follow
            ) { item in
                let piece = try JSONCoding.decode(LogPiece.self, from: item)
                if json {
                    session.output.write(Documents.line(Self.document(piece, of: id)))
                } else {
                    if let attempt, attempt != piece.attempt { session.say("--- attempt \(piece.attempt) ---") }
                    attempt = piece.attempt
                    if let skipped = piece.skipped, skipped > 0 {
                        session.say("--- \(ValueText.bytes(skipped)) left out ---")
                    }
                    let bytes = lines?.take(piece.bytes) ?? piece.bytes
                    session.output.write(session.output.terminal == nil ? bytes : filter.readable(bytes))
                }
                if follow { session.output.flush() }
            }
            if let rest = lines?.finish() {
                session.output.write(session.output.terminal == nil ? rest : filter.readable(rest))
            }
            if session.output.terminal != nil, filter.endsInLine { session.output.write("\n") }
        }
    }

    private static func filter(_ pattern: String) throws -> LineFilter {
        do {
            return try LineFilter(pattern)
        } catch {
            throw ValidationError("--grep '\(pattern)' is no regular expression")
        }
    }

    private static func document(_ piece: LogPiece, of trial: TrialID) -> ParameterValue {
        .object([
            .init("version", .int(Documents.version)), .init("trial", .string(trial.description)),
            .init("attempt", .int(piece.attempt)), .init("text", Documents.optional(piece.text)),
            .init("base64", Documents.optional(piece.base64)), .init("skipped", Documents.optional(piece.skipped)),
        ])
    }
}
