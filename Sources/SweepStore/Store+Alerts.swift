import GRDB
package import SweepModel

/// An alert and what became of it.
package struct StoredAlert: Hashable, Sendable {
    package var alert: AlertRecord
    /// One line for each target, such as `webhook https://host/…: sent`; nil: still to be told.
    package var outcome: [String]?
}

/// Alerts wait in the table `alerts` until they were told: what is raised in a transaction is told, also by a controller
/// that starts after a crash.
extension Store {
    /// Those that are still to be told, oldest first.
    package func alertsToTell(limit: Int) throws(SweepError) -> [AlertRecord] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql:
                    "SELECT \(AlertTable.columns) FROM alerts WHERE outcome IS NULL ORDER BY time, sweep, number LIMIT ?",
                arguments: [limit]
            ).map { try AlertTable.row($0).alert }
        }
    }

    /// The newest of a sweep, newest first.
    package func alerts(_ sweep: SweepID, limit: Int) throws(SweepError) -> [StoredAlert] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: "SELECT \(AlertTable.columns) FROM alerts WHERE sweep = ? ORDER BY number DESC LIMIT ?",
                arguments: [sweep.text, limit]
            ).map(AlertTable.row)
        }
    }

    /// It was told, or given up. Blocks until that is durable. Nothing happens where the sweep is gone.
    package func settleAlert(_ sweep: SweepID, _ number: Int, outcome: [String]) throws(SweepError) {
        do {
            try pool.write { database in
                try database.run(
                    "UPDATE alerts SET outcome = ? WHERE sweep = ? AND number = ?",
                    [ParameterValue.list(outcome.map { .string($0) }).json(), sweep.text, number])
            }
        } catch {
            throw StoreFailure.describe(error, path: path)
        }
    }
}

/// The table `alerts`: one `AlertRecord` a row.
enum AlertTable {
    static let columns = "sweep, number, kind, trial, text, time, outcome"

    static func insert(_ alert: AlertRecord, _ database: Database) throws {
        try database.run(
            """
            INSERT INTO alerts (sweep, number, kind, trial, text, time)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM sweeps WHERE id = ?1) ON CONFLICT DO NOTHING
            """,
            [
                alert.sweep.text, alert.number, alert.kind.rawValue, alert.trial, alert.text,
                alert.time.milliseconds,
            ])
    }

    static func count(of sweep: SweepID, _ database: Database) throws -> Int {
        try Int.fetchOne(
            database, sql: "SELECT max(number) FROM alerts WHERE sweep = ?", arguments: [sweep.text]) ?? 0
    }

    static func row(_ row: Row) throws -> StoredAlert {
        var outcome: [String]?
        if let text: String = row[6] {
            guard case .list(let lines)? = try? JSONParser.parse([UInt8](text.utf8)) else {
                throw Row.unreadable("alerts.outcome", row[6])
            }
            outcome = lines.compactMap(\.string)
        }
        return StoredAlert(
            alert: AlertRecord(
                sweep: SweepID(row[0]), number: row[1], kind: try row.known(2, "alerts.kind"), trial: row[3],
                text: row[4], time: Timestamp(milliseconds: row[5])), outcome: outcome)
    }
}

extension Schema {
    /// What sweeps tell people by themselves.
    static let version9: @Sendable (Database) throws -> Void = { database in
        try database.execute(
            sql: """
                CREATE TABLE alerts (
                    sweep TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
                    number INTEGER NOT NULL CHECK (number >= 1),
                    kind TEXT NOT NULL,
                    trial INTEGER,
                    text TEXT NOT NULL,
                    time INTEGER NOT NULL,
                    -- JSON list: what became of it, a line for each target. NULL: it is still to be told.
                    outcome TEXT,
                    PRIMARY KEY (sweep, number)
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX alerts_to_tell ON alerts (time) WHERE outcome IS NULL;
                """)
    }
}
