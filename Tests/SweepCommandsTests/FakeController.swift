import NIOCore
import NIOPosix
import SweepModel
import SweepWire
import Synchronization

/// A controller that answers as a test wants it to.
final class FakeController: Sendable {
    enum Answer: Sendable {
        case items([ParameterValue])
        case failed(SweepError)
        /// These bytes, and then nothing.
        case bytes([UInt8])
        /// These items, and then the end of the connection.
        case cut([ParameterValue])
        case silent
    }

    enum Greeting: Sendable {
        case welcome
        case refused(String)
        case bytes([UInt8])
        case silent
    }

    private let log: Received
    let address: String

    private init(channel: any Channel, log: Received) {
        self.log = log
        address = "127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    /// What clients asked for, in order.
    var requests: [ClientRequest] { log.requests.withLock { $0 } }
    /// The tokens that they gave.
    var tokens: [String?] { log.tokens.withLock { $0 } }

    final class Received: Sendable {
        let requests = Mutex<[ClientRequest]>([])
        let tokens = Mutex<[String?]>([])
    }

    /// Runs `body` while it listens.
    static func with<Result>(
        greeting: Greeting = .welcome, answering answer: @escaping @Sendable (ClientRequest) -> Answer,
        _ body: (FakeController) async throws -> Result
    ) async throws -> Result {
        let log = Received()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineFrameDecoder()))
                    try channel.pipeline.syncOperations.addHandler(
                        FakePeer(greeting: greeting, answer: answer, log: log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let controller = FakeController(channel: channel, log: log)
        do {
            let result = try await body(controller)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }
}

private final class FakePeer: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: FakeController.Greeting
    private let answer: @Sendable (ClientRequest) -> FakeController.Answer
    private let log: FakeController.Received

    init(
        greeting: FakeController.Greeting, answer: @escaping @Sendable (ClientRequest) -> FakeController.Answer,
        log: FakeController.Received
    ) {
        self.greeting = greeting
        self.answer = answer
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let line = try? PeerLine.decode(Array(unwrapInboundIn(data).readableBytesView)) else { return }
        switch line {
        case .hello(let hello):
            log.tokens.withLock { $0.append(hello.token) }
            switch greeting {
            case .welcome: send(context, [.welcome(Welcome(build: "fake", heartbeat: 5, lease: 90))])
            case .refused(let reason):
                send(context, [.refused(reason: reason)])
                context.close(promise: nil)
            case .bytes(let bytes): send(context, bytes)
            case .silent: break
            }
        case .client(let id, let request):
            log.requests.withLock { $0.append(request) }
            switch answer(request) {
            case .items(let items):
                send(context, items.map { .client(.item(request: id, $0)) } + [.client(.done(request: id))])
            case .failed(let error): send(context, [.client(.failed(request: id, error))])
            case .bytes(let bytes): send(context, bytes)
            case .cut(let items):
                send(context, items.map { .client(.item(request: id, $0)) })
                context.close(promise: nil)
            case .silent: break
            }
        case .agent: break
        }
    }

    private func send(_ context: ChannelHandlerContext, _ lines: [ControllerLine]) {
        send(context, lines.flatMap { (try? $0.line()) ?? [] })
    }

    private func send(_ context: ChannelHandlerContext, _ bytes: [UInt8]) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}
