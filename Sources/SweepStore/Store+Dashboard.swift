import GRDB
package import SweepModel

/// One attempt on its slot, for the timeline.
package struct SlotUse: Equatable, Sendable {
    package var trial: Int
    package var attempt: Int
    package var agentName: String
    package var slot: String
    package var assigned: Timestamp
    package var started: Timestamp?
    package var ended: Timestamp?
    package var outcome: AttemptOutcome?
}

/// What the pages read that no command does.
extension Store {
    /// The newest `limit` attempts of a sweep, in the order of their assignment.
    package func slotUses(_ sweep: SweepID, limit: Int) throws(SweepError) -> [SlotUse] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT trial, number, agent_name, slot, assigned, started, ended, outcome FROM attempts
                    WHERE sweep = ? ORDER BY assigned DESC, trial DESC LIMIT ?
                    """,
                arguments: [sweep.text, limit]
            ).reversed().map { row in
                SlotUse(
                    trial: row[0], attempt: row[1], agentName: row[2], slot: row[3],
                    assigned: Timestamp(milliseconds: row[4]), started: row.time(5), ended: row.time(6),
                    outcome: try row.knownOrNil(7, "attempts.outcome"))
            }
        }
    }

    /// For how long the sweep's attempts held their slots, in seconds, and how many attempts there were. Those that go
    /// on count until `now`.
    package func slotSeconds(_ sweep: SweepID, now: Timestamp) throws(SweepError) -> (seconds: Double, attempts: Int) {
        try reading { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT total(max(0, coalesce(ended, max(assigned, ?2)) - assigned)), count(*) FROM attempts
                    WHERE sweep = ?1
                    """,
                arguments: [sweep.text, now.milliseconds])
            let milliseconds: Double = row?[0] ?? 0
            return (milliseconds / 1000, row?[1] ?? 0)
        }
    }
}
