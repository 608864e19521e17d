import GRDB
import SweepModel

/// The table `trials`: a `TrialRecord` (never changed) and its `TrialProgress` a row.
enum TrialTable {
    static func insert(_ record: TrialRecord, _ database: Database) throws {
        try database.run(
            """
            INSERT INTO trials (sweep, number, point, repetition, parameters, created, suggestion)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (SELECT 1 FROM sweeps WHERE id = ?1) ON CONFLICT DO NOTHING
            """,
            [
                record.id.sweep.text, record.id.number, record.point, record.repetition,
                ParameterValue.object(record.parameters).json(), record.created.milliseconds,
                record.note?.json(),
            ])
    }

    static func update(_ progress: TrialProgress, _ database: Database) throws {
        let id = progress.id
        try database.run(
            """
            UPDATE trials SET state = ?, attempt = ?, objective = ?, step = ?, metrics = coalesce(?, metrics),
                reason = ?, failures = ?, losses = ?, started = ?, ended = ?, further = ?
            WHERE sweep = ? AND number = ?
            """,
            [
                progress.state.rawValue, progress.attempt, progress.objective, progress.step,
                progress.metrics.map(MetricsText.encode), progress.reason, progress.failures, progress.losses,
                progress.started?.milliseconds, progress.ended?.milliseconds, NumbersText.encode(progress.further),
                id.sweep.text, id.number,
            ])
    }

    /// `columnCount` columns, each with the name of its table so that a join may be around them.
    static let columns = """
        trials.sweep, trials.number, trials.point, trials.repetition, trials.parameters, trials.created, trials.state,
        trials.attempt, trials.objective, trials.step, trials.metrics, trials.reason, trials.failures, trials.losses,
        trials.started, trials.ended, trials.further
        """
    static let columnCount = 17

    static func record(_ row: Row) throws -> TrialRecord {
        guard let parameters = try row.json(4, "trials.parameters").members else {
            throw Row.unreadable("trials.parameters", row[4])
        }
        return TrialRecord(
            id: TrialID(SweepID(row[0]), row[1]), point: row[2], repetition: row[3], parameters: parameters,
            created: Timestamp(milliseconds: row[5]))
    }

    /// - Parameter withMetrics: false leaves `metrics` nil ("as they were"), which saves a restart much memory.
    static func progress(_ row: Row, withMetrics: Bool = true) throws -> TrialProgress {
        TrialProgress(
            id: TrialID(SweepID(row[0]), row[1]), state: try row.known(6, "trials.state"), attempt: row[7],
            objective: row[8], further: try row.numbers(16, "trials.further") ?? [], step: row[9],
            metrics: withMetrics ? try row.metrics(10, "trials.metrics") : nil,
            reason: row[11], failures: row[12], losses: row[13], started: row.time(14), ended: row.time(15))
    }
}
