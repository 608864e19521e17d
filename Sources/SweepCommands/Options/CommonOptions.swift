package import ArgumentParser

/// Which controller, and which colours: the options of every command that asks a controller.
package struct CommonOptions: ParsableArguments, Sendable {
    @Option(
        help: ArgumentHelp(
            """
            The controller's address, or a line of 'sweep join --user' [env: SWEEP_CONTROLLER]; otherwise the one of \
            'sweep login', or of $SWEEP_HOME (~/.sweep).
            """,
            valueName: "host:port"))
    package var controller: String?

    @Option(
        help: ArgumentHelp(
            "A file with the controller's token [env: SWEEP_TOKEN holds the token itself].", valueName: "file"))
    package var tokenFile: String?

    @Flag(
        name: .customLong("no-tls"),
        help: "Talk to a controller on another machine without TLS: without any protection.")
    package var noTLS = false

    @OptionGroup package var colour: ColourOptions

    package init() {}
}

/// `--color`.
package struct ColourOptions: ParsableArguments, Sendable {
    @Option(help: "When to colour: auto, always or never.")
    package var color = ColourChoice.auto

    package init() {}

    package func style(_ session: Session) -> Style {
        Style(color, terminal: session.output.terminal, environment: session.environment)
    }

    /// The style of what goes to standard error.
    package func talkStyle(_ session: Session) -> Style {
        Style(color, terminal: session.talk.terminal, environment: session.environment)
    }
}

/// How a list is printed.
package enum ListFormat: String, Sendable, ExpressibleByArgument, CaseIterable {
    case table, json, jsonl, csv, id
}

/// `--json`, `--csv` and `-o` of the commands that print lists.
package struct ListOptions: ParsableArguments, Sendable {
    @Flag(help: "One JSON document (the same as -o json).")
    package var json = false

    @Flag(help: "Comma-separated values with a header (the same as -o csv).")
    package var csv = false

    @Option(
        name: [.short, .customLong("output")],
        help: ArgumentHelp("table, json, jsonl (a JSON object a line), csv or id (only ids).", valueName: "format"))
    package var output: ListFormat?

    package init() {}

    package var format: ListFormat { output ?? (json ? .json : csv ? .csv : .table) }

    package func validate() throws {
        let asked = [json ? ListFormat.json : nil, csv ? .csv : nil, output].compactMap { $0 }
        if Set(asked).count > 1 { throw ValidationError("give one of --json, --csv and -o, not several") }
    }
}

extension CompletionKind {
    /// The ids of this machine's sweeps.
    static var sweepIDs: CompletionKind { .shellCommand("sweep list -o id 2>/dev/null") }
    static var trialIDs: CompletionKind { .shellCommand("sweep trials -o id 2>/dev/null") }
}

extension ArgumentHelp {
    /// Of `--columns`.
    static let trialColumns = ArgumentHelp(
        "Columns, with commas: names, parameters, metrics (their last value; val_loss:min, :max, :mean, :first or :best for another), or 'all'.",
        valueName: "list")
}
