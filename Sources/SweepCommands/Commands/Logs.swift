import ArgumentParser
import SweepModel
import SweepWire

/// `sweep logs`.
struct Logs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what a trial has printed, or search in what all trials of a sweep have.")

    @Argument(
        help: "A trial, like k3f9x2mp-12 (or 12, of the newest sweep); with --grep also a sweep.",
        completion: .trialIDs)
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

    @Flag(name: .customLong("stderr"), help: "Only what comes from standard error.")
    var errors = false

    @Flag(name: .customLong("stdout"), help: "Only what comes from standard output.")
    var output = false

    @Flag(name: [.customShort("t"), .long], help: "Say before each line when it was printed (UTC).")
    var times = false

    @Flag(help: "A JSON object for each piece, with its stream and time.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let tail, tail < 0 { throw ValidationError("--tail counts lines: 0 or more") }
        if let attempt, attempt < 1 { throw ValidationError("--attempt counts from 1") }
        if grep != nil, json { throw ValidationError("--grep takes lines, --json shows pieces: give one of them") }
        if errors, output { throw ValidationError("--stderr and --stdout together are everything: give neither") }
        if let grep { _ = try Self.filter(grep) }
    }

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            switch try await Selection.target(trial, client, session) {
            case .trial(let id, _): try await show(id, prefix: "", client, session)
            case .sweep(let row):
                guard grep != nil else {
                    throw SweepError(
                        .usage, "'\(DisplayText.escape(trial))' is a sweep, not a trial",
                        remedy: "give a trial, for example \(row.id)-1, or what to search for: --grep PATTERN")
                }
                if follow || attempt != nil {
                    throw SweepError(.usage, "--follow and --attempt are for one trial", remedy: "give a trial's id")
                }
                for trial in try await client.trialRows(.trials(sweep: row.id.text, after: nil, states: nil))
                where trial.attempt > 0 {
                    try await show(trial.id, prefix: "\(trial.id): ", client, session)
                }
            }
        }
    }

    private func show(_ id: TrialID, prefix: String, _ client: Client, _ session: Session) async throws {
        let streams: LogPrinter.Streams = errors ? .errors : output ? .output : .both
        var printer = LogPrinter(
            session, streams: streams, showsTimes: times, prefix: prefix, filter: try grep.map(Self.filter))
        let apart = streams != .both || times || json
        try await client.stream(
            .logs(id, attempt: attempt, follow: follow, tail: tail, apart: apart), patient: follow
        ) { item in
            let piece = try JSONCoding.decode(LogPiece.self, from: item)
            if json {
                if streams == .both || (streams == .errors) == (piece.isError == true) {
                    session.output.write(Documents.line(Self.document(piece, of: id)))
                }
            } else {
                try printer.show(piece)
            }
            if follow { session.output.flush() }
        }
        printer.finish()
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
            .init("stream", Documents.optional(piece.isError.map { $0 ? "stderr" : "stdout" })),
            .init("time", Documents.optional(piece.time.map(TimeText.iso))),
        ])
    }
}
