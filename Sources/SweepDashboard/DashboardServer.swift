import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SweepModel
package import SweepStore

/// Serves the API and the pages until the group that it belongs to ends.
package struct DashboardServer: Service {
    /// Between two looks after idle feeds and dead connections, in seconds.
    private static let tick = 10.0

    private let configuration: DashboardConfiguration
    private let store: Store
    private let backend: any DashboardBackend
    private let logger: Logger
    private let onListening: @Sendable (Int?) -> Void

    /// - Parameter onListening: called with the port, or with nil when it cannot listen or ends; the first call counts. The
    ///   controller goes on without pages then.
    package init(
        _ configuration: DashboardConfiguration, store: Store, backend: any DashboardBackend, logger: Logger,
        onListening: @escaping @Sendable (Int?) -> Void
    ) {
        self.configuration = configuration
        self.store = store
        self.backend = backend
        self.logger = logger
        self.onListening = onListening
    }

    package func run() async throws {
        let threads = NIOThreadPool(numberOfThreads: 3)
        threads.start()
        let feeds = FeedBook(store: store, backend: backend, threads: threads, pace: configuration.pace)
        var generator = SystemRandomNumberGenerator()
        let api = API(
            store: store, backend: backend, configuration: configuration, access: Access(configuration), feeds: feeds,
            read: PacedAnswers(seconds: 4),
            streams: StreamCount(maximum: configuration.maximumStreams), threads: threads,
            pages: Pages(folder: configuration.pagesFolder),
            epoch: String(UInt32.random(in: .min ... .max, using: &generator), radix: 36), logger: logger)
        await withTaskGroup { group in
            group.addTask { await serve(api) }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    while true {
                        do { try await Task.sleep(for: .seconds(Self.tick)) } catch { return }
                        feeds.tick()
                    }
                }
            }
            await group.waitForAll()
        }
        feeds.close()
        try? await threads.shutdownGracefully()
    }

    /// A port that is taken is no reason for a controller to end: where the default is, any other serves as well.
    private func serve(_ api: API) async {
        let wanted = configuration.port ?? configuration.preferredPort
        do {
            try await application(api, port: wanted).run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE && configuration.port == nil {
            do {
                try await application(api, port: 0).run()
            } catch {
                failed(error)
            }
        } catch {
            failed(error)
        }
        onListening(nil)
        // Whoever waits for the other services must not wait for this one's end only.
        try? await gracefulShutdown()
    }

    private func failed(_ error: any Error) {
        logger.error("no dashboard: \(configuration.host) cannot be listened on: \(error)")
        onListening(nil)
    }

    private func application(_ api: API, port: Int) throws -> some ApplicationProtocol {
        let server: HTTPServerBuilder =
            if let tls = configuration.tls {
                try .tls(.http1(configuration: Self.limits), tlsConfiguration: tls)
            } else {
                .http1(configuration: Self.limits)
            }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return Application(
            responder: CallbackResponder { (request: Request, _: BasicRequestContext) in
                await api.respond(to: request)
            },
            server: server,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: port), serverName: "sweep",
                availableConnectionsDelegate: MaximumAvailableConnections(1024)),
            onServerRunning: { [onListening] channel in onListening(channel.localAddress?.port) },
            logger: quiet)
    }

    private static var limits: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            idleTimeout: .seconds(120),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100))
    }
}
