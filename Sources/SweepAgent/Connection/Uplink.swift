import NIOCore
package import NIOPosix
import ServiceLifecycle
import SweepModel
import SweepTrust
import SweepWire

/// Keeps one connection to the controller, for as long as the agent lives. A controller that is away is tried again for
/// ever, with growing pauses: its agents' trials go on meanwhile.
package struct Uplink: Service {
    /// Seconds between two attempts: the first, and the longest. Each pause is shortened at random by up to a half, so
    /// that a thousand agents do not come back in the same instant.
    static let pauses = (first: 0.1, longest: 10.0)

    private let agent: Agent
    private let source: EndpointSource
    private let group: MultiThreadedEventLoopGroup
    private let say: @Sendable (String) -> Void

    package init(
        agent: Agent, source: EndpointSource, group: MultiThreadedEventLoopGroup,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.agent = agent
        self.source = source
        self.group = group
        self.say = say
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.connectForEver() }
    }

    private func connectForEver() async {
        var pause = Self.pauses.first
        var complaint: String?
        while !Task.isCancelled {
            do {
                try await converse()
                (pause, complaint) = (Self.pauses.first, nil)
            } catch let error as SweepError {
                // Refused for good: nothing that is tried again would change it.
                if error.category == .denied, await !agent.hasConnected {
                    say("\(error)")
                    await agent.end(error.exitCode)
                    // A service that returned would take the others with it before their last words.
                    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
                    return
                }
                if complaint != error.description { say("\(error); trying again until it answers") }
                complaint = error.description
            } catch {
                if Task.isCancelled { return }
                let text = "\(error)"
                if complaint != text { say("no controller can be reached: \(text)") }
                complaint = text
            }
            try? await Task.sleep(for: .seconds(pause * Double.random(in: 0.5...1)))
            // Several times within a lease, or a controller that comes back would give up trials that go on.
            pause = min(pause * 2, Self.pauses.longest, max(Self.pauses.first, await agent.lease / 9))
        }
    }

    /// One connection from its beginning to its end.
    private func converse() async throws {
        let endpoint = try source.find()
        let tls = try endpoint.pin.map { pin throws(SweepError) in try PinnedTLS(pin) }
        let channel = try await connect(endpoint, tls)
        do {
            try await converse(channel, endpoint)
        } catch {
            throw tls?.refusal("\(endpoint.host):\(endpoint.port)") ?? error
        }
    }

    private func converse(_ channel: NIOAsyncChannel<ByteBuffer, Never>, _ endpoint: Endpoint) async throws {
        try await channel.executeThenClose { inbound, _ in
            let link = Link(channel.channel)
            let hello = await agent.hello(token: endpoint.token)
            link.send(try PeerLine.hello(hello).line())
            let timeout = channel.channel.eventLoop.scheduleTask(in: .seconds(10)) { link.close() }
            defer { timeout.cancel() }
            var isWelcome = false
            do {
                for try await buffer in inbound {
                    switch try? ControllerLine.decode(Array(buffer.readableBytesView)) {
                    case .welcome(let welcome):
                        timeout.cancel()
                        isWelcome = true
                        await agent.connected(link, welcome)
                    case .refused(let reason):
                        throw SweepError(
                            .denied,
                            "the controller at \(endpoint.host):\(endpoint.port) refuses this agent: \(reason)",
                            remedy: endpoint.pin == nil
                                ? "give its token with --token-file or $SWEEP_TOKEN, or use an 'agent' of its version"
                                : "join again: run 'sweep join' there, and 'agent --join LINE' here"
                        )
                    case .agent(let message) where isWelcome: await agent.received(message)
                    // A line of a newer controller, or one that is not for agents.
                    case .agent, .client, nil: continue
                    }
                }
            } catch {
                await agent.disconnected(link)
                if isWelcome, !(error is SweepError) { return }
                throw error
            }
            await agent.disconnected(link)
            if !isWelcome {
                throw SweepError(
                    .unavailable, "\(endpoint.host):\(endpoint.port) closed the connection without a word",
                    remedy: "is it a sweep controller?")
            }
        }
    }

    private func connect(
        _ endpoint: Endpoint, _ tls: PinnedTLS?
    ) async throws -> NIOAsyncChannel<ByteBuffer, Never> {
        do {
            return try await ClientBootstrap(group: group)
                .connectTimeout(.seconds(5))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connect(host: endpoint.host, port: endpoint.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try tls?.addHandler(to: channel)
                        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineFrameDecoder()))
                        return try NIOAsyncChannel<ByteBuffer, Never>(wrappingChannelSynchronously: channel)
                    }
                }
        } catch {
            throw SweepError(
                .unavailable, "no controller answers at \(endpoint.host):\(endpoint.port)",
                remedy: "start one there with 'sweep controller', or give --controller HOST:PORT")
        }
    }
}
