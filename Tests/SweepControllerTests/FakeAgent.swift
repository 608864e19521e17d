import SweepModel
import SweepWire

/// An agent without processes: says what a test wants it to say.
final class FakeAgent: Sendable {
    let peer: TestPeer
    let id: AgentID
    let welcome: Welcome

    init(
        _ controller: TestController, id: String = "agent-1", incarnation: String = "a", slots: Int = 1,
        held: [HeldAttempt] = [], sweep: SweepID? = nil, replaces: [String]? = nil
    ) async throws {
        peer = try await TestPeer(port: controller.file.port)
        self.id = AgentID(id)
        let description = AgentDescription(
            id: self.id, incarnation: incarnation, name: id, host: "here", pid: 1,
            slots: (0..<slots).map { SlotInfo(index: $0) }, sweep: sweep, held: held, replaces: replaces)
        try await peer.hello(Hello(role: .agent, token: controller.agentToken, build: "test", agent: description))
        guard case .welcome(let welcome) = try await peer.next() else { throw SweepError(.failed, "no welcome") }
        self.welcome = welcome
    }

    func say(_ messages: AgentMessage...) async throws {
        try await peer.send(raw: messages.flatMap { try PeerLine.agent($0).line() })
    }

    /// The next assignment; acknowledgements and heartbeats before it are skipped.
    func assignment(seconds: Double = 20) async throws -> Assignment {
        while true {
            if case .agent(.assign(let assignment)) = try await peer.next(seconds: seconds) { return assignment }
        }
    }

    func acknowledged(_ attempt: AttemptID, _ sequence: Int) async throws {
        while true {
            if case .agent(.acknowledge(attempt, sequence)) = try await peer.next() { return }
        }
    }

    static func started(_ attempt: AttemptID) -> AgentMessage {
        .started(
            Started(
                attempt: attempt, sequence: 1, argv: ["true"], directory: "/tmp", pid: 2,
                time: Timestamp(milliseconds: 1_000_000)))
    }

    static func report(_ attempt: AttemptID, _ sequence: Int, _ metrics: [String: Double], step: Int? = nil)
        -> AgentMessage
    {
        .report(
            Reports(
                attempt: attempt, sequence: sequence,
                reports: [Report(step: step, time: Timestamp(milliseconds: 1_000_500), metrics: metrics)]))
    }

    static func ended(_ attempt: AttemptID, _ sequence: Int, exit: Int = 0) -> AgentMessage {
        .ended(
            Ended(
                attempt: attempt, sequence: sequence,
                end: AttemptEnd(
                    exitCode: exit, started: Timestamp(milliseconds: 1_000_000),
                    ended: Timestamp(milliseconds: 1_001_000), lastLine: exit == 0 ? nil : "it broke")))
    }
}

/// Sweep files for tests.
enum TestSweep {
    static func grid(_ points: Int, extra: String = "") -> String {
        """
        method: grid
        metric: {name: loss, goal: minimize}
        command: [echo, "${args}"]
        parameters:
          x: {values: [\((0..<points).map(String.init).joined(separator: ", "))]}
        \(extra)
        """
    }

    static func create(_ client: TestPeer, _ yaml: String, name: String? = nil) async throws -> SweepID {
        let created = try await client.ask(
            .create(yaml: yaml, file: "test.yaml", createdIn: "/tmp", name: name), CreatedSweep.self)
        guard let id = created.first?.id else { throw SweepError(.failed, "nothing was created") }
        return id
    }
}
