import Glibc
import Logging
import SweepEngine
import SweepModel
import SweepStore
import SweepTrust
import SweepWire

extension RequestDesk {
    /// Rows that are read and sent at once.
    static let page = 256

    func handle(_ request: ClientRequest, _ answer: Answer) async throws {
        switch request {
        case .create(let yaml, let file, let createdIn, let name, let prior):
            try await create(
                yaml: yaml, file: file, createdIn: createdIn, name: name, prior: prior ?? [], answer)
        case .list: try await list(answer)
        case .show(let text): try await answer.send(row(find(text).id, withYAML: true))
        case .trials(let text, let after, let states, let summaries):
            try await trials(find(text).id, after, states, summaries, answer)
        case .leaderboard(let text, let top, let summaries):
            try await leaderboard(find(text).id, top, summaries, answer)
        case .trial(let id): try await trial(id, answer)
        case .logs(let id, let attempt, let follow, let tail, let apart):
            try await logs(id, attempt: attempt, follow: follow, tail: tail, apart: apart, answer)
        case .reports(let id, let attempt): try await reports(id, attempt, answer)
        case .recordFile(let id, let attempt, let name): try await recordFile(id, attempt, name, answer)
        case .matching(let text, let filter): try await matching(find(text).id, filter, answer)
        case .export(let text, let table): try await export(find(text).id, table, answer)
        case .query(let sql, let text, let limit): try await query(sql, text, limit: limit, answer)
        case .importSweep(let yaml, let name): try await importSweep(yaml: yaml, name: name, answer)
        case .importTrial(let sweep, let trial): try await importTrial(sweep, trial)
        case .importReports(let trial, let sequence, let reports):
            try await importReports(trial, sequence: sequence, reports)
        case .importEnd(let sweep): try await importEnd(sweep)
        case .watch(let text): try await watch(find(text).id, answer)
        case .edit(let text, let request): try await answer.send(edit(text, request))
        case .pause(let text): try await parts.inbox.perform(.sweepPaused(readable(text)))
        case .resume(let text): try await parts.inbox.perform(.sweepResumed(readable(text)))
        case .stop(let text): try await parts.inbox.perform(.sweepStopped(readable(text)))
        case .cancel(let text): try await parts.inbox.perform(.sweepCancelled(readable(text)))
        case .cancelTrial(let id): try await parts.inbox.perform(.trialCancelled(id))
        case .retryTrial(let id):
            try await parts.inbox.perform(.trialRetried(id))
            try await answer.send(RetriedTrials(trials: [id]))
        case .retryFailed(let text):
            try await retryFailed(readable(text)) { try await answer.send(RetriedTrials(trials: $0)) }
        case .delete(let text, let force):
            let id = try await find(text).id
            try await parts.inbox.perform(.sweepDeleted(id, force: force))
            parts.catalogue[id] = nil
            parts.intake.remove(id)
            parts.artifacts.collectSoon(after: id)
        case .remark(let text, let trial, let change):
            try await answer.send(try await remark(find(text).id, trial, change))
        case .remarks(let text): try await answer.send(remarkRows(find(text).id))
        case .testAlert(let text):
            try await answer.send(
                ToldAlert(outcome: parts.alerts.test(find(text).id, at: SystemClock.now().wall)))
        case .artifact(let request): try await artifact(request, answer)
        case .agents: try await answer.send(agentRows())
        case .release(let agent, let slot): try await answer.send(release(agent, slot))
        case .status: try await answer.send(controllerStatus())
        case .shutdown: parts.logger.notice("a client asked for the end")
        case .makeToken(let role, let label):
            let made = try await blocking { [tokens = parts.tokens] () throws(SweepError) in
                try tokens.make(role, label: label)
            }
            try await answer.send(made)
        case .tokens: try await answer.send(parts.tokens.rows())
        case .revokeToken(let id):
            let row = try await blocking { [tokens = parts.tokens] () throws(SweepError) in try tokens.revoke(id) }
            try await answer.send(row)
        case .renewCertificate:
            let fingerprint = try await blocking { [certificate = parts.certificate] () throws(SweepError) in
                try certificate.renew()
            }
            parts.logger.notice("the certificate was renewed: \(fingerprint)")
            try await answer.send(RenewedCertificate(fingerprint: fingerprint.text))
        }
    }

    func find(_ text: String) async throws -> SweepRecord {
        try await blocking { [store = parts.store] () throws(SweepError) in try store.find(text) }
    }

    /// The sweep that `text` names, unless its file cannot be read: then nothing can be done with it but deleting it.
    func readable(_ text: String) async throws -> SweepID {
        let id = try await find(text).id
        if let problem = parts.catalogue[id]?.problem {
            throw SweepError(
                .conflict, "sweep \(id) stands still: \(problem)",
                remedy: "use the version that made it, or delete it and create it anew")
        }
        return id
    }

    /// - Parameter tell: called with the trials that wait again, a page at a time.
    func retryFailed(_ id: SweepID, _ tell: ([TrialID]) async throws -> Void) async throws {
        var after = 0
        while true {
            let failed = try await blocking { [store = parts.store, after] () throws(SweepError) in
                try store.trials(id, after: after, states: [.failed], limit: Self.page).map(\.record.id)
            }
            guard let last = failed.last else { return }
            for trial in failed { try await parts.inbox.perform(.trialRetried(trial)) }
            try await tell(failed)
            after = last.number
        }
    }

    func agentRows() async -> [AgentRow] {
        let snapshot = await parts.status.newest(parts.inbox)
        return snapshot.agents.map { agent in
            AgentRow(
                id: agent.id, name: agent.name, host: agent.host,
                state: !agent.isConnected ? .disconnected : agent.isSuspect ? .suspect : .connected,
                sweep: agent.sweep,
                slots: agent.slots.map {
                    AgentRow.Slot(
                        label: $0.info.label, gpu: $0.info.gpu, trial: $0.attempt?.trial, paused: $0.paused,
                        temperature: $0.degrees)
                },
                lastSeen: agent.lastSeen)
        }
    }

    func controllerStatus() async -> ControllerStatus {
        let snapshot = await parts.status.newest(parts.inbox)
        let connected = snapshot.agents.filter(\.isConnected)
        return ControllerStatus(
            build: SweepBuild.version, pid: Int(getpid()), address: parts.address(),
            home: parts.configuration.home.path, started: parts.started, sweeps: parts.catalogue.count,
            agents: connected.count, slots: connected.reduce(0) { $0 + $1.slots.count },
            liveTrials: snapshot.liveTrials, problem: snapshot.problem,
            fingerprint: parts.certificate.fingerprint.text, insecure: parts.configuration.isInsecure ? true : nil,
            note: WriteAheadLog.note(parts.configuration.home), dashboard: await parts.dashboard())
    }
}
