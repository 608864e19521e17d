import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SweepModel
import Synchronization

/// A real HTTP server on a free port of this machine, which keeps what it is sent and answers what it is told to.
final class WebhookServer: Sendable {
    struct Request: Hashable, Sendable {
        var method: String
        var path: String
        var type: String?
        var host: String?
        var body: String

        var json: ParameterValue? { try? JSONParser.parse([UInt8](body.utf8)) }
    }

    enum Reply: Sendable {
        case status(Int, retryAfter: String? = nil)
        /// Nothing, for ever.
        case silence
        /// The connection is closed without a word.
        case hangUp
    }

    fileprivate struct State {
        var requests: [Request] = []
        /// The next answers; the last one is repeated.
        var replies: [Reply]
    }

    let port: Int
    private let channel: any Channel
    private let state: Shared

    final class Shared: Sendable {
        fileprivate let state: Mutex<State>

        fileprivate init(_ state: State) { self.state = Mutex(state) }
    }

    init(_ replies: [Reply] = [.status(200)], tls: NIOSSLContext? = nil) async throws {
        let state = Shared(State(replies: replies))
        self.state = state
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(state))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws { try await channel.close() }

    var requests: [Request] { state.state.withLock { $0.requests } }

    func url(_ path: String = "/hook") -> String { "http://127.0.0.1:\(port)\(path)" }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let shared: Shared
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()

        init(_ shared: Shared) { self.shared = shared }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (self.head, body) = (head, ByteBuffer())
            case .body(var part): body.writeBuffer(&part)
            case .end: answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            let request = Request(
                method: head?.method.rawValue ?? "", path: head?.uri ?? "",
                type: head?.headers.first(name: "content-type"), host: head?.headers.first(name: "host"),
                body: String(buffer: body))
            let reply = shared.state.withLock { state in
                state.requests.append(request)
                return state.replies.count > 1 ? state.replies.removeFirst() : state.replies.first
            }
            switch reply {
            case .silence, nil: return
            case .hangUp: context.close(promise: nil)
            case .status(let status, let after):
                var headers = HTTPHeaders([("Content-Length", "0")])
                if let after { headers.add(name: "Retry-After", value: after) }
                let head = HTTPResponseHead(
                    version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
