import ArgumentParser
import FoundationEssentials
import NIOCore
import NIOPosix
import SweepModel
import SweepWire

/// Trials a second of a running controller under simulated agents over real TCP: each connects like an agent, and ends every
/// trial at once with one report. The controller commits as it always does.
struct SlotsBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slots", abstract: "Trials a second of a running controller under simulated agents.")

    @Option(help: "The controller's home.")
    var home: String

    @Option(help: "Trials to run.")
    var trials = 10_000

    @Option(help: "Simulated slots in all.")
    var slots = 100

    @Option(help: "Agents that share them.")
    var agents = 100

    @Option(help: "Give up after this many seconds.")
    var limit = 300

    func validate() throws {
        guard trials > 0, agents > 0, slots >= agents, slots % agents == 0, limit > 0 else {
            throw ValidationError("--slots must be a multiple of --agents, and all numbers above 0")
        }
    }

    func run() async throws {
        guard let controller = ControllerFile.read(SweepHome(path: home)) else {
            throw ValidationError("no controller runs in \(home)")
        }
        let token = PrivateFile.line(controller.tokenFile)
        let agentToken = controller.agentTokenFile.flatMap { PrivateFile.line($0) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let counter = TrialCounter(target: trials, loop: group.next())
        let slotsEach = slots / agents
        for number in 0..<agents {
            try await connect(to: controller, on: group) {
                SimulatedAgent(number: number, slots: slotsEach, token: agentToken, counter: counter)
            }
        }

        let created = group.next().makePromise(of: SweepID.self)
        let yaml = BenchSweep.yaml(trials: trials)
        let clock = ContinuousClock()
        let start = clock.now
        try await connect(to: controller, on: group) { SweepCreation(yaml: yaml, token: token, created: created) }
        let sweep = try await created.futureResult.get()
        let timeout = group.next().scheduleTask(in: .seconds(Int64(limit))) { counter.giveUp() }
        try await counter.finished.get()
        let seconds = (clock.now - start).inSeconds
        timeout.cancel()
        let result: ParameterValue = [
            "sweep": .string(sweep.text), "trials": .int(trials), "seconds": .double(seconds),
            "rate": .double(Double(trials) / seconds),
        ]
        print(result.json())
        try await group.shutdownGracefully()
    }

    private func connect<Handler: ChannelInboundHandler>(
        to controller: ControllerFile, on group: MultiThreadedEventLoopGroup,
        _ handler: @escaping @Sendable () -> Handler
    ) async throws {
        _ = try await ClientBootstrap(group: group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(LineFrameDecoder()), handler(),
                    ])
                }
            }
            .connect(host: controller.host, port: controller.port).get()
    }
}
