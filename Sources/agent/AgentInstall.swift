import ArgumentParser
import SweepAgent
import SweepModel
import SweepTrust
import SweepWire

/// `agent install`: the same options as `agent`, for a service.
struct AgentInstall: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent install",
        abstract: "Write a systemd service that keeps an agent running.",
        discussion: """
            All other options are the agent's own: agent install --systemd --gpu 0 --name gpu-0
            Trials go on while the service is stopped or restarted: the next agent finds them.
            """)

    @Flag(help: "For systemd (the only one so far).")
    var systemd = false

    @Flag(help: "For your own service manager: no root needed (the default).")
    var user = false

    @Flag(help: "For the machine's service manager: needs root.")
    var system = false

    @Option(
        help: ArgumentHelp(
            "With --system: the account that it runs as. Default: yours.", valueName: "name"))
    var account: String?

    @Flag(help: "Show the unit file, and write nothing.")
    var print = false

    @Option(
        help: ArgumentHelp("Join this controller first, as 'agent --join' does.", valueName: "line"))
    var join: String?

    @Argument(
        parsing: .allUnrecognized, help: ArgumentHelp("The agent's options.", valueName: "options"))
    var options: [String] = []

    func validate() throws {
        if !systemd { throw ValidationError("give --systemd") }
        if user, system { throw ValidationError("give --user or --system, not both") }
        if account != nil, !system { throw ValidationError("--account goes with --system") }
    }

    func run() throws {
        let agent = try AgentCommand.parse(options)
        let environment = AgentProgram.environment
        let directory = AgentProgram.directory
        let home = SweepHome(given: agent.home, environment: environment, directory: directory)
        let unit = SystemdUnit(
            kind: .agent, scope: system ? .system : .user,
            name: "sweep-agent" + (agent.name.map { "-\($0)" } ?? ""),
            command: [AgentProgram.path] + options, home: home.path, directory: directory,
            account: account ?? SystemdUnit.ownAccount)
        if print { return Swift.print(unit.text, terminator: "") }
        if let join { try AgentProgram.keep(try JoinLine.read(join, role: .agent), in: home) }
        let next = try unit.install(environment: environment)
        Swift.print("wrote \(unit.path(environment: environment)); now:")
        for line in next { Swift.print("    \(line)") }
    }
}
