import Glibc
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SweepDashboard
package import SweepEngine
package import SweepModel
import SweepRecord
package import SweepSearch
import SweepStore
import SweepTrust
package import SweepWire
import Synchronization
import UnixSignals

/// The daemon that decides: owns a home, listens for agents and clients, and drives the engine.
///
/// `run()` does all of it and returns when it is over: after SIGTERM or SIGINT, a client's `shutdown`, `stop()`, or the
/// cancellation of its task. Agents and their trials go on without it.
package final class Controller: Sendable {
    private let configuration: ControllerConfiguration
    private let logger: Logger
    private let onListening: @Sendable (ControllerFile) -> Void
    private let hooks: ControllerHooks
    private let shutdown = ShutdownService()

    /// - Parameter onListening: called once, as soon as peers can connect.
    package init(
        _ configuration: ControllerConfiguration, logger: Logger = Logger(label: "sweep.controller"),
        hooks: ControllerHooks = ControllerHooks(), onListening: @escaping @Sendable (ControllerFile) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.hooks = hooks
        self.onListening = onListening
    }

    /// Ends `run()` in good order.
    package func stop() { shutdown.trigger() }

    /// - Throws: `SweepError` when another controller has this home, the port is taken, or the record cannot be opened.
    package func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        Self.raiseFileLimit()
        SpareMemory.bound()
        let home = configuration.home
        try HomeFolder.make(home.path)
        let lock = try ControllerLock(path: home.lockFile)
        defer { withExtendedLifetime(lock) {} }
        let trust = Trust(
            tokens: try TokenRegistry(home, logger: logger, now: { SystemClock.now().wall }),
            certificate: try ControllerCertificate(home))
        try NetworkFolder.refuse(home.path)
        let store = try Store.open(home.database)
        defer { try? store.close() }
        try await run(store: store, trust: trust)
    }

    private struct Trust {
        var tokens: TokenRegistry
        var certificate: ControllerCertificate
    }

    private func run(store: Store, trust: Trust) async throws {
        let configuration = configuration
        let catalogue = SweepCatalogue()
        let restore: @Sendable () throws(SweepError) -> Engine = { () throws(SweepError) in
            try Self.restore(store, catalogue, configuration.engine)
        }
        let engine = try restore()
        let hub = ChangeHub()
        let inbox = EngineInbox()
        let status = LoopStatus()
        let intake = LogIntake(
            home: configuration.home, store: store, hub: hub, maximum: configuration.maximumLog, logger: logger)
        let artifacts = ArtifactIntake(
            BlobFolder(configuration.home.artifacts, remedy: "free space there: sweep artifact gc"), store: store,
            catalogue: catalogue, maximum: configuration.maximumArtifact, logger: logger)
        let suggestions = SuggestionDesk(compute: hooks.suggest) { inbox.put(.suggested($0, $1)) }
        let address = Mutex("")
        let apply = hooks.apply
        let pages = DashboardAddress(configuration)
        let alerts = AlertDesk(
            .init(
                store: store, catalogue: catalogue, sender: configuration.alertSender, logger: logger,
                pauses: configuration.alertPauses, page: { await pages.address }))
        let desk = RequestDesk(
            .init(
                configuration: configuration, store: store, catalogue: catalogue, hub: hub, inbox: inbox,
                status: status, intake: intake, artifacts: artifacts, alerts: alerts, logger: logger,
                started: SystemClock.now().wall,
                tokens: trust.tokens, certificate: trust.certificate,
                shutDown: { [shutdown] in shutdown.trigger() }, address: { address.withLock { $0 } },
                dashboard: { await pages.address }))
        let reception = Reception(
            tokens: trust.tokens, limiter: FailureLimiter(), configuration: configuration, inbox: inbox, intake: intake,
            artifacts: artifacts, desk: desk, logger: logger)
        let listener: Listener
        do {
            listener = try await Listener(
                .init(
                    configuration: configuration, certificate: trust.certificate, delegate: reception,
                    backlog: Backlog(maximum: configuration.maximumUnsentToAll, logger: logger),
                    http: MetricsPage(desk: desk, tokens: trust.tokens, logger: logger), logger: logger))
        } catch {
            await desk.finish()
            await intake.finish()
            await artifacts.finish()
            throw error
        }
        address.withLock {
            $0 =
                (configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host)
                + ":\(listener.port)"
        }
        let loop = EngineLoopService(
            parts: .init(
                inbox: inbox, status: status, store: store, catalogue: catalogue, hub: hub,
                suggestions: suggestions, configuration: configuration, logger: logger,
                intake: intake, alerts: alerts, artifacts: artifacts, restore: restore,
                apply: { changes throws(SweepError) in
                    try apply(changes)
                    try store.apply(changes)
                }),
            engine: engine)
        let dashboard = DashboardServer(
            try Self.dashboard(configuration, trust), store: store, backend: DashboardDesk(desk: desk),
            logger: logger, onListening: { pages.set($0) })
        let file = ControllerFile(
            host: Self.localHost(configuration.host), port: listener.port, pid: Int(getpid()),
            build: SweepBuild.version, tokenFile: configuration.home.tokenFile,
            agentTokenFile: configuration.home.agentTokenFile, fingerprint: trust.certificate.fingerprint.text)
        if configuration.isInsecure, !PeerAddress.isLoopback(host: configuration.host) {
            logger.critical(
                "INSECURE: everybody who can listen on the network to \(configuration.host) can take over this controller, its agents and their machines; start it without --insecure"
            )
        }
        defer {
            HomeFolder.removeFile(of: configuration.home)
            suggestions.close()
        }
        // Services end in the reverse order: nobody comes in, requests end, then the loop does what it has.
        let services: [any Service] =
            [
                loop, FinishService { await intake.finish() },
                FinishService { await artifacts.finish() }, alerts, FinishService { await desk.finish() }, listener,
            ] + (configuration.hasDashboard ? [dashboard] : []) + [
                shutdown,
                AnnounceService { [logger, onListening, file] in
                    var file = file
                    file.dashboard = await pages.address
                    SpareMemory.forgetCode()
                    try HomeFolder.write(file, to: configuration.home)
                    logger.notice(
                        "listening on \(address.withLock { $0 }), home \(configuration.home.path)\(file.dashboard.map { ", pages \($0)" } ?? "")"
                    )
                    onListening(file)
                },
            ]
        let group = ServiceGroup(
            configuration: .init(
                services: services.map {
                    .init(
                        service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: configuration.handlesSignals ? [.sigterm, .sigint] : [], logger: logger))
        try await group.run()
        logger.notice("ended")
    }

    /// The pages listen where agents do. Beyond this machine they take TLS only, unless that was given up for all.
    private static func dashboard(
        _ configuration: ControllerConfiguration, _ trust: Trust
    ) throws(SweepError) -> DashboardConfiguration {
        var pages = DashboardConfiguration(secret: try HomeToken.load(configuration.home.tokenFile))
        pages.person = { trust.tokens.person($0) }
        pages.isPerson = { trust.tokens.isPerson($0) }
        pages.host = configuration.host
        pages.port = configuration.dashboardPort
        // Beside the port for agents; any free one where that is any.
        pages.preferredPort = configuration.port.map { $0 == 0 ? 0 : $0 + 1 } ?? DashboardConfiguration.defaultPort
        pages.pagesFolder = configuration.pagesFolder
        pages.names = [hostName()]
        if !configuration.isOpenWithoutTLS { pages.tls = try trust.certificate.configuration() }
        return pages
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Where this machine reaches a controller that listens on `host`.
    static func localHost(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }

    /// The engine as the store has it; the catalogue is filled on the way.
    private static func restore(
        _ store: Store, _ catalogue: SweepCatalogue, _ configuration: EngineConfiguration
    ) throws(SweepError) -> Engine {
        let now = SystemClock.now()
        var engine = Engine(restoring: configuration, now: now)
        var ids: [SweepID] = []
        var edited: [ReadSweep] = []
        try store.load { record, prior in
            let sweep = ReadSweep(stored: record, prior: prior)
            catalogue[record.id] = sweep.plan
            if sweep.definition.method is ChangedSearch { edited.append(sweep) }
            engine.beginRestoring(sweep.definition)
            ids.append(record.id)
            return sweep.wishes
        } trials: { page in
            for trial in page { engine.restore(trial, now: now) }
        }
        for id in ids { engine.endRestoring(id) }
        for var sweep in edited {
            let (id, space) = (sweep.definition.record.id, sweep.definition.space)
            try sweep.count { () throws(SweepError) in try store.tried(in: id, of: space) }
            catalogue[id] = sweep.plan
        }
        SpareMemory.giveBack()
        return engine
    }

    /// Each connection is a file: as many as the system lets us have.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max
        else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Where tests may delay or break a step.
package struct ControllerHooks: Sendable {
    /// Before each transaction; what it throws is taken for the store's error.
    package var apply: @Sendable ([Change]) throws(SweepError) -> Void = { _ in }
    /// Instead of the method itself.
    package var suggest: @Sendable (SuggestionRequest) -> Suggestion = { $0.method.suggest(after: $0.history) }

    package init() {}
}
