import ArgumentParser
import SweepModel

/// Where a controller is to listen.
struct ListeningOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The port; 0 for any free one. Default: 7733, or a free one where that is taken.", valueName: "n"))
    var port: Int?

    @Option(
        help: ArgumentHelp(
            """
            The address to listen on: 0.0.0.0 (or ::) for all of this machine. From other machines only TLS is taken; \
            'sweep join' prints what they need. Default: 127.0.0.1, this machine alone.
            """, valueName: "address"))
    var host: String?

    @Flag(
        help: "Take connections without TLS from other machines. Whoever can listen on the way takes over all of them.")
    var insecure = false

    @Option(help: "What is logged: trace, debug, info, notice, warning, error or critical [env: SWEEP_LOG_LEVEL].")
    var logLevel: LogLevel?

    @Option(
        help: ArgumentHelp(
            "The port of the web pages; 0 for any free one. Default: one above --port.", valueName: "n"))
    var dashboardPort: Int?

    @Flag(help: "Serve no web pages.")
    var noDashboard = false

    @Flag(
        help: ArgumentHelp(
            """
            Run the commands that sweep files name under 'notify', though others than this machine's users can make sweeps: \
            who has a token can then run programs here.
            """))
    var notifyCommands = false

    @Option(
        help: ArgumentHelp(
            "A PEM file with the authorities that webhooks' certificates are checked by. Default: the system's.",
            valueName: "file"), completion: .file())
    var notifyCa: String?

    @Option(
        help: ArgumentHelp(
            "Take no artifact of a trial that has more than so many GiB. Default: 100.", valueName: "gib"))
    var maxArtifact: Int?

    func validate() throws {
        if let maxArtifact, !(1...1_000_000).contains(maxArtifact) {
            throw ValidationError("--max-artifact is a number from 1 to 1000000")
        }
        if let host, host.isEmpty || host.utf8.count > 255 { throw ValidationError("--host is an address") }
        if let dashboardPort, !(0...65535).contains(dashboardPort) {
            throw ValidationError("--dashboard-port is a number from 0 to 65535")
        }
        if let port, !(0...65535).contains(port) { throw ValidationError("--port is a number from 0 to 65535") }
    }

    /// The same options as arguments.
    var arguments: [String] {
        (port.map { ["--port", String($0)] } ?? []) + (host.map { ["--host", $0] } ?? [])
            + (insecure ? ["--insecure"] : []) + (logLevel.map { ["--log-level", $0.rawValue] } ?? [])
            + (dashboardPort.map { ["--dashboard-port", String($0)] } ?? []) + (noDashboard ? ["--no-dashboard"] : [])
            + (notifyCommands ? ["--notify-commands"] : []) + (notifyCa.map { ["--notify-ca", $0] } ?? [])
            + (maxArtifact.map { ["--max-artifact", String($0)] } ?? [])
    }
}

/// How much is said of what happens.
enum LogLevel: String, Sendable, CaseIterable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error, critical

    /// `--log-level`, else `$SWEEP_LOG_LEVEL`, else notice.
    static func choose(_ given: LogLevel?, _ session: Session) throws(SweepError) -> LogLevel {
        if let given { return given }
        guard let text = session.environment["SWEEP_LOG_LEVEL"], !text.isEmpty else { return .notice }
        guard let level = LogLevel(rawValue: text.lowercased()) else {
            throw SweepError(
                .usage, "SWEEP_LOG_LEVEL '\(text.prefix(40))' is no log level",
                remedy: "use one of \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return level
    }
}
