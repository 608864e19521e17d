import Logging
import NIOCore
import NIOHTTP1
import SweepModel
import SweepWire

/// `GET /metrics` for Prometheus: open to this machine, with a person's token (`Authorization: Bearer …`) to others.
struct MetricsPage: HTTPUpgrade {
    let desk: RequestDesk
    let tokens: TokenRegistry
    let logger: Logger

    func begin(on channel: any Channel, after handler: any ChannelHandler, _ peer: HTTPPeer) throws {
        try channel.pipeline.syncOperations.addHandlers(
            [
                HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
                MetricsHandler(page: self, peer: peer),
            ], position: .after(handler))
    }
}

/// One request, one answer, and the end of the connection.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Of the whole answer; the longest line of it is far shorter.
    private static let answerTimeout = TimeAmount.seconds(30)

    private let page: MetricsPage
    private let peer: HTTPPeer
    private var isAnswered = false
    private var alarm: Scheduled<Void>?

    init(page: MetricsPage, peer: HTTPPeer) {
        self.page = page
        self.peer = peer
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(deadline: peer.deadline) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        context.fireChannelInactive()
    }

    /// The head decides; a body is nobody's business.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data), !isAnswered else { return }
        isAnswered = true
        alarm?.cancel()
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(in: Self.answerTimeout) { channel.close(promise: nil) }
        guard head.uri == "/metrics" || head.uri.hasPrefix("/metrics?") else {
            return answer(context, .notFound, "there is only /metrics here\n")
        }
        guard head.method == .GET || head.method == .HEAD else {
            return answer(context, .methodNotAllowed, "GET /metrics\n")
        }
        guard mayRead(head, context.channel) else {
            return answer(
                context, .unauthorized, "a token is needed: Authorization: Bearer TOKEN (sweep token new --user)\n")
        }
        collect(context, isHead: head.method == .HEAD)
    }

    private func mayRead(_ head: HTTPRequestHead, _ channel: any Channel) -> Bool {
        let words = (head.headers.first(name: "Authorization") ?? "").split(separator: " ")
        if words.count == 2, words[0].lowercased() == "bearer" {
            let connection = PeerConnection(channel, address: peer.address)
            defer { page.tokens.closed(connection) }
            return page.tokens.admit(String(words[1]), as: .user, connection) == .admitted
        }
        // A browser that was lured here by a name of its own (DNS rebinding) says that name.
        let host = head.headers.first(name: "Host") ?? ""
        return peer.address.isLoopback && Self.isLoopback(host)
    }

    private static func isLoopback(_ host: String) -> Bool {
        let name =
            host.hasPrefix("[") ? String(host.dropFirst().prefix { $0 != "]" }) : String(host.prefix { $0 != ":" })
        return PeerAddress.isLoopback(host: name.lowercased())
    }

    private func collect(_ context: ChannelHandlerContext, isHead: Bool) {
        let asked = NIODeadline.now()
        let (desk, loop, channel, logger) = (page.desk, context.eventLoop, context.channel, page.logger)
        let handler = NIOLoopBound((self, context), eventLoop: loop)
        // After what waits on this thread already: so long it takes to begin with something new.
        loop.execute {
            let latency = Double((NIODeadline.now() - asked).nanoseconds) / 1e9
            loop.makeFutureWithTask { try await desk.metrics(eventLoopLatency: latency) }.whenComplete { result in
                guard channel.isActive else { return }
                let (handler, context) = handler.value
                switch result {
                case .success(let text): handler.answer(context, .ok, text, isHead: isHead)
                case .failure(let error):
                    logger.warning("/metrics cannot be shown: \(error)")
                    handler.answer(context, .internalServerError, "see the controller's log\n")
                }
            }
        }
    }

    private func answer(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String, isHead: Bool = false
    ) {
        var headers = HTTPHeaders()
        headers.add(name: "Content-Type", value: "text/plain; version=0.0.4; charset=utf-8")
        headers.add(name: "Content-Length", value: String(text.utf8.count))
        headers.add(name: "Connection", value: "close")
        headers.add(name: "X-Content-Type-Options", value: "nosniff")
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil) }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
