import ArgumentParser
import Glibc
import SweepModel
import SweepTrust
import SweepWire

/// `sweep join`.
struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the line with which another machine joins.",
        discussion: """
            The line is a secret: it holds a new token, the controller's address, and the fingerprint of its certificate.
            On the other machine:
              agent --join LINE             once; it is kept there
              sweep login LINE              for a line of 'sweep join --user'
            So that neither 'ps' nor the shell's history shows it:
              ssh gpu1 'agent --join -' <<< "$(sweep join)"
            """)

    @Flag(help: "A line for a person's 'sweep login', not for an agent.")
    var user = false

    @Option(help: ArgumentHelp("What the token is called in 'sweep token list'.", valueName: "text"))
    var label: String?

    @Option(
        help: ArgumentHelp(
            "The controller's address as the other machine reaches it, where the one it listens on is not that.",
            valueName: "host[:port]"))
    var address: String?

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let role: TokenRole = user ? .user : .agent
        let (line, made) = try await Client.connected(to: .find(common, session)) { client in
            let status = try await client.one(.status, as: ControllerStatus.self)
            guard let fingerprint = status.fingerprint.flatMap({ Fingerprint($0) }) else {
                throw SweepError(
                    .failed, "the controller at \(client.address.text) has no certificate",
                    remedy: "end it and start this version's: sweep controller stop, sweep controller start")
            }
            let place = try place(status, client.address, session)
            let made = try await client.one(.makeToken(role, label: label), as: NewToken.self)
            let line = JoinLine(token: made.secret, host: place.host, port: place.port, fingerprint: fingerprint)
            guard let line else { throw SweepError(.failed, "the controller has made no token for that role") }
            return (line, made)
        }
        if json {
            session.output.write(
                Documents.document([
                    .init("line", .string(line.text)), .init("token", TokenTable.json(made.row)),
                    .init("address", .string(line.address)), .init("fingerprint", .string(line.fingerprint.text)),
                ]))
            return
        }
        session.output.write("\(line.text)\n")
        let command = user ? "sweep login" : "agent --join"
        session.say(
            "on the other machine, once: \(command) LINE     (the line is a secret; 'sweep join --help' tells more)")
        session.say("revoke it with: sweep token revoke \(made.row.id)")
    }

    /// Where the other machine finds the controller.
    private func place(
        _ status: ControllerStatus, _ asked: ControllerAddress, _ session: Session
    ) throws(SweepError) -> ControllerAddress {
        let listening = try ControllerAddress.parse(status.address)
        if let address {
            var given = try ControllerAddress.parse(address)
            let hasPort = address.hasPrefix("[") ? address.contains("]:") : address.count { $0 == ":" } == 1
            if !hasPort { given.port = listening.port }
            return given
        }
        if listening.host == "0.0.0.0" || listening.host == "::" {
            // Another machine's controller is reached as we reach it.
            guard asked.pin == nil else { return asked }
            let addresses = MachineAddresses.reachable()
            guard let first = addresses.first else {
                throw SweepError(
                    .failed, "this machine has no address that others reach", remedy: "give one with --address")
            }
            if addresses.count > 1 {
                session.say(
                    "this machine has several addresses; where \(first) is the wrong one, give --address with one of "
                        + addresses.dropFirst().joined(separator: ", "))
            }
            return ControllerAddress(host: first, port: listening.port)
        }
        if listening.isLoopback {
            session.say(
                "warning: the controller listens on \(status.address) only, which no other machine reaches (but through "
                    + "'ssh -L'). To change that: sweep controller stop; sweep controller start --host 0.0.0.0")
        }
        return listening
    }
}

/// `sweep login`.
struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Use a controller on another machine from now on.",
        discussion: "Takes a line of 'sweep join --user'. 'sweep logout' ends it.")

    @Argument(help: "The line, a file that holds it, or - for standard input.")
    var line: String

    func run() async throws {
        let session = Session.current
        let line = try JoinLine.read(line, role: .user)
        try await Client.connected(to: ControllerAddress(line)) { _ in }
        mkdir(session.home.path, 0o700)
        var joined = try Joined.read(session.home)
        joined.user = line
        try joined.write(session.home)
        session.say("every 'sweep' command asks \(line.address) from now on; 'sweep logout' ends that")
    }
}

/// `sweep logout`.
struct Logout: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget the controller of 'sweep login'.")

    func run() throws {
        let session = Session.current
        var joined = try Joined.read(session.home)
        guard let line = joined.user else { return session.say("nothing to forget: this home has not logged in") }
        joined.user = nil
        try joined.write(session.home)
        session.say("forgot \(line.address); its token is good until it is revoked there")
    }
}
