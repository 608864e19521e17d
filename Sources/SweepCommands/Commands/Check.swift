import ArgumentParser
import SweepModel
import SweepSpec

/// `sweep check`.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check sweep files and preview commands.",
        discussion: "Exit codes: 0 every file is good, 64 one is not.")

    @Argument(help: "Sweep files (YAML); - for standard input.", completion: .file(extensions: ["yaml", "yml"]))
    var files: [String]

    @Flag(help: "Take warnings for errors.")
    var strict = false

    @Option(help: ArgumentHelp("How many commands to show.", valueName: "n"))
    var commands = 5

    @Option(help: ArgumentHelp("The seed of the search, where the file has none.", valueName: "n"))
    var seed: UInt64 = 0

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if !(0...10_000).contains(commands) { throw ValidationError("--commands is a number from 0 to 10,000") }
    }

    func run() throws {
        let session = Session.current
        var documents: [ParameterValue] = []
        var isGood = true
        for (index, file) in files.enumerated() {
            if !json, index > 0 { session.output.write("\n") }
            if !json, files.count > 1 { session.output.write("\(DisplayText.escape(file)):\n") }
            let document = check(file, session)
            isGood = isGood && document["ok"] == true
            documents.append(document)
        }
        if json { session.output.write(Documents.document([.init("files", .list(documents))])) }
        if !isGood { throw ExitCode(64) }
    }

    /// Says everything about one file.
    ///
    /// - Returns: the same for the JSON document.
    private func check(_ file: String, _ session: Session) -> ParameterValue {
        let yaml: String
        do {
            yaml = try SpecFile.read(path: SweepFile.resolve(file, session))
        } catch {
            if !json { EntryPoint.say(error, session) }
            return document(file, ok: false, [Diagnostic(.error, message: error.message, mend: error.remedy)], nil)
        }
        let result = SpecParser.parse(
            yaml, strict: strict, folder: SweepFile.place(file, session).folder)
        let preview = result.spec.map { SweepFile.preview($0, seed: seed, count: commands, session) }
        let ok = result.errors.isEmpty && preview != nil
        if !json {
            if !result.diagnostics.isEmpty {
                session.output.flush()
                session.talk.write(
                    DiagnosticText.render(
                        result.diagnostics, file: file, yaml: yaml, color: colour.talkStyle(session).colours))
                session.say(DiagnosticText.summary(result.diagnostics))
            }
            if ok, let preview {
                for line in preview.lines { session.output.write(DisplayText.escape(line) + "\n") }
            }
        }
        return document(file, ok: ok, result.diagnostics, ok ? preview : nil)
    }

    private func document(
        _ file: String, ok: Bool, _ diagnostics: [Diagnostic], _ preview: SpecPreview?
    ) -> ParameterValue {
        .object([
            .init("file", .string(file)), .init("ok", .bool(ok)),
            .init(
                "diagnostics",
                .list(
                    diagnostics.map { diagnostic in
                        .object([
                            .init("severity", .string(diagnostic.severity.rawValue)),
                            .init("line", Documents.optional(diagnostic.line)),
                            .init("column", Documents.optional(diagnostic.column)),
                            .init("message", .string(diagnostic.message)),
                            .init("mend", Documents.optional(diagnostic.mend)),
                        ])
                    })),
            .init("preview", preview?.json ?? .null),
        ])
    }
}
