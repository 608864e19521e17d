import ArgumentParser
import Glibc
import SweepAgent
import SweepModel
import SweepTrust
import SweepWire
import TrialShim

/// `agent`: runs trials on this machine.
@main
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Runs trials of sweeps on this machine's GPUs (or its CPU).",
        discussion: """
            Without --gpu and --slots it takes all GPUs, one slot each; on a machine without GPUs, one slot on the CPU.
            Ctrl-C lets running trials end; a second one ends them, a third one kills them. SIGTERM and SIGUSR2 have them save
            a checkpoint, hand them back, and end the agent within --grace. SIGUSR1 leaves them alone: the next agent of
            this name finds them. 'agent install --help': as a service.
            """,
        version: SweepBuild.version)

    @Option(help: ArgumentHelp("A slot with these GPUs: 0, or 0,1 for one slot with two, or all. May be repeated."))
    var gpu: [String] = []

    @Option(help: "Slots without a GPU.")
    var slots: Int?

    @Option(help: "Leave after so many trials.")
    var count: Int?

    @Option(help: "Take trials of this sweep only: its id, the beginning of it, or its name.")
    var sweep: String?

    @Option(help: "The agent's name (default: the host's). Several agents of one machine need different ones.")
    var name: String?

    @Option(help: "Leave after so long without a trial, such as 90s, 10m or 2h.", transform: Self.duration)
    var idleExit: Double?

    @Option(
        help:
            "Between each two of the signals that end a trial (SIGINT, SIGTERM, SIGKILL), such as 15s; when the agent is told to go, for all of them.",
        transform: Self.duration)
    var grace: Double = 15

    @Option(help: "On SIGTERM and SIGUSR2 trials get this first, to save a checkpoint: usr2, usr1, int or term.")
    var checkpointSignal = CheckpointSignal.usr2

    @Option(help: "The controller's address, HOST:PORT [env: SWEEP_CONTROLLER] (default: the home's).")
    var controller: String?

    @Option(help: "The folder of this agent's files [env: SWEEP_HOME] (default: ~/.sweep).")
    var home: String?

    @Option(help: "A file with the controller's token [env: SWEEP_TOKEN holds the token itself].")
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            """
            Join a controller on another machine: the line that 'sweep join' prints there, a file that holds it, or - for \
            standard input [env: SWEEP_JOIN]. It is kept in the home: needed only once.
            """, valueName: "line"))
    var join: String?

    @Flag(
        name: .customLong("no-tls"),
        help: "Talk to a controller on another machine without TLS. Whoever can listen on the way takes over both.")
    var noTLS = false

    @Option(
        help: ArgumentHelp(
            """
            A program that trials may be: a path, or a name in the agent's PATH, with * and ?. May be repeated; without it \
            every program is one. Others are refused, which is no failure of theirs.
            """, valueName: "pattern"))
    var allow: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Of the agent's environment trials get only what training usually needs (PATH, HOME, LANG, CUDA*, CONDA*, …) and \
            this: a name, with * and ?. May be repeated. Without it, everything but the agent's own.
            """, valueName: "pattern"))
    var inherit: [String] = []

    @Option(
        help: ArgumentHelp(
            "The account that trials run as; the agent must be root. They inherit as with --inherit.",
            valueName: "user"))
    var runAs: String?

    @Option(
        help: ArgumentHelp(
            "Disk space, in GiB, for keeping the artifacts that trials are given ('use_artifact').", valueName: "gib"))
    var artifactCache = 20

    @Option(
        help:
            "How much is said: debug (as --verbose), notice, or warning (only what keeps it from working) [env: SWEEP_LOG_LEVEL]."
    )
    var logLevel: LogLevel?

    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    @Flag(name: .shortAndLong, help: "Show each trial's command.")
    var verbose = false

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count \(count) is less than 1") }
        guard (0...1 << 20).contains(artifactCache) else {
            throw ValidationError("--artifact-cache \(artifactCache) is no number of GiB from 0 to \(1 << 20)")
        }
        if let sweep, sweep.isEmpty { throw ValidationError("--sweep needs a sweep's id") }
    }

    /// Not async: such a main ends its thread when it first waits, and for that glibc loads libgcc_s, which the machine may
    /// not have. This one stays, and the task ends the program.
    static func main() {
        Task.detached {
            await begin()
            Glibc.exit(0)
        }
        while true { pause() }
    }

    private static func begin() async {
        do {
            let arguments = Array(CommandLine.arguments.dropFirst())
            let isInstall = arguments.first == "install"
            let command =
                isInstall
                ? try AgentInstall.parseAsRoot(Array(arguments.dropFirst())) : try parseAsRoot(arguments)
            // A join line holds a token: 'ps' shows it no longer than it takes to read it.
            trial_shim_hide_arguments(JoinLine.scheme)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                // Help, version and completion scripts.
                var command = command
                try command.run()
            }
        } catch {
            let isInstall = CommandLine.arguments.dropFirst().first == "install"
            Glibc.exit(isInstall ? report(error, of: AgentInstall.self) : report(error, of: Self.self))
        }
    }

    func run() async throws {
        var options = AgentOptions()
        options.gpus = gpu
        options.slots = slots
        options.count = count
        options.sweep = sweep
        options.name = name
        options.idleExit = idleExit
        options.grace = grace
        options.checkpointSignal = checkpointSignal
        options.controller = controller
        options.home = home
        options.tokenFile = tokenFile
        options.join = join
        options.isInsecure = noTLS
        options.allow = allow
        options.inherit = inherit.isEmpty ? nil : inherit
        options.runAs = runAs
        options.artifactCache = artifactCache << 30
        let level = try logLevel ?? Self.logLevel(AgentProgram.environment)
        options.isVerbose = verbose || [.trace, .debug, .info].contains(level)
        options.isQuiet = [.warning, .error, .critical].contains(level)
        let code = try await AgentProgram.run(options)
        if code != 0 { throw ExitCode(code) }
    }

    private static func logLevel(_ environment: [String: String]) throws(SweepError) -> LogLevel? {
        guard let text = environment["SWEEP_LOG_LEVEL"], !text.isEmpty else { return nil }
        guard let level = LogLevel(rawValue: text.lowercased()) else {
            throw SweepError(
                .usage, "SWEEP_LOG_LEVEL '\(text.prefix(40))' is no log level",
                remedy: "use one of \(LogLevel.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return level
    }

    /// Says what went wrong, in the same form as `sweep`: `error: …` and `help: …` on standard error.
    ///
    /// - Returns: the exit code.
    private static func report(_ error: any Error, of command: (some ParsableArguments).Type) -> Int32 {
        switch error {
        case let code as ExitCode: return code.rawValue
        case let error as SweepError:
            say("error: \(error.message)" + (error.remedy.map { "\nhelp: \($0)" } ?? ""), to: 2)
            return error.exitCode
        default:
            let code = command.exitCode(for: error).rawValue
            let text = command.fullMessage(for: error)
            say(
                text.hasPrefix("Error: ") ? "error: " + text.dropFirst("Error: ".count) : text,
                to: code == 0 ? 1 : 2)
            return code
        }
    }

    private static func say(_ text: String, to descriptor: Int32) {
        _ = DiskFile.append(descriptor, Array("\(text)\n".utf8))
    }

    /// Seconds of `90`, `90s`, `10m`, `2h` or `1d`.
    @Sendable static func duration(_ text: String) throws -> Double {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        let unit = text.last.flatMap { units[$0] }
        let number = unit == nil ? text : String(text.dropLast())
        guard let value = Double(number), value >= 0, value < 1e9 else {
            throw ValidationError("'\(text)' is no duration; write 90s, 10m or 2h")
        }
        return value * (unit ?? 1)
    }
}

extension CheckpointSignal: ExpressibleByArgument {}
