import NIOPosix
import SweepAgent
import SweepModel
import SweepWire
import Synchronization

/// Runs `body` beside an agent in this process, and ends the agent as a crash would (its services are cancelled, its trials
/// go on).
func withRunningAgent(
    _ configuration: AgentConfiguration, home: TemporaryFolder, controller: FakeController, said: AgentTests.Said,
    captures: Bool = false,
    _ body: @escaping @Sendable (Agent) async throws -> Void
) async throws {
    let watcher = try ExitWatcher()
    let agent = Agent(
        configuration, watcher: watcher, clock: SystemClock.now,
        say: { line in said.lines.withLock { $0.append(line) } })
    if captures { await agent.beginCapturing() }
    await agent.adopt()
    let source = EndpointSource(
        home: SweepHome(path: home.path), address: "127.0.0.1:\(controller.port)", tokenFile: nil, token: "t")
    let uplink = Uplink(agent: agent, source: source, group: controller.group, say: { _ in })
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await uplink.run() }
        group.addTask { try await Ticker(agent: agent, interval: .milliseconds(20)).run() }
        if captures { group.addTask { try await RunCapture(agent: agent).run() } }
        group.addTask { try await InputFetcher(agent: agent).run() }
        group.addTask { try await ExitService(agent: agent, watcher: watcher).run() }
        try await body(agent)
        group.cancelAll()
    }
    watcher.close()
}
