import Logging
import NIOCore
import SweepEngine
import SweepModel
import SweepWire

/// What a connection's lines are for: the rest of the controller, as one connection sees it.
protocol PeerDelegate: Sendable {
    /// The answer to `hello`.
    func greet(_ hello: Hello, _ connection: PeerConnection) -> Greeting
    /// One line after `hello`. It calls `connection.send(_:finishing:)` with `cost` once it is done with it.
    ///
    /// - Throws: what is wrong with it; then nothing is to be finished.
    func received(_ line: PeerLine, from peer: Peer, _ connection: PeerConnection, cost: Int) throws(SweepError)
    /// All lines of one read were received.
    func readComplete()
    /// A connection that was let in has ended.
    func closed(_ peer: Peer, _ connection: PeerConnection)
}

enum Greeting {
    /// `after`: seconds until it is said.
    case refuse(String, after: Double = 0)
    /// A client is let in: the welcome.
    case client(Welcome)
    /// An agent is let in; the engine says its welcome.
    case agent(AgentID, incarnation: String)
}

/// Who is at the other end.
enum Peer: Hashable, Sendable {
    case client
    case agent(AgentID, incarnation: String)
}

/// One connection: `hello`, then lines of its role, with a bound on everything.
///
/// Lives on its channel's event loop. Stops reading while `maximumUnfinished` of what the peer sent is unfinished, or as much
/// waits to be taken by it, so that a flood waits in the peer's own socket.
final class PeerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = OutgoingLines
    typealias OutboundOut = ByteBuffer

    private let delegate: any PeerDelegate
    private let configuration: ControllerConfiguration
    private let logger: Logger
    private let connection: PeerConnection
    private var peer: Peer?
    private var isClosing = false
    private let helloDeadline: NIODeadline
    private var helloAlarm: Scheduled<Void>?
    private var unfinished = 0
    /// Bytes that were written and that the network has not taken.
    private var unsent = 0
    private let backlog: Backlog
    private var isReadHeld = false
    private var hasReadAlarm = false
    private var badLines = 0
    private var lastRead = NIODeadline.now()
    private var lastTaken = NIODeadline.now()

    init(
        _ connection: PeerConnection, delegate: any PeerDelegate, backlog: Backlog,
        configuration: ControllerConfiguration,
        helloDeadline: NIODeadline, logger: Logger
    ) {
        self.connection = connection
        self.helloDeadline = helloDeadline
        self.delegate = delegate
        self.backlog = backlog
        self.configuration = configuration
        self.logger = logger
    }

    // MARK: Coming and going

    /// The connection is active already: its first byte has come.
    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        let logger = logger
        helloAlarm = context.eventLoop.scheduleTask(deadline: helloDeadline) {
            logger.info("a peer said no hello in time")
            let line = ControllerLine.refused(reason: "no hello came in time")
            channel.writeAndFlush(OutgoingLines(lines: [line], thenClose: true), promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        helloAlarm?.cancel()
        isClosing = true
        if let peer { delegate.closed(peer, connection) }
        peer = nil
        backlog.closed(connection)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is LineFrameDecoder.LineTooLong {
            refuse(
                .agent(
                    .error(SweepError(.usage, "\(error): the connection is closed", remedy: "send shorter lines"))),
                context)
        } else {
            logger.debug("a connection broke: \(error)")
            context.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !context.channel.isWritable {
            logger.notice("a peer is disconnected: it reads nothing, and too much waits for it")
            context.close(promise: nil)
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        guard !mayRead else {
            context.read()
            return
        }
        isReadHeld = true
        watchDeafness(context)
    }

    /// Whoever takes no answers is not asked for more questions.
    private var mayRead: Bool {
        unfinished <= configuration.maximumUnfinished && unsent <= configuration.maximumUnfinished
    }

    private func readOn(_ context: ChannelHandlerContext) {
        guard isReadHeld, mayRead else { return }
        isReadHeld = false
        context.read()
    }

    /// A peer that is not read because of what waits for it has `writeTimeout` to take some of it.
    private func watchDeafness(_ context: ChannelHandlerContext) {
        guard !hasReadAlarm, unsent > configuration.maximumUnfinished else { return }
        hasReadAlarm = true
        let limit = TimeAmount.nanoseconds(Int64(configuration.writeTimeout * 1e9))
        context.eventLoop.assumeIsolated().scheduleTask(in: limit) { [self] in
            hasReadAlarm = false
            guard context.channel.isActive, isReadHeld, unsent > configuration.maximumUnfinished else { return }
            guard lastTaken + limit < .now() else {
                watchDeafness(context)
                return
            }
            logger.notice("a peer is disconnected: it has taken nothing for \(Int(configuration.writeTimeout)) s")
            context.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        lastRead = .now()
        let buffer = unwrapInboundIn(data)
        let line: PeerLine
        do {
            line = try PeerLine.decode(Array(buffer.readableBytesView))
        } catch {
            bad(SweepError(.usage, error.description), buffer, context)
            return
        }
        guard let peer else {
            greet(line, context)
            return
        }
        let cost = buffer.readableBytes + 64
        unfinished += cost
        do {
            try delegate.received(line, from: peer, connection, cost: cost)
            badLines = 0
        } catch {
            unfinished -= cost
            bad(error, buffer, context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        delegate.readComplete()
        context.fireChannelReadComplete()
    }

    private func greet(_ line: PeerLine, _ context: ChannelHandlerContext) {
        guard case .hello(let hello) = line else {
            refuse(.refused(reason: "the first line must be hello"), context)
            return
        }
        switch delegate.greet(hello, connection) {
        case .refuse(let reason, let delay): refuse(.refused(reason: reason), after: delay, context)
        case .client(let welcome):
            begin(.client)
            _ = say(.welcome(welcome), context)
        case .agent(let id, let incarnation):
            begin(.agent(id, incarnation: incarnation))
            watchSilence(context)
        }
    }

    private func begin(_ peer: Peer) {
        helloAlarm?.cancel()
        self.peer = peer
    }

    /// A connection of which nothing comes is dead (its machine is gone, a cable is out), though nobody has said so: an agent
    /// that lives connects anew. Its leases are another matter and run on.
    private func watchSilence(_ context: ChannelHandlerContext) {
        let patience = min(configuration.engine.lease, max(4 * configuration.heartbeat, 5))
        let limit = TimeAmount.nanoseconds(Int64(patience * 1e9))
        context.eventLoop.assumeIsolated().scheduleTask(in: limit) { [self] in
            guard context.channel.isActive else { return }
            // What is not read because too much is unfinished is this side's silence.
            if lastRead + limit < .now(), !isReadHeld {
                logger.info("an agent was silent for \(Int(patience)) s: its connection is closed, its leases go on")
                context.close(promise: nil)
            } else {
                watchSilence(context)
            }
        }
    }

    /// A line that makes no sense is answered and skipped; a peer that sends nothing else is sent away.
    private func bad(_ error: SweepError, _ buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        guard peer != nil else {
            refuse(.refused(reason: "the first line must be hello: \(error.message)"), context)
            return
        }
        badLines += 1
        guard badLines < configuration.maximumBadLines else {
            refuse(
                .agent(.error(SweepError(.usage, "\(badLines) bad lines in a row: the connection is closed"))), context)
            return
        }
        // A request that only a newer controller knows must not leave its client waiting.
        let id = peer == .client ? Self.requestID(buffer) : nil
        let answer = id.map { ControllerLine.client(.failed(request: $0, error)) } ?? .agent(.error(error))
        _ = say(answer, context)
    }

    private static func requestID(_ buffer: ByteBuffer) -> Int? {
        guard case .int(let id)? = (try? JSONParser.parse(Array(buffer.readableBytesView)))?["id"] else { return nil }
        return id
    }

    private func refuse(_ line: ControllerLine, after delay: Double = 0, _ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        helloAlarm?.cancel()
        guard delay <= 0 else {
            let wait = TimeAmount.nanoseconds(Int64(delay * 1e9))
            context.eventLoop.assumeIsolated().scheduleTask(in: wait) { [self] in
                guard context.channel.isActive else { return }
                isClosing = false
                refuse(line, context)
            }
            return
        }
        say(line, context).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }

    // MARK: Writing

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let outgoing = unwrapOutboundIn(data)
        unfinished -= outgoing.finishing
        readOn(context)
        var bytes = outgoing.encoded ?? ByteBuffer()
        for line in outgoing.lines { bytes.writeBytes(line.bounded(logger)) }
        guard bytes.readableBytes > 0 else {
            promise?.succeed()
            return
        }
        send(bytes, promise, context)
        if outgoing.thenClose {
            isClosing = true
            context.flush()
            context.close(promise: nil)
        }
    }

    private func send(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        let count = bytes.readableBytes
        unsent += count
        backlog.add(count, for: connection)
        let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { [self] _ in
            unsent -= count
            lastTaken = .now()
            backlog.taken(count, by: connection)
            readOn(context)
        }
        context.write(wrapOutboundOut(bytes), promise: sent)
        // Reading may have been held for what is unfinished, before so much waited.
        if isReadHeld { watchDeafness(context) }
    }

    private func say(_ line: ControllerLine, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
        let promise = context.eventLoop.makePromise(of: Void.self)
        send(ByteBuffer(bytes: line.bounded(logger)), promise, context)
        context.flush()
        return promise.futureResult
    }
}
