import SweepDashboard
import SweepEngine
import SweepModel
import SweepStore
import SweepWire

/// What the pages ask of the controller: the same rows, and the same way to the engine, as the commands have.
struct DashboardDesk: DashboardBackend {
    let desk: RequestDesk

    private var parts: RequestDesk.Parts { desk.parts }

    func facts(of sweep: SweepID) -> SweepFacts? { parts.catalogue[sweep]?.facts }
    func sweeps() async throws -> [SweepRow] { try await desk.rows() }
    func sweep(_ text: String) async throws -> SweepRow { try await desk.row(desk.find(text).id, withYAML: true) }
    func agents() async throws -> [AgentRow] { await desk.agentRows() }
    func status() async throws -> ControllerStatus { await desk.controllerStatus() }

    func perform(_ action: DashboardAction) async throws {
        let event: Event
        switch action {
        case .pause(let id): event = .sweepPaused(try await desk.readable(id.text))
        case .resume(let id): event = .sweepResumed(try await desk.readable(id.text))
        case .stop(let id): event = .sweepStopped(try await desk.readable(id.text))
        case .cancel(let id): event = .sweepCancelled(try await desk.readable(id.text))
        case .cancelTrial(let id): event = .trialCancelled(id)
        case .retryTrial(let id): event = .trialRetried(id)
        case .release(let agent, let slot):
            _ = try await desk.release(agent, slot)
            return
        case .retryFailed(let id):
            try await desk.retryFailed(desk.readable(id.text)) { _ in }
            return
        }
        try await parts.inbox.perform(event)
    }

    func edit(_ sweep: SweepID, _ request: EditRequest) async throws -> EditedSweep {
        try await desk.edit(sweep.text, request)
    }

    func artifacts(of sweep: SweepID?, name: String?) async throws -> [ArtifactRow] {
        let rows = try await desk.artifactRows(name: name)
        guard let sweep else { return rows }
        return rows.filter { row in row.sweep == sweep || row.uses.contains { $0.sweep == sweep } }
    }

    func artifact(_ reference: String) async throws -> (ArtifactRow, [ArtifactFile]) {
        let (stored, row) = try await desk.artifact(reference, in: nil)
        let files = try await desk.blocking { [store = parts.store] () throws(SweepError) in
            try store.artifactFiles(stored.id)
        }
        return (row, files)
    }

    func content(_ digest: String, from offset: Int, limit: Int) async throws -> [UInt8] {
        try await desk.blocking { [artifacts = parts.artifacts] () throws(SweepError) in
            try artifacts.read(digest, offset: offset, limit: limit)
        }
    }

    func changes(of sweep: SweepID) -> any DashboardChanges { SweepChanges(hub: parts.hub, sweep) }

    func log(_ attempt: AttemptID, from place: LogPlace) async throws -> LogSlice {
        try await desk.blocking { [home = parts.configuration.home] () throws(SweepError) in
            var reader = LogReader(attempt: attempt, home: home)
            switch place {
            case .tail(let lines): reader.seek(tail: lines)
            case .offset(let offset): reader.seek(offset: offset)
            }
            return reader.slice()
        }
    }
}

/// A subscription as the pages see it.
private struct SweepChanges: DashboardChanges {
    let hub: ChangeHub
    let subscription: Subscription

    init(hub: ChangeHub, _ sweep: SweepID) {
        self.hub = hub
        subscription = hub.subscribe(sweep)
    }

    var wakes: AsyncStream<Void> { subscription.wakes }

    func take() -> (sweep: Bool, trials: Set<Int>) {
        let dirty = subscription.take()
        return (dirty.sweep, dirty.trials)
    }

    func close() { hub.unsubscribe(subscription) }
}
