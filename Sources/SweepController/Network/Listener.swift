import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SweepModel
import SweepWire
import Synchronization

/// Accepts connections, each of which begins with a `FirstByte`.
final class Listener: Service {
    private let server: any Channel
    private let connections: OpenConnections
    let port: Int

    /// TCP_NOTSENT_LOWAT, which NIO does not name.
    private static let notSentLowWater = NIOBSDSocket.Option(rawValue: 25)

    /// Listens before it returns.
    ///
    /// - Throws: when the port is taken, or the address is not this machine's.
    init(_ doorway: FirstByte.Doorway) async throws(SweepError) {
        let (configuration, logger) = (doorway.configuration, doorway.logger)
        let connections = OpenConnections(maximum: configuration.maximumConnections)
        self.connections = connections
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // What a peer does not take waits here, where it is counted, and not by the megabyte in the kernel.
            .childChannelOption(.tcpOption(Self.notSentLowWater), value: 128 << 10)
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: min(64 << 10, configuration.maximumUnsent / 2), high: configuration.maximumUnsent)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.open(channel) else {
                        logger.warning("a connection is refused: \(configuration.maximumConnections) are open")
                        throw ChannelError.connectPending
                    }
                    let deadline = NIODeadline.now() + .nanoseconds(Int64(configuration.helloTimeout * 1e9))
                    try channel.pipeline.syncOperations.addHandler(FirstByte(doorway, deadline: deadline))
                }
            }
        (server, port) = try await Self.bind(bootstrap, configuration)
    }

    private static func bind(
        _ bootstrap: ServerBootstrap, _ configuration: ControllerConfiguration
    ) async throws(SweepError) -> (any Channel, Int) {
        let wanted = configuration.port ?? ControllerConfiguration.defaultPort
        do {
            let channel: any Channel
            do {
                channel = try await bootstrap.bind(host: configuration.host, port: wanted).get()
            } catch let error as IOError where error.errnoCode == EADDRINUSE && configuration.port == nil {
                channel = try await bootstrap.bind(host: configuration.host, port: 0).get()
            }
            return (channel, channel.localAddress?.port ?? wanted)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw SweepError(
                .conflict, "port \(wanted) of \(configuration.host) is in use by another program",
                remedy: "choose another one with --port, or any free one with --port 0")
        } catch {
            throw SweepError(
                .failed, "\(configuration.host) port \(wanted) cannot be listened on: \(error)",
                remedy: "choose another one with --host and --port")
        }
    }

    /// Until the server is closed; then every connection is closed too.
    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                try? await server.closeFuture.get()
            } onCancel: {
                server.close(promise: nil)
            }
        } onGracefulShutdown: {
            self.server.close(promise: nil)
        }
        await connections.closeAll()
    }
}

/// The channels that are open, bounded in number.
private final class OpenConnections: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    func open(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isOpen = channels.withLock { channels in
            guard channels.count < maximum else { return false }
            channels[id] = channel
            return true
        }
        if isOpen {
            channel.closeFuture.whenComplete { [self] _ in channels.withLock { _ = $0.removeValue(forKey: id) } }
        }
        return isOpen
    }

    func closeAll() async {
        for channel in channels.withLock({ Array($0.values) }) { try? await channel.close().get() }
    }
}
