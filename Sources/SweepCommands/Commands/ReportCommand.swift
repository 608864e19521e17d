import ArgumentParser
import SweepModel
import SweepWire

/// `sweep report`.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write what a sweep found, for others to read.",
        discussion: """
            One file with nothing beside it: HTML with its charts inside, or Markdown for a pull request: question, space, \
            best trials with their doubt, what matters, curves, failures, cost, code, notes, and how to repeat it. Without \
            --output the Markdown is printed.
            """)

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: the newest.", completion: .sweepIDs)
    var sweep: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("The file: .html, or .md.", valueName: "file"),
        completion: .file(extensions: ["html", "md"]))
    var output: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard let output else { return }
        guard Self.isMarkdown(output) || output.hasSuffix(".html") || output.hasSuffix(".htm") else {
            throw ValidationError("--output ends with .html or .md")
        }
    }

    private static func isMarkdown(_ path: String) -> Bool { path.hasSuffix(".md") || path.hasSuffix(".markdown") }

    func run() async throws {
        let session = Session.current
        try await Client.connected(to: .find(common, session)) { client in
            let row = try await Selection.sweep(sweep, client, session)
            let report = try await SweepReport(row, client, now: session.now())
            guard let output else {
                session.output.write(MarkdownReport(report: report).text)
                return
            }
            try FileWriter.write(
                Self.isMarkdown(output) ? MarkdownReport(report: report).text : HTMLReport(report: report).text,
                to: output)
            session.say("written: \(DisplayText.escape(output))")
        }
    }
}
