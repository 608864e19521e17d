import ArgumentParser
import SweepModel
import SweepWire

/// `sweep controller`.
struct ControllerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "controller",
        abstract: "Run, start, stop or look at the controller.",
        discussion: "'sweep create' and 'sweep run' start one by themselves where none runs.",
        subcommands: [
            ControllerRun.self, ControllerStart.self, ControllerStop.self, ControllerStatusCommand.self,
            RenewCertificate.self,
            ControllerInstall.self,
        ],
        defaultSubcommand: ControllerRun.self)
}

/// `sweep controller start`.
struct ControllerStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start the home's controller in the background.")

    @OptionGroup var listening: ListeningOptions
    @OptionGroup var timing: TimingOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let local = LocalController(common: common, session: session)
        if let running = try await local.running() {
            session.say("a controller runs already at \(running.text) (pid \(running.pid ?? 0))")
            return
        }
        let address = try await local.start(listening.arguments + timing.arguments)
        session.say("the controller runs at \(address.text) (pid \(address.pid ?? 0)), log \(session.home.logFile)")
    }
}

/// `sweep controller stop`.
struct ControllerStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "End the home's controller in good order; agents go on and report when it is back.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        guard let pid = try await LocalController(common: common, session: session).stop() else {
            session.say("no controller runs for \(session.home.path)")
            return
        }
        session.say("the controller (pid \(pid)) has ended")
    }
}

/// `sweep controller status`.
struct ControllerStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show whether a controller answers, and what it has to do.")

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let status = try await Client.connected(to: .find(common, session)) { client in
            try await client.one(.status, as: ControllerStatus.self)
        }
        if json {
            session.output.write(Documents.document([.init("controller", Documents.status(status))]))
            return
        }
        var facts = FactList()
        facts.add("address", status.address, .bold)
        facts.add("pages", status.dashboard)
        facts.add("pid", String(status.pid))
        facts.add("version", status.build)
        facts.add("home", status.home)
        facts.add(
            "started", "\(TimeText.iso(status.started)) (\(TimeText.ago(status.started, now: session.now())))")
        facts.add("sweeps", String(status.sweeps))
        facts.add("agents", "\(status.agents) with \(ValueText.plural(status.slots, "slot"))")
        facts.add("trials", "\(status.liveTrials) running")
        facts.add("tls", status.fingerprint.map { "certificate sha256 \($0)" })
        if status.insecure == true { facts.add("warning", "takes connections without TLS from other machines", .red) }
        facts.add("problem", status.problem, .red)
        facts.add("note", status.note, .yellow)
        let style = common.colour.style(session)
        for line in facts.lines() { session.output.write(line.rendered(nil, style) + "\n") }
    }
}

/// `sweep controller renew-certificate`.
struct RenewCertificate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew-certificate",
        abstract: "Make a new key and certificate; all other machines have to join again.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let renewed = try await Client.connected(to: .find(common, session)) { client in
            try await client.one(.renewCertificate, as: RenewedCertificate.self)
        }
        session.output.write("\(renewed.fingerprint)\n")
        session.say("other machines are let in with a new line only: sweep join")
    }
}
