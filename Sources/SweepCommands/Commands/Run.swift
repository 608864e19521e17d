import ArgumentParser
import Glibc
import SweepModel
import SweepTrust
import SweepWire

/// `sweep run`.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create and run a sweep here.",
        discussion: """
            Ctrl-C ends the sweep softly (running trials finish), a second one cancels them, a third one leaves.

            Exit codes: 0 at least one trial completed, 3 none did, 130 ended by Ctrl-C.
            """)

    @Argument(help: "The sweep file (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(help: ArgumentHelp("Trials at once, without GPUs.", valueName: "n"))
    var slots: Int?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("GPUs of one slot, like 0 or 0,1; repeated for more slots; or all.", valueName: "gpus"))
    var gpu: [String] = []

    @OptionGroup var new: NewSweepOptions

    @Option(name: [.short, .long], help: ArgumentHelp("Trials in the leaderboard at the end; 0: all.", valueName: "n"))
    var top = LeaderboardCommand.defaultTop

    @Flag(help: "Print the leaderboard at the end as one JSON document, with all trials.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let slots, !(1...1024).contains(slots) { throw ValidationError("--slots is a number from 1 to 1024") }
        if slots != nil, !gpu.isEmpty { throw ValidationError("give --slots or --gpu, not both") }
        if top < 0 { throw ValidationError("--top counts trials: 0 or more") }
    }

    func run() async throws {
        let session = Session.current
        let style = common.colour.talkStyle(session)
        guard let program = AgentProgram(session: session).path else {
            throw SweepError(
                .failed, "the program 'agent' is neither beside 'sweep' nor on the PATH",
                remedy: "put it there, or use 'sweep create' and start agents yourself")
        }
        let file = try SweepFile(file, strict: new.strict, session, style)
        let created = try await new.create(file, common, session)
        session.say("\(style.paint("created", .green)) \(NewSweepOptions.summary(created.sweep, file.spec))")

        let name = "run-\(created.sweep.id)"
        let log = "\(session.home.path)/agents/\(name).log"
        mkdir(session.home.path, 0o700)
        mkdir("\(session.home.path)/agents", 0o700)
        let guest = try await guestToken(created, session)
        let environment = environment(created, guest?.secret, session)
        let arguments = arguments(created, name: name)
        let agent = try RunAgent(name: name, log: log) {
            try ChildProcess(program, arguments, environment: environment, log: log, place: .newGroup)
        }
        session.say("running with an agent of its own (pid \(agent.pid)), log \(log)")

        let isNamed = try ControllerAddress.named(common, session) != nil
        let progress = RunProgress(
            sweep: created.sweep.id, address: created.address,
            controller: isNamed ? nil : LocalController(common: common, session: session), agent: agent,
            session: session, style: style, searched: SearchedParameters.names(file.spec), began: session.now())
        let result: RunProgress.Result
        do {
            result = try await progress.run()
        } catch is CancellationError where guest != nil {
            // Its agent's token ends with the agent, which ends its trials and hands them back.
            await agent.end(isUrgent: true)
            await revoke(guest, created.address)
            throw CancellationError()
        } catch is CancellationError {
            // A third Ctrl-C: the agent was told to go, and does so without anybody watching.
            throw CancellationError()
        } catch {
            await agent.end(isUrgent: true)
            await revoke(guest, created.address)
            throw error
        }
        await agent.end()
        await revoke(guest, created.address)

        try await Client.connected(to: result.address) { client in
            let leaderboard = try LeaderboardCommand.parse(
                [created.sweep.id.text] + (json ? ["--json"] : ["--top", String(top)]) + [
                    "--color", common.colour.color.rawValue,
                ])
            try await leaderboard.print(leaderboard.page(of: result.sweep, client, session), session)
        }
        if result.interrupts > 0 { throw ExitCode(130) }
        if result.sweep.count(.completed) == 0 {
            session.say(style.paint("no trial completed", .red))
            for line in StatusLine.reasonLines(result.sweep) { session.say("    \(line)") }
            session.say("\(style.paint("help:", .cyan)) see what one of them printed: sweep logs \(created.sweep.id)-1")
            throw ExitCode(3)
        }
    }

    private func arguments(_ created: NewSweepOptions.Created, name: String) -> [String] {
        var arguments = ["--sweep", created.sweep.id.text, "--name", name]
        if let slots { arguments += ["--slots", String(slots)] }
        for gpus in gpu { arguments += ["--gpu", gpus] }
        return arguments
    }

    /// At a controller that is not this home's own the agent needs a token, for as long as it lives.
    private func guestToken(_ created: NewSweepOptions.Created, _ session: Session) async throws -> NewToken? {
        guard try ControllerAddress.named(common, session) != nil else { return nil }
        return try await Client.connected(to: created.address) { client in
            try await client.one(.makeToken(.agent, label: "sweep run \(created.sweep.id)"), as: NewToken.self)
        }
    }

    /// A token that stays is in the list, and is no more than any agent's.
    private func revoke(_ guest: NewToken?, _ address: ControllerAddress) async {
        guard let guest else { return }
        try? await Client.connected(to: address) { try await $0.perform(.revokeToken(id: guest.row.id)) }
    }

    /// By the environment, which other users do not see.
    private func environment(
        _ created: NewSweepOptions.Created, _ token: String?, _ session: Session
    ) -> [String: String] {
        var environment = session.environment
        environment["SWEEP_HOME"] = session.home.path
        guard let token else { return environment }
        environment["SWEEP_CONTROLLER"] = created.address.text
        environment["SWEEP_TOKEN"] = token
        if let pin = created.address.pin {
            let address = created.address
            environment["SWEEP_JOIN"] =
                JoinLine(token: token, host: address.host, port: address.port, fingerprint: pin)?.text
        }
        return environment
    }
}
