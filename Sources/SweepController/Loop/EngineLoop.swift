import Dispatch
import Glibc
import Logging
import SweepEngine
import SweepModel
import SweepStore
import SweepWire

/// The one owner of the engine, on a thread of its own.
///
/// Each turn takes all that has arrived, has the engine handle it in order, writes everything that follows in one
/// transaction (one fsync for the whole turn: while it runs, the next turn's events gather), and only then sends. So
/// nothing is announced before it is durable, and an idle loop answers a lone event without any wait.
///
/// Not `Sendable`: made and used by its thread alone.
struct EngineLoop {
    /// Most entries of one turn: bounds the transaction, and with it the wait of whoever comes next.
    static let maximumTurn = 4096

    struct Parts: Sendable {
        var inbox: EngineInbox
        var status: LoopStatus
        var store: Store
        var catalogue: SweepCatalogue
        var hub: ChangeHub
        var suggestions: SuggestionDesk
        var configuration: ControllerConfiguration
        var logger: Logger
        /// Takes the logs.
        var intake: LogIntake
        var alerts: AlertDesk
        /// Keeps what trials have made.
        var artifacts: ArtifactIntake
        /// The engine as the store has it.
        var restore: @Sendable () throws(SweepError) -> Engine
        /// Instead of `Store.apply`; tests make it fail or wait.
        var apply: @Sendable ([Change]) throws(SweepError) -> Void
    }

    private let parts: Parts
    private var engine: Engine
    private var connections: [AgentID: PeerConnection] = [:]
    private var incarnations: [AgentID: String] = [:]
    private var waiting: [AgentID: Waiting] = [:]
    private var nextTick: Instant

    init(_ parts: Parts, engine: Engine, now: Now) {
        self.parts = parts
        self.engine = engine
        nextTick = now.instant
    }

    /// Works until the inbox is closed and empty.
    mutating func run() {
        while true {
            let next = min(nextTick, engine.wakeAt ?? nextTick)
            let wait = max(0, next.seconds(since: SystemClock.now().instant))
            let deadline = DispatchTime.now() + .nanoseconds(Int(wait * 1e9))
            guard let entries = parts.inbox.take(Self.maximumTurn, until: deadline) else { break }
            turn(entries)
        }
        parts.status.report(problem: "the controller is ending")
    }

    private mutating func turn(_ entries: [Incoming]) {
        let now = SystemClock.now()
        var turn = Turn()
        for entry in entries { handle(entry, into: &turn, now: now) }
        for (id, twin) in waiting where now.instant.seconds(since: twin.since) >= twinPatience {
            waiting[id] = nil
            if let old = connections[id] { turn.closing.append((old, "a newer start of this agent took over")) }
            admit(twin.agent, on: twin.connection, into: &turn, now: now)
        }
        if now.instant >= nextTick || engine.wakeAt.map({ now.instant >= $0 }) ?? false {
            feed(.tick, into: &turn, now: now)
            parts.intake.closeIdle(now: now.instant)
            nextTick = now.instant + parts.configuration.tick
        }
        if !turn.changes.isEmpty { CrashPoint.pass(.beforeCommit) }
        guard write(&turn) else { return }
        if !turn.changes.isEmpty { CrashPoint.pass(.afterCommit) }
        perform(turn)
        if !turn.changes.isEmpty { CrashPoint.pass(.afterSend) }
        if parts.status.isWanted { parts.status.publish(snapshot(now)) }
    }

    private mutating func handle(_ entry: Incoming, into turn: inout Turn, now: Now) {
        switch entry {
        case .connected(let connection, let agent, let replaces):
            if let old = connections[agent.id], old !== connection {
                if isTwin(agent, of: old, replacing: replaces) {
                    waiting[agent.id] = Waiting(connection: connection, agent: agent, since: now.instant)
                    return
                }
                parts.logger.info("agent \(agent.name) has a newer connection: the older one is closed")
                turn.closing.append((old, "a newer connection of this agent took over"))
            }
            admit(agent, on: connection, into: &turn, now: now)
        case .disconnected(let connection, let id, let incarnation):
            if waiting[id]?.connection === connection { waiting[id] = nil }
            guard connections[id] === connection else { return }
            connections[id] = nil
            incarnations[id] = nil
            feed(.agentDisconnected(id, incarnation: incarnation), into: &turn, now: now)
            if let next = waiting.removeValue(forKey: id) {
                admit(next.agent, on: next.connection, into: &turn, now: now)
            }
        case .message(let connection, let id, let event, let cost):
            turn.finish(cost, of: connection)
            // What a connection that was replaced still sent comes again on the newer one.
            guard connections[id] === connection else { return }
            if let twin = waiting.removeValue(forKey: id) { refuse(twin, into: &turn) }
            feed(event, into: &turn, now: now)
        case .suggested(let request, let suggestion):
            feed(.suggested(request.sweep, request: request.number, suggestion), into: &turn, now: now)
        case .request(let event, let answer):
            let effects = feed(event, into: &turn, now: now)
            let refusal = effects.lazy.compactMap { if case .refuse(let error) = $0 { error } else { nil } }.first
            turn.answers.append((answer, refusal))
        }
    }

    private mutating func admit(
        _ agent: ConnectedAgent, on connection: PeerConnection, into turn: inout Turn, now: Now
    ) {
        connections[agent.id] = connection
        incarnations[agent.id] = agent.incarnation
        feed(.agentConnected(agent), into: &turn, now: now)
    }

    // MARK: Twins

    /// A second process with the state folder of an agent that is connected (a cloned machine, a copied home) waits until it
    /// is known whether the first one lives: then it is refused; else it is the agent's next start and takes over. Without
    /// this two of them would take each other's trials for ever.
    private struct Waiting {
        var connection: PeerConnection
        var agent: ConnectedAgent
        var since: Instant
    }

    /// Long enough for a heartbeat of the first one, and within an agent's patience for its welcome.
    private var twinPatience: Double { min(2 * parts.configuration.heartbeat + 0.5, 8) }

    /// Not when the connection is this very agent's own older one, or of one that it knows to be dead, or closed.
    private func isTwin(_ agent: ConnectedAgent, of old: PeerConnection, replacing dead: [String]) -> Bool {
        guard let known = incarnations[agent.id] else { return old.isActive }
        return known != agent.incarnation && !dead.contains(known) && old.isActive
    }

    private func refuse(_ twin: Waiting, into turn: inout Turn) {
        parts.logger.warning("a second agent with the state folder of \(twin.agent.name) is refused")
        turn.send(
            .refused(
                reason:
                    "agent '\(twin.agent.name)' is connected already, with the same id: remove the file 'id' in this "
                    + "agent's folder if it is a copy of the other one's"), to: twin.connection)
        turn.closing.append((twin.connection, ""))
    }

    /// Two statements: as an argument of `take` the engine would be changed while a copy of the loop is held for the call,
    /// and every event would copy all trials.
    @discardableResult
    private mutating func feed(_ event: Event, into turn: inout Turn, now: Now) -> [Effect] {
        let effects = engine.handle(event, now: now)
        take(effects, into: &turn)
        return effects
    }

    private func take(_ effects: [Effect], into turn: inout Turn) {
        for effect in effects {
            switch effect {
            case .persist(let change): turn.changes.append(change)
            case .send(let agent, let order):
                guard let connection = connections[agent], let line = line(for: order) else { continue }
                turn.send(line, to: connection)
            case .suggest(let request): turn.requests.append(request)
            case .refuse: break
            }
        }
    }

    /// An order as the wire says it, with what only the controller knows.
    private func line(for order: Order) -> ControllerLine? {
        switch order {
        case .welcome(let keep, let kill):
            let configuration = parts.configuration
            let kept = keep.map {
                KeptAttempt(
                    attempt: $0.attempt, acknowledged: $0.acknowledged, logged: parts.intake.size(of: $0.attempt))
            }
            return .welcome(
                Welcome(
                    build: SweepBuild.version, heartbeat: configuration.heartbeat, lease: configuration.engine.lease,
                    keep: kept, kill: kill, takesFiles: true, takesArtifacts: true))
        case .assign(let grant):
            guard let plan = parts.catalogue[grant.attempt.sweep], plan.problem == nil else { return nil }
            return .agent(
                .assign(
                    Assignment(
                        slot: grant.slot.index, attempt: grant.attempt, launch: plan.launch,
                        parameters: grant.parameters, seed: grant.seed, metric: plan.objective?.metric,
                        earlierAttempts: grant.earlierAttempts)))
        case .acknowledge(let attempt, let sequence): return .agent(.acknowledge(attempt, sequence: sequence))
        case .stop(let attempt, let reason, let detail): return .agent(.stop(attempt, reason, detail: detail))
        case .notice(let text): return .agent(.notice(text))
        case .release(let slot): return .agent(.release(slot: slot))
        case .dismiss(let reason, let error): return .agent(.dismiss(reason: reason, error: error))
        }
    }

    /// Makes the turn durable, however long that takes: nothing of it is announced before, nothing further is handled
    /// meanwhile, and connections stop being read as their events pile up.
    ///
    /// - Returns: false when the turn cannot be written at all, and the engine was made again from the store.
    private mutating func write(_ turn: inout Turn) -> Bool {
        guard !turn.changes.isEmpty else { return true }
        parts.hub.beginning()
        var pause = 0.1
        while true {
            do {
                try parts.apply(turn.changes)
                if pause > 0.1 {
                    parts.logger.notice("the store can be written again")
                    parts.status.report(problem: nil)
                }
                return true
            } catch  where error.category != .failed {
                if pause == 0.1 { parts.logger.error("nothing is handed out until it can be written: \(error)") }
                parts.status.report(problem: error.description)
                if parts.inbox.isClosed {
                    abandon(turn, error)
                    return false
                }
                // Nobody waits for an answer that may not come for hours; what is in this turn is done as soon as it can be.
                parts.inbox.refuseRequests(error)
                if pause >= 2 { turn.refuse(error) }
                usleep(UInt32(pause * 1e6))
                pause = min(2, pause * 2)
            } catch {
                // No retry can mend this. What is durable is still true: everybody begins again from there.
                parts.logger.critical("a transaction was refused and is dropped: \(error)")
                abandon(turn, error)
                startAgain()
                return false
            }
        }
    }

    private func abandon(_ turn: Turn, _ error: SweepError) {
        parts.hub.committed([])
        for (answer, _) in turn.answers { answer(.failure(error)) }
        for connection in connections.values { connection.close("the controller could not write its record") }
    }

    private mutating func startAgain() {
        connections = [:]
        waiting = [:]
        do {
            engine = try parts.restore()
        } catch {
            parts.logger.critical("the record cannot be read: \(error)")
            parts.status.report(problem: error.description)
        }
    }

    private func perform(_ turn: Turn) {
        // Before an agent hears of its attempt, and sends of it.
        parts.intake.committed(turn.changes)
        parts.alerts.committed(turn.changes)
        parts.suggestions.ask(turn.requests)
        for outgoing in turn.outgoing.values {
            outgoing.connection.send(outgoing.lines, finishing: outgoing.finished)
        }
        for (connection, reason) in turn.closing { connection.close(reason.isEmpty ? nil : reason) }
        if !turn.changes.isEmpty {
            parts.hub.committed(turn.changes)
            parts.artifacts.committed(turn.changes)
        }
        for (answer, refusal) in turn.answers { answer(refusal.map { .failure($0) } ?? .success(())) }
    }

    private func snapshot(_ now: Now) -> LoopStatus.Snapshot {
        LoopStatus.Snapshot(
            agents: engine.agentViews(now: now), liveTrials: engine.liveTrialCount, sweeps: engine.sweepIDs.count)
    }
}

/// All that one turn gathered.
private struct Turn {
    struct Outgoing {
        let connection: PeerConnection
        var lines: [ControllerLine] = []
        var finished = 0
    }

    var changes: [Change] = []
    /// One flush a connection.
    var outgoing: [ObjectIdentifier: Outgoing] = [:]
    var closing: [(PeerConnection, String)] = []
    var requests: [SuggestionRequest] = []
    var answers: [(@Sendable (Result<Void, SweepError>) -> Void, SweepError?)] = []

    mutating func send(_ line: ControllerLine, to connection: PeerConnection) {
        outgoing[ObjectIdentifier(connection), default: Outgoing(connection: connection)].lines.append(line)
    }

    /// Tells those who wait that it takes long.
    mutating func refuse(_ error: SweepError) {
        for (answer, _) in answers {
            answer(
                .failure(
                    SweepError(
                        .tryAgain, "\(error.message); your request is done as soon as there is space",
                        remedy: error.remedy)))
        }
        answers = []
    }

    mutating func finish(_ cost: Int, of connection: PeerConnection) {
        outgoing[ObjectIdentifier(connection), default: Outgoing(connection: connection)].finished += cost
    }
}
