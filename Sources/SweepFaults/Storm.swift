import ArgumentParser
import Glibc
import NIOPosix
import SweepAgent
import SweepModel
import SweepTrust
import SweepWire
import Synchronization

/// Many agents in one process: their state, their connection and their pauses are the real ones, only that they have nothing
/// to run. Says when all are connected, and when all are back after the controller was away.
struct Storm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Connect many agents, and time how they come back.")

    @Option(help: "The controller's home.")
    var home: String

    @Option(help: "So many agents.")
    var agents = 1000

    @Option(help: "A line of 'sweep join': they come over TLS.")
    var join: String?

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        raiseFileLimit()
        let home = SweepHome(path: home)
        let joined = try join.map { try JoinLine.parse($0, role: .agent) }
        let source = EndpointSource(
            home: home, address: nil, tokenFile: joined == nil ? home.agentTokenFile : nil, token: nil, joined: joined)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let watcher = try ExitWatcher()
        let count = Mutex(0)
        let total = agents
        let start = monotonic()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<total {
                let configuration = AgentConfiguration(
                    id: AgentID("storm\(number)"), incarnation: "i\(number)", name: "storm\(number)", host: "storm",
                    folder: "/nonexistent/\(number)", slots: [AgentSlot(info: SlotInfo(index: 0))], environment: [:],
                    directory: "/", launcher: Launcher(executable: "/nonexistent"))
                let hear: @Sendable (String) -> Void = { line in
                    guard line.hasPrefix("connected") else { return }
                    let reached = count.withLock { count in
                        count += 1
                        return count
                    }
                    if reached == total { say("all connected after \(rounded(monotonic() - start)) s") }
                    if reached == 2 * total { say("all back after \(rounded(monotonic() - start)) s") }
                }
                let agent = Agent(configuration, watcher: watcher, clock: SystemClock.now, say: hear)
                tasks.addTask { try await Uplink(agent: agent, source: source, group: group, say: hear).run() }
                tasks.addTask { try await Ticker(agent: agent, interval: .seconds(1)).run() }
            }
            try await tasks.waitForAll()
        }
    }

    private func raiseFileLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
