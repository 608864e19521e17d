import NIOCore
import NIOPosix
import SweepModel
import SweepTrust
import SweepWire
import Synchronization

/// One end of a connection to a controller, as an agent or client has it; also one that misbehaves.
final class TestPeer: Sendable {
    private struct State {
        var lines: [ControllerLine] = []
        var isClosed = false
        /// Resumed at the next change.
        var waiter: CheckedContinuation<Void, Never>?
    }

    private final class SharedState: Sendable {
        private let value = Mutex(State())

        /// Changes the state, and wakes who waits for a line.
        func change<T: Sendable>(_ body: (inout State) -> T) -> T {
            let (result, waiter) = value.withLock { state in
                let result = body(&state)
                defer { state.waiter = nil }
                return (result, state.waiter)
            }
            waiter?.resume()
            return result
        }

        func look<T: Sendable>(_ body: (inout State) -> T) -> T { value.withLock { body(&$0) } }
    }

    let channel: any Channel
    private let state: SharedState

    let tls: PinnedTLS?

    /// - Parameters:
    ///   - reads: false: it never reads what it is sent.
    ///   - pin: over TLS, with this certificate.
    init(host: String = "127.0.0.1", port: Int, reads: Bool = true, pin: Fingerprint? = nil) async throws {
        let state = SharedState()
        self.state = state
        let tls = try pin.map { try PinnedTLS($0) }
        self.tls = tls
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let collector = Collector { line in state.change { $0.lines.append(line) } }
                    try tls?.addHandler(to: channel)
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineFrameDecoder()))
                    try channel.pipeline.syncOperations.addHandler(collector)
                }
            }
            .connect(host: host, port: port).get()
        channel.closeFuture.whenComplete { _ in state.change { $0.isClosed = true } }
    }

    func hello(_ hello: Hello) async throws { try await send(.hello(hello)) }

    func send(_ lines: PeerLine...) async throws { try await send(raw: lines.flatMap { try $0.line() }) }

    func send(raw bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    func send(text: String) async throws { try await send(raw: Array((text + "\n").utf8)) }

    /// The next line.
    ///
    /// - Throws: when none comes in time, or the connection is closed before one does.
    func next(seconds: Double = 20) async throws -> ControllerLine {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            let (line, isClosed) = state.look { state in
                (state.lines.isEmpty ? nil : state.lines.removeFirst(), state.isClosed)
            }
            if let line { return line }
            if isClosed { throw SweepError(.unavailable, "closed") }
            if ContinuousClock.now > deadline { throw SweepError(.tryAgain, "nothing came") }
            let alarm = channel.eventLoop.scheduleTask(in: .seconds(1)) { [state] in state.change { _ in } }
            await withCheckedContinuation { continuation in
                let comesLate = state.look { state in
                    if !state.lines.isEmpty || state.isClosed { return true }
                    state.waiter = continuation
                    return false
                }
                if comesLate { continuation.resume() }
            }
            alarm.cancel()
        }
    }

    /// The next line that is no heartbeat.
    func nextWord(seconds: Double = 20) async throws -> ControllerLine {
        while true {
            let line = try await next(seconds: seconds)
            if line != .agent(.heartbeat) { return line }
        }
    }

    /// How many lines wait to be read.
    var waiting: Int { state.look { $0.lines.count } }
    var isClosed: Bool { state.look { $0.isClosed } }

    func close() async throws { try? await channel.close() }

    /// A client's request and its whole answer.
    func ask<Item: Decodable>(_ request: ClientRequest, id: Int = 1, _ type: Item.Type) async throws -> [Item] {
        try await send(.client(id: id, request))
        var items: [Item] = []
        while true {
            switch try await next() {
            case .client(.item(id, let value)): items.append(try JSONCoding.decode(Item.self, from: value))
            case .client(.done(id)): return items
            case .client(.failed(id, let error)): throw error
            case let other: throw SweepError(.failed, "unexpected: \(other)")
            }
        }
    }

    func ask(_ request: ClientRequest, id: Int = 1) async throws {
        _ = try await ask(request, id: id, ParameterValue.self)
    }
}

private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let take: @Sendable (ControllerLine) -> Void

    init(_ take: @escaping @Sendable (ControllerLine) -> Void) { self.take = take }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let line = try? ControllerLine.decode(Array(unwrapInboundIn(data).readableBytesView)) { take(line) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
