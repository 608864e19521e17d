import ArgumentParser
import SweepModel
import SweepSpec
import SweepWire

/// `sweep create`.
struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store a sweep for agents to run.",
        discussion: "Prints the new sweep's id on standard output and everything else on standard error.")

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, id, json }

    @Argument(help: "The sweep file (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @OptionGroup var new: NewSweepOptions

    @Option(
        name: [.short, .customLong("output")],
        help: ArgumentHelp("text, id (only the id, and no talk) or json.", valueName: "format"))
    var output: Format?

    @Flag(help: "One JSON document (the same as -o json).")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let format = output ?? (json ? .json : .text)
        let file = try SweepFile(file, strict: new.strict, session, common.colour.talkStyle(session))
        let created = try await new.create(file, common, session)
        let suggestions = AgentProgram(session: session).suggestions(controller: created.namedController)
        switch format {
        case .id: session.output.write("\(created.sweep.id)\n")
        case .json:
            session.output.write(
                Documents.document([
                    .init(
                        "sweep",
                        .object([
                            .init("id", .string(created.sweep.id.text)),
                            .init("name", Documents.optional(created.sweep.name)),
                            .init("size", Documents.optional(created.sweep.size)),
                            .init("method", .string(file.spec.method)),
                            .init("run_cap", Documents.optional(file.spec.runCap)),
                        ])),
                    .init("warnings", .list(created.sweep.warnings.map { .string($0) })),
                    .init("controller", .string(created.address.text)),
                    .init("dashboard", Documents.optional(created.dashboard?.plain)),
                    .init("agent", .list(suggestions.map { .string($0) })),
                ]))
        case .text:
            let style = common.colour.talkStyle(session)
            session.say("\(style.paint("created", .green)) \(NewSweepOptions.summary(created.sweep, file.spec))")
            session.output.write("\(created.sweep.id)\n")
            session.output.flush()
            session.say("\nnow start agents, here or on other terminals:")
            for line in suggestions { session.say("    \(style.paint(line, .bold))") }
            session.say("and look:")
            session.say("    \(style.paint("sweep leaderboard \(created.sweep.id) --watch", .bold))")
            if let pages = created.dashboard { session.say("    \(pages.onTerminal(style))") }
        }
    }
}
