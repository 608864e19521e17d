import GRDB
package import SweepModel

/// How a leaderboard is ordered.
enum TrialOrder {
    static let isFinite = "objective BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308"

    /// Finished with an objective, best first; then running, assigned and waiting; then finished without an objective,
    /// failed and cancelled. Within a group by number.
    static func leaderboard(_ goal: Objective.Goal) -> String {
        let isRanked = "trials.state IN ('completed', 'pruned') AND trials.\(isFinite)"
        return """
            CASE WHEN \(isRanked) THEN 0
                WHEN trials.state = 'running' THEN 1
                WHEN trials.state = 'assigned' THEN 2
                WHEN trials.state = 'waiting' THEN 3
                WHEN trials.state IN ('completed', 'pruned') THEN 4
                WHEN trials.state = 'failed' THEN 5
                ELSE 6 END,
            CASE WHEN \(isRanked) THEN \(goal == .minimize ? "" : "-")trials.objective END,
            trials.number
            """
    }
}

extension Store {
    package func trial(_ id: TrialID) throws(SweepError) -> TrialSnapshot? {
        try snapshots("trials.sweep = ? AND trials.number = ?", [id.sweep.text, id.number], "", limit: 1).first
    }

    /// Why the trial's point was suggested, and why a stopping rule ended its newest attempt that it ended.
    package func notes(_ id: TrialID) throws(SweepError) -> (suggestion: ParameterValue?, stopping: ParameterValue?) {
        try reading { database in
            let suggestion = try Row.fetchOne(
                database, sql: "SELECT suggestion FROM trials WHERE sweep = ? AND number = ?",
                arguments: [id.sweep.text, id.number]
            ).flatMap { try $0.jsonOrNil(0, "trials.suggestion") }
            let stopping = try Row.fetchOne(
                database,
                sql: """
                    SELECT stopping FROM attempts WHERE sweep = ? AND trial = ? AND stopping IS NOT NULL
                    ORDER BY number DESC LIMIT 1
                    """,
                arguments: [id.sweep.text, id.number]
            ).flatMap { try $0.jsonOrNil(0, "attempts.stopping") }
            return (suggestion, stopping)
        }
    }

    /// The learning curve of a trial, ascending in step.
    package func curve(_ id: TrialID) throws(SweepError) -> [CurveMark] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: "SELECT step, value, best, report FROM curves WHERE sweep = ? AND trial = ? ORDER BY step",
                arguments: [id.sweep.text, id.number]
            ).map { CurveMark(step: $0[0], value: $0[1], best: $0[2], report: $0[3]) }
        }
    }

    /// Trials numbered above `after`, by number, at most `limit`; of `states` only, where given.
    package func trials(
        _ sweep: SweepID, after: Int = 0, states: [TrialState]? = nil, limit: Int
    ) throws(SweepError) -> [TrialSnapshot] {
        var condition = "trials.sweep = ? AND trials.number > ?"
        if let states {
            condition +=
                " AND trials.state IN (\(Set(states).map { "'\($0.rawValue)'" }.sorted().joined(separator: ",")))"
        }
        return try snapshots(condition, [sweep.text, after], "trials.number", limit: limit)
    }

    /// The numbers of the trials in the order of the leaderboard, at most `top`. Numbers alone, so that a caller can
    /// fetch and send the rows in pages of any size and nothing holds them all.
    package func leaderboard(
        _ sweep: SweepID, _ goal: Objective.Goal, top: Int? = nil
    ) throws(SweepError) -> [Int] {
        try reading { database in
            try Int.fetchAll(
                database,
                sql: "SELECT number FROM trials WHERE sweep = ? ORDER BY \(TrialOrder.leaderboard(goal)) LIMIT ?",
                arguments: [sweep.text, max(0, top ?? .max)])
        }
    }

    /// The trials with these numbers, in this order; those that are gone are left out.
    package func trials(_ sweep: SweepID, numbers: [Int]) throws(SweepError) -> [TrialSnapshot] {
        guard !numbers.isEmpty else { return [] }
        let list = numbers.map(String.init).joined(separator: ",")
        let found = try snapshots(
            "trials.sweep = ? AND trials.number IN (\(list))", [sweep.text], "trials.number", limit: numbers.count)
        let byNumber = Dictionary(found.map { ($0.record.id.number, $0) }) { first, _ in first }
        return numbers.compactMap { byNumber[$0] }
    }

    private func snapshots(
        _ condition: String, _ arguments: [any DatabaseValueConvertible], _ order: String, limit: Int
    ) throws(SweepError) -> [TrialSnapshot] {
        let base = TrialTable.columnCount
        return try reading { database in
            let cursor = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(TrialTable.columns), attempts.agent_name, attempts.slot, attempts.exit_code,
                        attempts.signal, attempts.peak_memory, remarks.note, remarks.tags, remarks.star
                    FROM trials LEFT JOIN attempts ON attempts.sweep = trials.sweep
                        AND attempts.trial = trials.number AND attempts.number = trials.attempt
                    LEFT JOIN remarks ON remarks.sweep = trials.sweep AND remarks.trial = trials.number
                    WHERE \(condition)\(order.isEmpty ? "" : " ORDER BY \(order)") LIMIT ?
                    """,
                arguments: StatementArguments(arguments + [limit]))
            var snapshots: [TrialSnapshot] = []
            while let row = try cursor.next() {
                let exitCode: Int? = row[base + 2]
                let signal: Int? = row[base + 3]
                snapshots.append(
                    TrialSnapshot(
                        record: try TrialTable.record(row), progress: try TrialTable.progress(row),
                        agentName: row[base], slot: row[base + 1], exit: exitCode ?? signal.map { -$0 },
                        peakMemory: row[base + 4], remark: Self.remark(row, at: base + 5)))
            }
            return snapshots
        }
    }
}
