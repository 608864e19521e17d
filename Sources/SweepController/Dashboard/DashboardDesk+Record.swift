import SweepDashboard
import SweepModel
import SweepSearch
import SweepStore

/// What the pages show of a trial's record beside its metrics.
extension DashboardDesk {
    func reasons(of trial: TrialID) async throws -> (facts: [(name: String, text: String)], neighbours: [Int]) {
        let facts = facts(of: trial.sweep)
        let (snapshot, notes) = try await desk.blocking { [store = desk.parts.store] () throws(SweepError) in
            guard let snapshot = try store.trial(trial) else { throw RequestDesk.noTrial(trial) }
            return (snapshot, try store.notes(trial))
        }
        let progress = snapshot.progress
        let reasons = TrialReasons(
            suggestion: notes.suggestion, stopping: notes.stopping, method: facts?.method ?? "",
            metric: facts?.objective?.metric, goal: facts?.objective?.goal, state: progress.state,
            objective: progress.objective, step: progress.step, reason: progress.reason)
        return (reasons.facts.map { ($0.name, $0.text) }, reasons.neighbours)
    }

    func recordFiles(_ attempt: AttemptID) async throws -> [(name: String, size: Int)] {
        try await desk.blocking {
            [intake = desk.parts.intake, home = desk.parts.configuration.home] () throws(SweepError) in
            var found: [(name: String, size: Int)] = []
            for name in [AttemptLog.output] + RecordFileName.all {
                let shelved = name == AttemptLog.output ? nil : try intake.shelved(attempt, name)
                let size = shelved?.count ?? LogReader(attempt: attempt, home: home, file: name).size
                if size > 0 { found.append((name, size)) }
            }
            return found
        }
    }

    func record(_ attempt: AttemptID, _ file: String, from offset: Int, limit: Int) async throws -> [UInt8] {
        guard file == AttemptLog.output || RecordFileName.all.contains(file) else {
            throw SweepError(.notFound, "no record has a file '\(file.prefix(80))'")
        }
        return try await desk.blocking {
            [intake = desk.parts.intake, home = desk.parts.configuration.home] () throws(SweepError) in
            if file != AttemptLog.output, let bytes = try intake.shelved(attempt, file) {
                return Array(bytes.dropFirst(offset).prefix(limit))
            }
            return LogReader(attempt: attempt, home: home, file: file).read(from: offset, count: limit)
        }
    }
}
