import NIOCore
import SweepModel
import SweepWire

/// A client that creates one sweep.
final class SweepCreation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let yaml: String
    private let token: String?
    private let created: EventLoopPromise<SweepID>

    init(yaml: String, token: String?, created: EventLoopPromise<SweepID>) {
        self.yaml = yaml
        self.token = token
        self.created = created
    }

    func channelActive(context: ChannelHandlerContext) {
        send(.hello(Hello(role: .client, token: token, build: SweepBuild.version)), context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let line = Array(unwrapInboundIn(data).readableBytesView)
        do {
            switch try ControllerLine.decode(line) {
            case .welcome:
                send(.client(id: 1, .create(yaml: yaml, file: nil, createdIn: nil, name: nil)), context: context)
            case .client(.item(_, let item)):
                created.succeed(try JSONCoding.decode(CreatedSweep.self, from: item).id)
            case .refused(let reason): created.fail(BenchError("the client was refused: \(reason)"))
            case .client(.failed(_, let error)): created.fail(error)
            case .client, .agent: break
            }
        } catch {
            created.fail(error)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        created.fail(error)
        context.close(promise: nil)
    }

    private func send(_ line: PeerLine, context: ChannelHandlerContext) {
        do {
            let buffer = context.channel.allocator.buffer(bytes: try line.line())
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        } catch {
            created.fail(error)
        }
    }
}
