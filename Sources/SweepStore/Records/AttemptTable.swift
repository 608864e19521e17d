import GRDB
import SweepModel

/// The table `attempts`: one execution of a trial a row.
enum AttemptTable {
    static func insert(
        _ id: AttemptID, agent: AgentID, agentName: String, host: String, slot: String, slotIndex: Int,
        at time: Timestamp, _ database: Database
    ) throws {
        try database.run(
            """
            INSERT INTO attempts (sweep, trial, number, agent, agent_name, host, slot, slot_index, assigned)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9
            WHERE EXISTS (SELECT 1 FROM trials WHERE sweep = ?1 AND number = ?2) ON CONFLICT DO NOTHING
            """,
            [
                id.sweep.text, id.trial.number, id.number, agent.text, agentName, host, slot, slotIndex,
                time.milliseconds,
            ])
    }

    /// Does nothing when the message `sequence` is in already.
    static func start(
        _ id: AttemptID, sequence: Int, argv: [String], directory: String, at time: Timestamp, _ database: Database
    ) throws {
        try database.run(
            """
            UPDATE attempts SET acknowledged = ?4, argv = ?5, directory = ?6, started = ?7
            WHERE sweep = ?1 AND trial = ?2 AND number = ?3 AND acknowledged < ?4
            """,
            [
                id.sweep.text, id.trial.number, id.number, sequence,
                ParameterValue.list(argv.map { .string($0) }).json(), directory, time.milliseconds,
            ])
    }

    /// An attempt has one outcome: once there is one, nothing changes it.
    static func end(
        _ id: AttemptID, sequence: Int?, _ outcome: AttemptOutcome, reason: String?, _ end: AttemptEnd?,
        at time: Timestamp, _ database: Database
    ) throws {
        try database.run(
            """
            UPDATE attempts SET acknowledged = max(acknowledged, ?), outcome = ?, reason = ?, ended = ?, exit_code = ?, signal = ?, launch_error = ?,
                stop_reason = ?, process_started = ?, process_ended = ?, peak_memory = ?, cpu_seconds = ?, last_line = ?
            WHERE sweep = ? AND trial = ? AND number = ? AND outcome IS NULL
            """,
            [sequence ?? 0, outcome.rawValue, reason, time.milliseconds] + EndColumns.arguments(end)
                + [id.sweep.text, id.trial.number, id.number])
    }

    /// The first order stands.
    static func orderStop(
        _ id: AttemptID, _ reason: StopReason, detail: String?, note: ParameterValue?, _ database: Database
    ) throws {
        try database.run(
            """
            UPDATE attempts SET stop_ordered = ?, stop_detail = ?, stopping = ?
            WHERE sweep = ? AND trial = ? AND number = ? AND stop_ordered IS NULL
            """,
            [reason.rawValue, detail, note?.json(), id.sweep.text, id.trial.number, id.number])
    }

    static let columns = """
        number, agent, agent_name, host, slot, slot_index, assigned, acknowledged, argv, directory, started, outcome,
        reason, ended, exit_code, signal, launch_error, stop_reason, process_started, process_ended, peak_memory,
        cpu_seconds, last_line, stop_ordered, stop_detail, stopping
        """

    static func snapshot(_ row: Row, of trial: TrialID) throws -> AttemptSnapshot {
        AttemptSnapshot(
            id: AttemptID(trial, row[0]), agent: AgentID(row[1]), agentName: row[2], host: row[3], slot: row[4],
            slotIndex: row[5], assigned: Timestamp(milliseconds: row[6]), acknowledged: row[7],
            argv: try row.strings(8, "attempts.argv"), directory: row[9], started: row.time(10),
            outcome: try row.knownOrNil(11, "attempts.outcome"), reason: row[12], ended: row.time(13),
            end: try EndColumns.end(row, from: 14), stopOrdered: try row.knownOrNil(23, "attempts.stop_ordered"),
            stopDetail: row[24], stopping: try row.jsonOrNil(25, "attempts.stopping"))
    }
}

/// The nine columns of an `AttemptEnd`, the same in `attempts` and `late_results`.
enum EndColumns {
    static func arguments(_ end: AttemptEnd?) -> [(any DatabaseValueConvertible)?] {
        [
            end?.exitCode, end?.signal, end?.launchError, end?.stopReason?.rawValue, end?.started.milliseconds,
            end?.ended.milliseconds, end?.peakMemory, end?.cpuSeconds, end?.lastLine,
        ]
    }

    static func end(_ row: Row, from first: Int) throws -> AttemptEnd? {
        guard let started = row.time(first + 4), let ended = row.time(first + 5) else { return nil }
        return AttemptEnd(
            exitCode: row[first], signal: row[first + 1], launchError: row[first + 2],
            stopReason: try row.knownOrNil(first + 3, "stop_reason"), started: started, ended: ended,
            peakMemory: row[first + 6], cpuSeconds: row[first + 7], lastLine: row[first + 8])
    }
}
