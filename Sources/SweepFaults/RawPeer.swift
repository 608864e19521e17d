import SweepAgent
import SweepModel
import SweepWire

/// Speaks the wire by hand: says what no agent would.
final class RawPeer {
    let socket: Socket
    private var buffer: [UInt8] = []

    init(port: Int) throws { socket = try Socket.connected(port: port) }

    func send(_ text: String) -> Bool { socket.send(text.utf8) }
    func send(_ lines: PeerLine...) throws { socket.send(try lines.flatMap { try $0.line() }) }

    /// The next line; nil when none comes or the connection ends.
    func line(within seconds: Double = 10) -> [UInt8]? {
        let deadline = monotonic() + seconds
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[..<end])
                buffer.removeSubrange(...end)
                return line
            }
            let left = deadline - monotonic()
            guard left > 0, let bytes = socket.receive(within: left) else { return nil }
            if bytes.isEmpty { return nil }
            buffer += bytes
        }
    }

    /// Lines until one is what is wanted.
    func next<Wanted>(within seconds: Double = 10, _ pick: (ControllerLine) -> Wanted?) -> Wanted? {
        let deadline = monotonic() + seconds
        while let line = line(within: max(0.001, deadline - monotonic())) {
            if let decoded = try? ControllerLine.decode(line), let wanted = pick(decoded) { return wanted }
        }
        return nil
    }

    /// Whether the other side ends the connection, whatever else it says.
    func isClosed(within seconds: Double) -> Bool {
        let deadline = monotonic() + seconds
        while monotonic() < deadline {
            if let bytes = socket.receive(within: 0.1), bytes.isEmpty { return true }
        }
        return false
    }
}

/// An agent without processes.
final class FakeAgent {
    let peer: RawPeer
    let id: AgentID
    let welcome: Welcome

    init(_ rig: Rig, id: String, slots: Int = 1, held: [HeldAttempt] = []) throws {
        peer = try RawPeer(port: rig.port())
        self.id = AgentID(id)
        let description = AgentDescription(
            id: self.id, incarnation: "\(id)-\(rig.dice.next())", name: id, host: "fake", pid: 1,
            slots: (0..<slots).map { SlotInfo(index: $0) }, held: held)
        try peer.send(.hello(Hello(role: .agent, token: rig.agentToken, build: "faults", agent: description)))
        let answer = peer.next { line -> Welcome? in if case .welcome(let welcome) = line { welcome } else { nil } }
        guard let answer else { throw RigError("the fake agent \(id) was not let in") }
        welcome = answer
    }

    func say(_ messages: AgentMessage...) throws { for message in messages { try peer.send(.agent(message)) } }

    func assignment(within seconds: Double = 10) -> Assignment? {
        peer.next(within: seconds) { if case .agent(.assign(let assignment)) = $0 { assignment } else { nil } }
    }

    /// All of a life, as an agent tells it.
    func run(_ assignment: Assignment, steps: Int, x: Int) throws {
        let attempt = assignment.attempt
        let time = SystemClock.now().wall
        let reports = (1...steps).map { Report(step: $0, time: time, metrics: ["loss": Plan.loss(x, at: $0)]) }
        try say(
            .started(Started(attempt: attempt, sequence: 1, argv: ["fake"], directory: "/", pid: 1, time: time)),
            .report(Reports(attempt: attempt, sequence: 2, reports: reports)),
            .ended(Ended(attempt: attempt, sequence: 3, end: AttemptEnd(exitCode: 0, started: time, ended: time))))
    }
}

extension Rig {
    func port() throws -> Int {
        guard let port = ControllerFile.read(home)?.port else { throw RigError("no controller runs") }
        return port
    }

    var token: String { Files.text(home.tokenFile).trimmed }
    var agentToken: String { Files.text(home.agentTokenFile).trimmed }
}

extension Assignment {
    /// The suite's one parameter.
    var x: Int {
        if case .int(let x)? = parameters.first?.value { x } else { 0 }
    }
}
