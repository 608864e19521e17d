import GRDB
package import SweepModel

extension Store {
    /// How many different reasons of failure a sweep's snapshot tells.
    package static let mostFailureReasons = 20

    /// All sweeps, newest first.
    package func sweeps() throws(SweepError) -> [SweepSnapshot] {
        try reading { database in
            try Row.fetchAll(
                database, sql: "SELECT \(SweepTable.columns) FROM sweeps ORDER BY created DESC, id DESC"
            ).map { try Self.snapshot(SweepTable.record($0), database) }
        }
    }

    package func sweep(_ id: SweepID) throws(SweepError) -> SweepSnapshot? {
        try reading { database in
            try Row.fetchOne(
                database, sql: "SELECT \(SweepTable.columns) FROM sweeps WHERE id = ?", arguments: [id.text]
            ).map { try Self.snapshot(SweepTable.record($0), database) }
        }
    }

    private static func snapshot(_ record: SweepRecord, _ database: Database) throws -> SweepSnapshot {
        var counts: [TrialState: Int] = [:]
        for row in try Row.fetchAll(
            database, sql: "SELECT state, count(*) FROM trials WHERE sweep = ? GROUP BY state",
            arguments: [record.id.text])
        {
            counts[try row.known(0, "trials.state")] = row[1]
        }
        var failures: [String: Int] = [:]
        if counts[.failed] != nil {
            for row in try Row.fetchAll(
                database,
                sql: """
                    SELECT coalesce(reason, 'no reason given'), count(*) AS trials FROM trials
                    WHERE sweep = ? AND state = 'failed' GROUP BY 1 ORDER BY trials DESC, 1 LIMIT \(mostFailureReasons)
                    """,
                arguments: [record.id.text])
            {
                failures[row[0]] = row[1]
            }
        }
        return SweepSnapshot(record: record, counts: counts, failures: failures)
    }

    /// The sweep that a person means: a whole id, the beginning of one id, or a name.
    ///
    /// - Throws: `.notFound` when there is none, `.conflict` when several fit.
    package func find(_ text: String) throws(SweepError) -> SweepRecord {
        let found = try reading { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(SweepTable.columns) FROM sweeps WHERE id = ?1 OR name = ?1 OR substr(id, 1, length(?1)) = ?1
                    ORDER BY id = ?1 DESC, created DESC LIMIT 20
                    """,
                arguments: [text]
            ).map(SweepTable.record)
        }
        guard !text.isEmpty, let first = found.first else {
            throw SweepError(.notFound, "no sweep '\(text.prefix(80))'", remedy: "see 'sweep list'")
        }
        guard found.count > 1, first.id.text != text else { return first }
        let names = found.map { record in record.name.map { "\(record.id) (\($0))" } ?? record.id.text }
        throw SweepError(
            .conflict, "'\(text.prefix(80))' could be \(names.joined(separator: ", "))", remedy: "give the whole id")
    }

    /// The best finished trial under `goal`.
    package func best(_ sweep: SweepID, _ goal: Objective.Goal) throws(SweepError) -> (trial: TrialID, value: Double)? {
        let order = goal == .minimize ? "ASC" : "DESC"
        return try reading { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT number, objective FROM trials
                    WHERE sweep = ? AND state IN ('completed', 'pruned') AND \(TrialOrder.isFinite)
                    ORDER BY objective \(order), number LIMIT 1
                    """,
                arguments: [sweep.text]
            ).map { (TrialID(sweep, $0[0]), $0[1]) }
        }
    }

    package func attempts(_ trial: TrialID) throws(SweepError) -> [AttemptSnapshot] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: "SELECT \(AttemptTable.columns) FROM attempts WHERE sweep = ? AND trial = ? ORDER BY number",
                arguments: [trial.sweep.text, trial.number]
            ).map { try AttemptTable.snapshot($0, of: trial) }
        }
    }

    package func lateResults(_ sweep: SweepID) throws(SweepError) -> [LateResult] { try lateResults(sweep, trial: nil) }

    package func lateResults(of trial: TrialID) throws(SweepError) -> [LateResult] {
        try lateResults(trial.sweep, trial: trial.number)
    }

    private func lateResults(_ sweep: SweepID, trial: Int?) throws(SweepError) -> [LateResult] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT trial, attempt, received, exit_code, signal, launch_error, stop_reason, process_started,
                        process_ended, peak_memory, cpu_seconds, last_line
                    FROM late_results WHERE sweep = ?1 AND (?2 IS NULL OR trial = ?2) ORDER BY received, trial, attempt
                    """,
                arguments: [sweep.text, trial]
            ).compactMap { row in
                try EndColumns.end(row, from: 3).map { end in
                    LateResult(
                        attempt: AttemptID(TrialID(sweep, row[0]), row[1]), received: Timestamp(milliseconds: row[2]),
                        end: end)
                }
            }
        }
    }
}
