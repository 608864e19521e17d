import ArgumentParser
import Glibc
import SweepModel
import SweepSpec
import SweepWire

/// `sweep edit`.
struct Edit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change a sweep while it runs.",
        discussion: """
            What was tried stays, and the search goes on from it. Without an option the sweep's file opens in $EDITOR.

              sweep edit --run-cap 200 --because "still improving"
              sweep edit k3f9x2mp --range lr=1e-4:1e-2 --drop batch=64
              sweep edit k3f9x2mp --exclude 'batch = 64 and layers > 6' --because "out of memory"
              sweep edit k3f9x2mp --try '{lr: 0.003, batch: 32}'
            """)

    @Argument(help: "A sweep. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Option(help: ArgumentHelp("Most trials; 'none' for no bound.", valueName: "n"))
    var runCap: String?

    @Option(help: ArgumentHelp("Time since its creation, like 4h; 'none' for no bound.", valueName: "time"))
    var budget: String?

    @Option(help: ArgumentHelp("Most trials at once; 'none' for no bound.", valueName: "n"))
    var parallel: String?

    @Option(help: ArgumentHelp("Higher goes first.", valueName: "n"))
    var priority: Int?

    @Option(help: ArgumentHelp("Early stopping: a rule, '{type: hyperband, min_iter: 3}', or none.", valueName: "rule"))
    var stop: String?

    @Option(help: ArgumentHelp("A value more: lr=0.3. May be repeated.", valueName: "name=value"))
    var add: [String] = []

    @Option(help: ArgumentHelp("A value less: batch=64. May be repeated.", valueName: "name=value"))
    var drop: [String] = []

    @Option(help: ArgumentHelp("New ends: lr=1e-4:1e-2. May be repeated.", valueName: "name=low:high"))
    var range: [String] = []

    @Option(
        name: .customLong("try"),
        help: ArgumentHelp("A point to try next: '{lr: 0.01}'. May be repeated.", valueName: "point"))
    var tries: [String] = []

    @Option(
        help: ArgumentHelp(
            "Propose nothing in this region: 'batch = 64 and lr > 0.1'. May be repeated.", valueName: "region"))
    var exclude: [String] = []

    @Option(help: ArgumentHelp("Allow a region again, as it was written. May be repeated.", valueName: "region"))
    var include: [String] = []

    @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var because: String?

    @Option(
        help: ArgumentHelp("The whole changed file; - for standard input.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @Flag(help: "Only say what it would change.")
    var dryRun = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let row = try await Selection.sweep(sweep, client, session)
            var request = asked
            if let file { request.yaml = try SpecFile.read(path: SweepFile.resolve(file, session)) }
            if request.isEmpty {
                let yaml = try await client.one(.show(sweep: row.id.text), as: SweepRow.self).yaml ?? ""
                guard let changed = try EditorProgram(session).edit(yaml, name: "\(row.id).yaml") else {
                    session.say("nothing was changed")
                    return
                }
                request.yaml = changed
            }
            let edited = try await client.one(.edit(sweep: row.id.text, request), as: EditedSweep.self)
            tell(edited, session)
        }
    }

    private var asked: EditRequest {
        var generator = SystemRandomNumberGenerator()
        var request = EditRequest(key: String(UInt64.random(in: .min ... .max, using: &generator), radix: 36))
        (request.runCap, request.budget, request.parallel, request.priority) = (runCap, budget, parallel, priority)
        (request.stop, request.add, request.drop, request.range) = (stop, add, drop, range)
        (request.tries, request.exclude, request.include) = (tries, exclude, include)
        (request.because, request.isTrial) = (because, dryRun)
        return request
    }

    private func tell(_ edited: EditedSweep, _ session: Session) {
        for warning in edited.warnings { session.say("warning: \(DisplayText.escape(warning))") }
        if json {
            session.output.write(
                Documents.document([
                    .init("sweep", .string(edited.sweep.text)),
                    .init("edit", edited.edit.map { Documents.edit($0) } ?? .null),
                    .init("changes", .list(edited.changes.map { .string($0) })),
                    .init("warnings", .list(edited.warnings.map { .string($0) })),
                ]))
            return
        }
        for change in edited.changes { session.output.write(DisplayText.escape(change) + "\n") }
        let trials = edited.edit?.trials ?? []
        if !trials.isEmpty {
            session.say("next: " + trials.map { "\(edited.sweep)-\($0)" }.joined(separator: ", "))
        }
        session.say(
            edited.edit.map { "sweep \(edited.sweep) is changed (edit \($0.number))" } ?? "nothing was changed yet")
    }
}

/// The person's editor on a copy of a file.
struct EditorProgram {
    private let command: String

    init(_ session: Session) {
        let environment = session.environment
        command = environment["VISUAL"] ?? environment["EDITOR"] ?? "vi"
    }

    /// - Returns: the text that was saved; nil when it is the same.
    func edit(_ text: String, name: String) throws(SweepError) -> String? {
        var template = Array("/tmp/sweep-edit-XXXXXX".utf8CString)
        guard template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) != nil else {
            throw SweepError(.failed, "no temporary folder can be made", remedy: "give the file: --file")
        }
        let folder = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let path = folder + "/" + name
        defer {
            unlink(path)
            rmdir(folder)
        }
        try FileWriter.write(text, to: path)
        let ending: ChildProcess.Ending
        do throws(SweepError) {
            ending = try ChildProcess.inForeground("/bin/sh", ["-c", command + " \"$1\"", "sh", path])
        } catch {
            throw SweepError(.failed, "'\(command)' cannot be started", remedy: "set EDITOR, or give the file: --file")
        }
        guard ending == .exit(0) else {
            throw SweepError(.failed, "'\(command)' ended with an error: nothing was changed", remedy: "set EDITOR")
        }
        let changed = try SpecFile.read(path: path)
        return changed == text ? nil : changed
    }
}
