import FoundationEssentials
package import SweepEngine
package import SweepWire

/// Everything that can be set of a controller. Times are in seconds, sizes in bytes.
package struct ControllerConfiguration: Sendable {
    /// The port where nothing else is asked for (DESIGN §5).
    package static let defaultPort = 7733

    package var home: SweepHome
    /// Where it listens. From an address that is not loopback only TLS is taken.
    package var host = "127.0.0.1"
    /// Take connections without TLS from everywhere: who can listen on the way has the tokens.
    package var isInsecure = false
    /// 0: any free one. nil: `defaultPort`, or any free one where that is taken, so that several homes on one machine work.
    package var port: Int?
    /// Where the pages are served; nil: one above `port`, or any free one where that is taken.
    package var dashboardPort: Int?
    /// Whether there are any.
    package var hasDashboard = true
    /// For whoever changes the pages: a folder that they are read from (debug builds only).
    package var pagesFolder: String?
    /// How often agents are to say that they live.
    package var heartbeat = 5.0
    /// Leases, suspicion, circuit breakers.
    package var engine = EngineConfiguration()
    /// The longest time between two ticks of the engine.
    package var tick = 1.0
    /// A peer that has not said `hello` by then is disconnected.
    package var helloTimeout = 10.0
    /// A peer that takes nothing of an answer for so long is disconnected.
    package var writeTimeout = 30.0
    package var maximumConnections = 16_384
    /// A connection is not read while so much of what it sent is unfinished.
    package var maximumUnfinished = 1 << 20
    /// A peer for which more than this waits to be sent is disconnected.
    package var maximumUnsent = 8 << 20
    /// While more than this waits for all peers together, those that have taken nothing for longest are disconnected.
    package var maximumUnsentToAll = 64 << 20
    /// Requests of one client at once; further ones wait unread.
    package var maximumRequests = 32
    /// So many lines in a row that cannot be understood end a connection.
    package var maximumBadLines = 100
    /// What is kept of an attempt's log.
    package var maximumLog = 256 << 20
    /// Of all files together that a trial's artifact may have.
    package var maximumArtifact = 100 << 30
    /// Whether sweep files may have commands run on this machine when there is something to tell (`notify`); nil: only while
    /// nobody from elsewhere can make a sweep.
    package var allowsAlertCommands: Bool?
    /// A PEM file with the authorities that webhooks' certificates are checked by; nil: the system's.
    package var alertAuthorities: String?
    /// What `${envvar:NAME}` in `notify` stands for, and what its commands find.
    package var environment = ProcessInfo.processInfo.environment
    /// Between the tries of an alert.
    package var alertPauses = [1.0, 4, 15, 60, 240]
    /// Whether SIGTERM and SIGINT end the controller in good order.
    package var handlesSignals = true

    /// Browsers reach the pages without TLS: from this machine alone, or because that was asked for.
    var isOpenWithoutTLS: Bool { isInsecure || PeerAddress.isLoopback(host: host) }

    package init(home: SweepHome) { self.home = home }

    var runsAlertCommands: Bool { allowsAlertCommands ?? PeerAddress.isLoopback(host: host) }

    var alertSender: AlertSender {
        var sender = AlertSender(mayRun: runsAlertCommands, environment: environment)
        sender.home = home.path
        sender.client.authorities = alertAuthorities
        return sender
    }

    /// Sets these, and all that must be shorter than they are.
    package mutating func setTimes(heartbeat: Double?, lease: Double?) {
        if let heartbeat { self.heartbeat = heartbeat }
        if let lease { engine.lease = lease }
        engine.suspectAfter = min(engine.suspectAfter, max(3 * self.heartbeat, engine.lease / 6))
        engine.stall = min(engine.stall, engine.lease / 4)
        tick = min(tick, engine.lease / 8)
    }
}
