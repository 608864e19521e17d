import NIOCore
import NIOPosix
package import SweepModel
import SweepTrust
package import SweepWire

/// One connection to a controller: asks, and reads what comes back. One request at a time; whoever watches and acts at the
/// same time opens two.
package final class Client: Sendable {
    /// How long a client waits.
    package struct Limits: Sendable {
        /// For the connection, and for the answer to `hello`.
        package var connect = Duration.seconds(5)
        /// For the next line of an answer.
        package var reply = Duration.seconds(60)

        package init() {}
    }

    package let address: ControllerAddress
    package let welcome: Welcome
    private let channel: any Channel
    private let inbox: ReplyInbox
    private let limits: Limits
    private let counter = RequestCounter()

    private init(
        address: ControllerAddress, welcome: Welcome, channel: any Channel, inbox: ReplyInbox, limits: Limits
    ) {
        self.address = address
        self.welcome = welcome
        self.channel = channel
        self.inbox = inbox
        self.limits = limits
    }

    /// Connects, says `hello`, runs `body`, and closes the connection whatever comes of it.
    ///
    /// - Throws: `SweepError`: unavailable when nobody answers, denied when the controller refuses; or what `body` throws.
    package static func connected<Result>(
        to address: ControllerAddress, limits: Limits = Limits(), _ body: (Client) async throws -> Result
    ) async throws -> Result {
        let inbox = ReplyInbox()
        let tls = try address.pin.map { try PinnedTLS($0) }
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(limits.connect))
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .channelOption(.autoRead, value: false)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try tls?.addHandler(to: channel)
                        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineFrameDecoder()))
                        try channel.pipeline.syncOperations.addHandler(inbox)
                    }
                }
                .connect(host: address.host, port: address.port).get()
        } catch {
            throw ConnectionFailure.describe(error, address)
        }
        do {
            let welcome: Welcome
            do {
                welcome = try await greet(channel, inbox, address, limits)
            } catch {
                throw tls?.refusal(address.text) ?? error
            }
            let client = Client(
                address: address, welcome: welcome, channel: channel, inbox: inbox, limits: limits)
            let result = try await body(client)
            try? await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    private static func greet(
        _ channel: any Channel, _ inbox: ReplyInbox, _ address: ControllerAddress, _ limits: Limits
    ) async throws -> Welcome {
        let hello = PeerLine.hello(Hello(role: .client, token: address.token, build: SweepBuild.version))
        do {
            // Not awaited: TLS takes it only after a handshake, for which somebody has to read.
            channel.writeAndFlush(ByteBuffer(bytes: try hello.line()), promise: nil)
            let lines = try await inbox.next(from: channel, within: TimeAmount(limits.connect))
            guard let first = lines.first else { throw EndOfReplies.closed }
            switch try ControllerLine.decode(Array(first.readableBytesView)) {
            case .welcome(let welcome): return welcome
            case .refused(let reason):
                throw SweepError(
                    .denied, "the controller at \(address.text) refused: \(DisplayText.escape(reason))",
                    remedy: address.pin == nil
                        ? "give its token with --token-file or $SWEEP_TOKEN, or use a 'sweep' of its version"
                        : "join again: run 'sweep join --user' there, and 'sweep login LINE' here")
            case .agent(.error(let error)): throw error
            case .agent, .client: throw WireError("it answered 'hello' with something else")
            }
        } catch {
            throw ConnectionFailure.describe(error, address)
        }
    }

    /// Asks, and hands each item of the answer on as it comes.
    ///
    /// - Parameter patient: the answer may be silent for as long as it likes (`watch`, logs that are followed).
    /// - Throws: the controller's `SweepError`, or one that says how the connection failed.
    package func stream(
        _ request: ClientRequest, patient: Bool = false, _ item: (ParameterValue) async throws -> Void
    ) async throws {
        let id = counter.next()
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: PeerLine.client(id: id, request).line()))
            while true {
                let lines = try await inbox.next(from: channel, within: patient ? nil : TimeAmount(limits.reply))
                for line in lines {
                    switch try ControllerLine.decode(Array(line.readableBytesView)) {
                    case .client(.item(request: id, let value)): try await item(value)
                    case .client(.done(request: id)): return
                    case .client(.failed(request: id, let error)): throw error
                    case .agent(.error(let error)): throw error
                    // Of an earlier request that was given up, or of a newer protocol.
                    default: continue
                    }
                }
            }
        } catch {
            throw ConnectionFailure.describe(error, address)
        }
    }

    /// Asks, and decodes all items of the answer.
    package func items<Item: Decodable>(_ request: ClientRequest, as type: Item.Type) async throws -> [Item] {
        var items: [Item] = []
        try await stream(request) { items.append(try JSONCoding.decode(type, from: $0)) }
        return items
    }

    /// Asks for exactly one item.
    package func one<Item: Decodable>(_ request: ClientRequest, as type: Item.Type) async throws -> Item {
        guard let item = try await items(request, as: type).first else {
            throw ConnectionFailure.describe(WireError("an answer is empty"), address)
        }
        return item
    }

    /// Asks for something to be done.
    package func perform(_ request: ClientRequest) async throws { try await stream(request) { _ in } }
}
