import SweepEngine
import SweepModel
import SweepSpec
import SweepStore
import SweepWire

/// Trials that ran elsewhere, as a sweep that is over: shown, compared and exported like any, and learnt from by `prior`.
///
/// They go straight to the store; the engine is told of the whole sweep at the end. A sweep whose import was cut short stays
/// with what it has.
extension RequestDesk {
    static let importReason = "imported"
    static let mostImportedTrials = 100_000

    func importSweep(yaml: String, name: String?, _ answer: Answer) async throws {
        guard yaml.utf8.count <= Self.maximumYAML else {
            throw SweepError(.usage, "a sweep file has at most \(Self.maximumYAML) bytes")
        }
        let read = try await blocking { [store = parts.store] () throws(SweepError) in
            let result = SpecParser.parse(yaml)
            guard let spec = result.spec else {
                throw SweepError(.usage, result.errors.first?.message ?? "its file cannot be read")
            }
            var generator = SystemRandomNumberGenerator()
            let now = SystemClock.now().wall
            let record = SweepRecord(
                id: .random(using: &generator), name: name ?? spec.name, yaml: yaml, seed: 0, state: .finished,
                reason: Self.importReason, created: now, ended: now)
            let read = try ReadSweep(spec, record: record)
            try store.apply([
                .sweepInserted(record), .sweepStateChanged(record.id, .finished, reason: Self.importReason, at: now),
            ])
            return read
        }
        var plan = read.plan
        plan.isImporting = true
        parts.catalogue[read.definition.record.id] = plan
        try await answer.send(
            CreatedSweep(id: read.definition.record.id, name: read.definition.record.name, warnings: []))
    }

    func importTrial(_ sweep: SweepID, _ trial: ImportedTrial) async throws {
        try checkImporting(sweep)
        guard (1...Self.mostImportedTrials).contains(trial.number), trial.state.isFinal else {
            throw SweepError(.usage, "an imported trial has a number up to \(Self.mostImportedTrials), and has ended")
        }
        let id = TrialID(sweep, trial.number)
        let attempt = AttemptID(id, 1)
        let outcome: AttemptOutcome =
            switch trial.state {
            case .completed: .completed
            case .pruned: .pruned
            case .cancelled: .cancelled
            default: .failed
            }
        let progress = TrialProgress(
            id: id, state: trial.state, attempt: 1, objective: trial.objective.flatMap { $0.isFinite ? $0 : nil },
            further: trial.further, metrics: trial.metrics,
            reason: trial.state == .completed ? nil : "\(trial.state.rawValue) where it ran",
            failures: trial.state == .failed ? 1 : 0, started: trial.started, ended: trial.ended)
        let changes: [Change] = [
            .trialInserted(
                TrialRecord(id: id, point: trial.number, parameters: trial.parameters, created: trial.started)),
            .attemptInserted(
                attempt, agent: AgentID("import"), agentName: "import", host: String(trial.name.prefix(256)),
                slot: "import", slotIndex: 0, at: trial.started),
            .attemptEnded(
                attempt, sequence: nil, outcome, reason: progress.reason, nil, at: trial.ended),
            .trialChanged(progress),
        ]
        try await blocking { [store = parts.store] () throws(SweepError) in try store.apply(changes) }
    }

    func importReports(_ trial: TrialID, sequence: Int, _ reports: [Report]) async throws {
        try checkImporting(trial.sweep)
        guard sequence >= 1 else { throw SweepError(.usage, "messages are numbered from 1") }
        let change = Change.reportsAppended(AttemptID(trial, 1), sequence: sequence, reports)
        try await blocking { [store = parts.store] () throws(SweepError) in try store.apply([change]) }
    }

    func importEnd(_ id: SweepID) async throws {
        try checkImporting(id)
        let (definition, trials) = try await blocking { [store = parts.store] () throws(SweepError) in
            guard let record = try store.sweep(id)?.record else { throw SweepError(.notFound, "no sweep '\(id)'") }
            let trials = try store.allTrials(id).map { StoredTrial(record: $0.record, progress: $0.progress) }
            return (ReadSweep(stored: record, prior: []).definition, trials)
        }
        try await parts.inbox.perform(.sweepImported(definition, trials))
        parts.catalogue[id]?.isImporting = false
    }

    private func checkImporting(_ sweep: SweepID) throws {
        guard parts.catalogue[sweep]?.isImporting == true else {
            throw SweepError(.conflict, "sweep \(sweep) is not being imported", remedy: "begin again: sweep import")
        }
    }
}
