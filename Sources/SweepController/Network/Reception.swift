import Logging
import SweepEngine
import SweepModel
import SweepWire

/// Lets peers in, and takes what they say to whoever does it: events to the engine loop, log chunks to the log intake,
/// requests to the request desk.
struct Reception: PeerDelegate {
    var tokens: TokenRegistry
    var limiter: FailureLimiter
    var configuration: ControllerConfiguration
    var inbox: EngineInbox
    var intake: LogIntake
    var artifacts: ArtifactIntake
    var desk: RequestDesk
    var logger: Logger

    func greet(_ hello: Hello, _ connection: PeerConnection) -> Greeting {
        guard hello.protocol >= ProtocolVersion.oldest else {
            return .refuse(
                "this peer speaks protocol \(hello.protocol), the controller \(ProtocolVersion.oldest) and above: update it"
            )
        }
        let role: TokenRole = hello.role == .agent ? .agent : .user
        switch tokens.admit(hello.token, as: role, connection) {
        case .admitted: break
        case .otherRole(let other):
            let (shown, wanted) = other == .agent ? ("an agent's", "a person's") : ("a person's", "an agent's")
            return refuse("that token is \(shown), and this needs \(wanted)", connection)
        case .unknown: return refuse(unknownToken(role, connection), connection)
        }
        let greeting = letIn(hello, connection)
        if case .refuse = greeting { tokens.closed(connection) }
        return greeting
    }

    /// A refusal that says nothing of the token, and a line in the log, both less often for who is refused often.
    private func refuse(_ reason: String, _ connection: PeerConnection) -> Greeting {
        let answer = limiter.failed(connection.address.group, now: SystemClock.now().instant)
        if let count = answer.count {
            let more = count > 1 ? " (\(count) refusals since the last such line)" : ""
            logger.warning("a peer at \(connection.address.text) was refused: \(reason)\(more)")
        }
        return .refuse(reason, after: answer.delay)
    }

    private func unknownToken(_ role: TokenRole, _ connection: PeerConnection) -> String {
        let home = configuration.home
        let file = role == .agent ? home.agentTokenFile : home.tokenFile
        // Where files lie is nobody's business but this machine's.
        return connection.address.isLoopback
            ? "the token is none of this controller's: take the one in \(file), or make one with 'sweep token new'"
            : "the token is none of this controller's, or was revoked: get a new line from 'sweep join'"
    }

    private func letIn(_ hello: Hello, _ connection: PeerConnection) -> Greeting {
        switch hello.role {
        case .client:
            return .client(
                Welcome(
                    build: SweepBuild.version, heartbeat: configuration.heartbeat, lease: configuration.engine.lease))
        case .agent:
            guard let description = hello.agent else { return .refuse("an agent's hello needs a member 'agent'") }
            do {
                let agent = try PeerRules.agent(description)
                logger.info("agent \(agent.name) on \(agent.host) connected, \(agent.slots.count) slots")
                inbox.put(
                    .connected(
                        connection, agent,
                        replaces: Array((description.replaces ?? []).prefix(PeerRules.maximumReplaced))))
                return .agent(agent.id, incarnation: agent.incarnation)
            } catch {
                return .refuse(error.description)
            }
        }
    }

    func received(
        _ line: PeerLine, from peer: Peer, _ connection: PeerConnection, cost: Int
    ) throws(SweepError) {
        switch (line, peer) {
        case (.hello, _): throw SweepError(.usage, "hello is said once")
        case (.client(let id, let request), .client): desk.take(id, request, connection, cost: cost)
        case (.agent(let message), .agent(let id, _)):
            try received(message, from: id, connection, cost: cost)
        case (.agent, .client): throw SweepError(.usage, "a client cannot speak for an agent")
        case (.client, .agent): throw SweepError(.usage, "an agent makes no requests")
        }
    }

    private func received(
        _ message: AgentMessage, from agent: AgentID, _ connection: PeerConnection, cost: Int
    ) throws(SweepError) {
        let event: Event
        switch message {
        case .log(let chunk):
            try PeerRules.check(chunk)
            intake.take(chunk, from: agent, connection, cost: cost)
            return
        case .artifact(let offer):
            artifacts.take(offer, from: agent, connection, cost: cost)
            return
        case .blob(let chunk):
            artifacts.take(chunk, connection, cost: cost)
            return
        case .inputs(let request):
            desk.give(request, to: agent, connection, cost: cost)
            return
        case .read(let cursor):
            artifacts.give(cursor, connection, cost: cost)
            return
        case .heartbeat(let attempts, let heat):
            // Answered here: a controller that cannot write its record is alive all the same.
            connection.send([.agent(.heartbeat)])
            event = .heartbeat(agent, attempts, heat: PeerRules.checked(heat))
        case .ready(let slot): event = .slotReady(SlotID(agent, slot))
        case .slot(let slot, let problem):
            event = .slotReported(
                SlotID(agent, slot), problem: problem.map { String($0.prefix(PeerRules.maximumText)) })
        case .leave(let reason):
            logger.info("agent \(agent) leaves: \(reason.prefix(200))")
            event = .agentLeft(agent)
        case .started(let started):
            try PeerRules.check(started.time)
            event = .attemptStarted(
                started.attempt, from: agent, sequence: started.sequence,
                Launch(argv: started.argv, directory: started.directory, time: started.time))
        case .report(let reports):
            for report in reports.reports { try PeerRules.check(report.time) }
            event = .reported(reports.attempt, from: agent, sequence: reports.sequence, reports.reports)
        case .ended(let ended):
            event = .attemptEnded(
                ended.attempt, from: agent, sequence: ended.sequence, try PeerRules.checked(ended.end))
        }
        inbox.put(.message(connection, agent, event, cost: cost), wakes: false)
    }

    func readComplete() { inbox.wakeUp() }

    func closed(_ peer: Peer, _ connection: PeerConnection) {
        tokens.closed(connection)
        switch peer {
        case .client: desk.closed(connection)
        case .agent(let id, let incarnation):
            desk.closed(connection)
            inbox.put(.disconnected(connection, id, incarnation: incarnation))
        }
    }
}
