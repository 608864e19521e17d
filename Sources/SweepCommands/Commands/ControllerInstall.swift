import ArgumentParser
import Glibc
import SweepModel
import SweepWire

/// `sweep controller install`.
struct ControllerInstall: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Write a systemd service that keeps the controller running.",
        discussion: "An agent's is written by 'agent install --systemd'.")

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

    @OptionGroup var listening: ListeningOptions

    func validate() throws {
        if !systemd { throw ValidationError("give --systemd") }
        if user, system { throw ValidationError("give --user or --system, not both") }
        if account != nil, !system { throw ValidationError("--account goes with --system") }
    }

    func run() throws {
        let session = Session.current
        let unit = SystemdUnit(
            kind: .controller, scope: system ? .system : .user, name: "sweep-controller",
            command: [session.program, "controller", "run"] + listening.arguments,
            home: session.home.path,
            account: account ?? SystemdUnit.ownAccount)
        if print { return session.output.write(unit.text) }
        try makeHome(session.home.path)
        let next = try unit.install(environment: session.environment)
        session.say("wrote \(unit.path(environment: session.environment)); now:")
        for line in next { session.say("    \(line)") }
    }

    /// The service may write there and nowhere else, so it cannot make it itself.
    private func makeHome(_ path: String) throws(SweepError) {
        guard mkdir(path, 0o700) == 0, let account else { return }
        guard let entry = getpwnam(account), chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            rmdir(path)
            throw SweepError(
                .usage, "\(path) cannot be made for the account '\(account)'", remedy: "see 'getent passwd'")
        }
    }
}
