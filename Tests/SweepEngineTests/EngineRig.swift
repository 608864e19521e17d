import SweepEngine
import SweepModel
import SweepSearch
import Testing

/// A method with `count` points: the value of the only parameter is the point's number.
struct CountingMethod: SearchMethod {
    static let name = "counting"
    let size: Int?

    init(count: Int?) { size = count }
    init(problem: SearchProblem) throws(SweepError) { size = nil }

    func suggest(after history: SearchHistory) -> Suggestion {
        if let size, history.observations.count >= size { return .exhausted }
        return .point(Point(values: [.int(history.observations.count + 1)]))
    }
}

struct AnyInt: Distribution {
    static let name = "any_int"
    static let keys: [DistributionKey] = []
    init() {}
    init(fields: DistributionFields) throws(DistributionError) {}
    func value(at u: Double) -> ParameterValue { 0 }
    func position(of value: ParameterValue) -> Double? { 0 }
    var gridAxis: GridAxis? { nil }
    var valueCount: Int? { nil }
    var summary: String { "any" }
}

/// Drives an engine by hand: keeps the clock, applies every change to a model of the durable record, remembers what was
/// sent, and checks the invariants after each event.
final class EngineRig {
    var engine: Engine
    var clock = Now(instant: Instant(nanoseconds: 1_000_000_000), wall: Timestamp(milliseconds: 1_000))
    var record = FakeRecord()
    var sent: [(agent: AgentID, order: Order)] = []
    var refused: [SweepError] = []
    /// Suggestions that were asked for, and not answered yet.
    var requests: [SuggestionRequest] = []
    var definitions: [SweepDefinition] = []

    init(_ configuration: EngineConfiguration = EngineConfiguration()) {
        engine = Engine(configuration: configuration)
    }

    @discardableResult
    func handle(_ event: Event, _ location: SourceLocation = #_sourceLocation) -> [Effect] {
        let effects = engine.handle(event, now: clock)
        for effect in effects {
            switch effect {
            case .persist(let change): record.apply(change)
            case .send(let agent, let order): sent.append((agent, order))
            case .suggest(let request): requests.append(request)
            case .refuse(let error): refused.append(error)
            }
        }
        let broken = engine.checkInvariants()
        #expect(broken.isEmpty, "after \(event)", sourceLocation: location)
        return effects
    }

    func pass(_ seconds: Double) {
        clock.instant = clock.instant + seconds
        clock.wall.milliseconds += Int64(seconds * 1000)
    }

    /// Time passes as it does in a controller that is awake: with a tick each second.
    func live(_ seconds: Int) {
        for _ in 0..<seconds {
            pass(1)
            handle(.tick)
        }
    }

    @discardableResult
    func create(
        _ id: String = "s", points: Int? = 3, objective: Objective? = nil, cap: Int? = nil, parallel: Int? = nil,
        retries: Int = 0, maxLosses: Int = 5, repetitions: Int = 1, gpus: Int? = nil, priority: Int = 0,
        seed: UInt64 = 7, name: String? = nil, _ change: (inout SweepDefinition) -> Void = { _ in }
    ) -> SweepID {
        var definition = SweepDefinition(
            record: SweepRecord(id: SweepID(id), name: name, yaml: "", seed: seed, created: clock.wall),
            space: SearchSpace(parameters: [Parameter(path: ["x"], distribution: AnyInt())]),
            method: CountingMethod(count: points), objective: objective, pointCap: cap, parallel: parallel,
            retries: retries, maxLosses: maxLosses, repetitions: repetitions, gpus: gpus, priority: priority)
        change(&definition)
        definitions.append(definition)
        handle(.sweepCreated(definition))
        return definition.id
    }

    /// Computes what was asked for first, and answers.
    @discardableResult
    func answer() -> Suggestion? {
        guard !requests.isEmpty else { return nil }
        let request = requests.removeFirst()
        let suggestion = request.method.suggest(after: request.history)
        handle(.suggested(request.sweep, request: request.number, suggestion))
        return suggestion
    }

    @discardableResult
    func connect(
        _ name: String = "a", slots: Int = 1, gpus: Int = 0, sweep: String? = nil,
        held: [(AttemptID, alive: Bool)] = [], incarnation: String = "1", standbys: Int = 0, host: String = "host"
    ) -> AgentID {
        let id = AgentID(name)
        record.hosts[id] = host
        handle(
            .agentConnected(
                ConnectedAgent(
                    id: id, incarnation: incarnation, name: name, host: host,
                    slots: (0..<slots).map { .init(label: "slot \($0)", gpuCount: gpus) }
                        + (0..<slots * standbys).map {
                            .init(label: "slot \($0 % slots)", gpuCount: gpus, standbyFor: $0 % slots)
                        },
                    sweep: sweep.map { SweepID($0) },
                    held: held.map { .init(attempt: $0.0, slot: 0, alive: $0.alive) })))
        return id
    }

    /// Says `ready` and gives the attempt that was assigned, if one was.
    @discardableResult
    func ready(_ agent: AgentID, _ slot: Int = 0) -> AttemptID? {
        let before = sent.count
        handle(.slotReady(SlotID(agent, slot)))
        return grants(since: before).first { $0.slot == SlotID(agent, slot) }?.attempt
    }

    func grants(since start: Int = 0) -> [Grant] {
        sent[start...].compactMap { if case .assign(let grant) = $0.order { grant } else { nil } }
    }

    func start(_ attempt: AttemptID, on agent: AgentID, sequence: Int = 1) {
        handle(
            .attemptStarted(
                attempt, from: agent, sequence: sequence, Launch(argv: ["x"], directory: "/", time: clock.wall)))
    }

    func report(_ attempt: AttemptID, on agent: AgentID, sequence: Int, _ metrics: [String: Double]) {
        handle(
            .reported(
                attempt, from: agent, sequence: sequence, [Report(step: sequence, time: clock.wall, metrics: metrics)]))
    }

    func end(
        _ attempt: AttemptID, on agent: AgentID, sequence: Int = 2, code: Int? = 0, signal: Int? = nil,
        stop: StopReason? = nil, line: String? = nil, launchError: String? = nil, refused: Bool? = nil
    ) {
        handle(
            .attemptEnded(
                attempt, from: agent, sequence: sequence,
                AttemptEnd(
                    exitCode: signal == nil && launchError == nil ? code : nil, signal: signal,
                    launchError: launchError,
                    stopReason: stop, started: clock.wall, ended: clock.wall, lastLine: line,
                    refused: refused)))
    }

    /// A whole life: ready, started, ended with `code`. Gives the attempt.
    @discardableResult
    func runOne(_ agent: AgentID, _ slot: Int = 0, code: Int = 0) -> AttemptID? {
        guard let attempt = ready(agent, slot) else { return nil }
        start(attempt, on: agent)
        end(attempt, on: agent, code: code)
        return attempt
    }

    func state(_ trial: String) -> TrialState? { TrialID(trial).flatMap { record.progress[$0]?.state } }
    func reason(_ trial: String) -> String? { TrialID(trial).flatMap { record.progress[$0]?.reason } }

    /// What a restart of the controller does: everything but the record is forgotten.
    func restart() {
        requests = []
        engine = Engine(restoring: engine.configuration, now: clock)
        for var definition in definitions {
            guard let (sweep, trials) = record.stored(definition) else { continue }
            definition.record = sweep
            engine.beginRestoring(definition)
            for trial in trials { engine.restore(trial, now: clock) }
            engine.endRestoring(definition.id)
        }
        let broken = engine.checkInvariants()
        #expect(broken.isEmpty, "after a restart")
    }
}

/// The durable record, as a store would keep it.
struct FakeRecord {
    var sweeps: [SweepID: SweepRecord] = [:]
    var trials: [TrialID: TrialRecord] = [:]
    var progress: [TrialID: TrialProgress] = [:]
    var places: [AttemptID: (agent: AgentID, slot: Int)] = [:]
    /// Of agents that are not on `host`.
    var hosts: [AgentID: String] = [:]
    var outcomes: [AttemptID: AttemptOutcome] = [:]
    var acknowledged: [AttemptID: Int] = [:]
    var reports: [AttemptID: [Report]] = [:]
    var late: [AttemptID: Int] = [:]
    var edits: [SweepID: [EditRecord]] = [:]
    var curves: [TrialID: [(attempt: Int, mark: CurveMark)]] = [:]
    var alerts: [AlertRecord] = []
    var stops: [AttemptID: (reason: StopReason, detail: String?, note: ParameterValue?)] = [:]

    mutating func apply(_ change: Change) {
        switch change {
        case .sweepInserted(let record): sweeps[record.id] = record
        case .sweepStateChanged(let id, let state, let reason, let at):
            sweeps[id]?.state = state
            sweeps[id]?.reason = reason
            sweeps[id]?.ended = state == .running || state == .paused ? nil : at
        case .sweepDeleted(let id):
            sweeps[id] = nil
            trials = trials.filter { $0.key.sweep != id }
            progress = progress.filter { $0.key.sweep != id }
        case .trialInserted(let record):
            #expect(trials[record.id] == nil, "trial \(record.id) is inserted twice")
            trials[record.id] = record
            progress[record.id] = TrialProgress(id: record.id)
        case .trialChanged(let new):
            #expect(trials[new.id] != nil)
            var new = new
            new.metrics = new.metrics ?? progress[new.id]?.metrics
            progress[new.id] = new
        case .attemptInserted(let id, let agent, _, _, _, let slot, _):
            #expect(places[id] == nil, "\(id) is granted twice")
            places[id] = (agent, slot)
        case .attemptStarted(let id, let sequence, _, _, _): acknowledged[id] = sequence
        case .reportsAppended(let id, let sequence, let new):
            acknowledged[id] = sequence
            reports[id, default: []] += new
        case .attemptEnded(let id, _, let outcome, _, _, _):
            #expect(outcomes[id] == nil, "\(id) has two outcomes")
            outcomes[id] = outcome
        case .priorInserted: break
        case .sweepEdited(let edit):
            edits[edit.sweep, default: []].append(edit)
            sweeps[edit.sweep]?.yaml = edit.yaml
            sweeps[edit.sweep]?.editKeys.append(edit.key)
        case .curveExtended(let id, let marks, let start):
            if let start {
                curves[id.trial]?.removeAll { $0.attempt < id.number && $0.mark.step >= start }
            }
            curves[id.trial, default: []] += marks.map { (id.number, $0) }
            let steps = (curves[id.trial] ?? []).map(\.mark.step)
            #expect(steps == Array(Set(steps)).sorted(), "the curve of \(id.trial) is in order, each step once")
        case .stopOrdered(let id, let reason, let detail, let note):
            if stops[id] == nil { stops[id] = (reason, detail, note) }
        case .alertRaised(let alert):
            #expect(!alerts.contains { $0.sweep == alert.sweep && $0.number == alert.number }, "\(alert) again")
            alerts.append(alert)
            sweeps[alert.sweep]?.alertCount = alert.number
        case .lateResult(let id, _, _): late[id, default: 0] += 1
        }
    }

    func stored(_ definition: SweepDefinition) -> (SweepRecord, [StoredTrial])? {
        guard let record = sweeps[definition.id] else { return nil }
        let mine = trials.values.filter { $0.id.sweep == definition.id }.sorted { $0.id < $1.id }
        let stored = mine.map { trial in
            let progress = progress[trial.id] ?? TrialProgress(id: trial.id)
            let attempt = AttemptID(trial.id, progress.attempt)
            let curve = curves[trial.id] ?? []
            var live: LiveAttempt?
            if progress.state.isLive, let place = places[attempt] {
                live = LiveAttempt(
                    agent: place.agent, agentName: place.agent.text, host: "host", slotIndex: place.slot,
                    acknowledged: acknowledged[attempt] ?? 0,
                    summaries: definition.objectives.map { objective in
                        var summary = ObjectiveSummary()
                        for report in reports[attempt] ?? [] {
                            if let value = report.metrics[objective.metric] { summary.add(value, step: report.step) }
                        }
                        return summary
                    }, track: track(of: attempt, definition), stop: stops[attempt]?.reason,
                    stopDetail: stops[attempt]?.detail)
            }
            return StoredTrial(
                record: trial, progress: progress, curve: curve.map(\.mark),
                earlierMarks: curve.count { $0.attempt < progress.attempt }, live: live,
                host: progress.state == .pruned ? places[attempt].map { hosts[$0.agent] ?? "host" } : nil)
        }
        return (record, stored)
    }

    private func track(of attempt: AttemptID, _ definition: SweepDefinition) -> [LiveAttempt.Reported] {
        var position: Double?
        return (reports[attempt] ?? []).compactMap { report in
            position = definition.fidelity?.metric.flatMap { report.metrics[$0] } ?? position
            return definition.objective.flatMap { report.metrics[$0.metric] }.map {
                .init(step: report.step, position: position, value: $0)
            }
        }
    }
}
