import Logging
import NIOCore
import NIOSSL
import SweepModel
import SweepWire

/// What a connection turns out to be, by its first byte.
///
/// One port serves all: TLS records begin with 0x16, a line of ours with a brace, and an HTTP request with a capital letter.
/// Inside TLS the first byte is looked at once more.
final class FirstByte: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What all connections share.
    struct Doorway: Sendable {
        var configuration: ControllerConfiguration
        var certificate: ControllerCertificate
        var delegate: any PeerDelegate
        var backlog: Backlog
        var http: any HTTPUpgrade
        var logger: Logger
    }

    private static let tlsRecord: UInt8 = 0x16

    private let doorway: Doorway
    /// Everything up to `hello`, a TLS handshake included, is over by then.
    private let deadline: NIODeadline
    private let isSecure: Bool
    private var alarm: Scheduled<Void>?
    private var isDecided = false

    init(_ doorway: Doorway, deadline: NIODeadline, isSecure: Bool = false) {
        self.doorway = doorway
        self.deadline = deadline
        self.isSecure = isSecure
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let (channel, logger, isSecure) = (context.channel, doorway.logger, isSecure)
        alarm = context.eventLoop.scheduleTask(deadline: deadline) {
            logger.info("a peer said no hello in time")
            // In the middle of a handshake nothing can be said.
            guard !isSecure else { return channel.close(promise: nil) }
            let bytes = (try? ControllerLine.refused(reason: "no hello came in time").line()) ?? []
            channel.writeAndFlush(ByteBuffer(bytes: bytes)).whenComplete { _ in channel.close(promise: nil) }
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { alarm?.cancel() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        guard !isDecided, let first = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return }
        isDecided = true
        do {
            guard try admit(first, context) else { return }
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            doorway.logger.error("a connection cannot be set up: \(error)")
            context.close(promise: nil)
        }
    }

    /// Adds the handlers of what begins with `first`.
    ///
    /// - Returns: false when it is refused.
    private func admit(_ first: UInt8, _ context: ChannelHandlerContext) throws -> Bool {
        let address = PeerAddress(context.remoteAddress)
        let isHTTP = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
        let place = ChannelPipeline.SynchronousOperations.Position.after(self)
        let pipeline = context.pipeline.syncOperations
        if first == Self.tlsRecord, !isSecure {
            let inner = FirstByte(doorway, deadline: deadline, isSecure: true)
            try pipeline.addHandlers([doorway.certificate.makeHandler(), inner], position: place)
            return true
        }
        guard isSecure || address.isLoopback || doorway.configuration.isInsecure else {
            doorway.logger.info("a connection without TLS from \(address.text) is refused")
            refuse(isHTTP: isHTTP, context)
            return false
        }
        if isHTTP {
            try doorway.http.begin(
                on: context.channel, after: self,
                HTTPPeer(address: address, isSecure: isSecure, deadline: deadline))
            return true
        }
        let decoder = ByteToMessageHandler(
            LineFrameDecoder(), maximumBufferSize: LineFrameDecoder.maximumLength + (128 << 10))
        let handler = PeerHandler(
            PeerConnection(context.channel, address: address), delegate: doorway.delegate, backlog: doorway.backlog,
            configuration: doorway.configuration, helloDeadline: deadline, logger: doorway.logger)
        try pipeline.addHandlers([decoder, handler], position: place)
        return true
    }

    private func refuse(isHTTP: Bool, _ context: ChannelHandlerContext) {
        let reason = "from other machines this controller takes only TLS: join it with a line of 'sweep join'"
        let bytes =
            isHTTP
            ? Array("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".utf8)
            : (try? ControllerLine.refused(reason: reason).line()) ?? []
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        doorway.logger.debug("a connection broke before its hello: \(error)")
        context.close(promise: nil)
    }
}
