import GRDB
package import SweepModel

/// What people changed of a sweep while it ran.
extension Store {
    /// In order.
    package func edits(_ sweep: SweepID) throws(SweepError) -> [EditRow] {
        try reading { try EditTable.rows(of: sweep, $0).map(\.row) }
    }

    /// The keys of its edits, in order: what was asked for already.
    package func editKeys(_ sweep: SweepID) throws(SweepError) -> [String] {
        try reading { try EditTable.keys(of: sweep, $0) }
    }

    /// The edit that was asked for with `key`.
    package func edit(_ sweep: SweepID, key: String) throws(SweepError) -> EditRow? {
        try reading { try EditTable.rows(of: sweep, $0).first { $0.key == key }?.row }
    }

    /// Results of earlier sweeps that this one learns from.
    package func priors(of sweep: SweepID) throws(SweepError) -> [PriorTrial] {
        try reading { try PriorTable.trials(of: sweep, $0) }
    }
}

/// The table `edits`: one edit a row. With the first one's `before` the file as it was given is still there.
enum EditTable {
    static func insert(_ record: EditRecord, _ database: Database) throws {
        try database.run(
            """
            INSERT INTO edits (sweep, number, key, before, changes, because, trials, time)
            SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE EXISTS (SELECT 1 FROM sweeps WHERE id = ?1)
            ON CONFLICT DO NOTHING
            """,
            [
                record.sweep.text, record.row.number, record.key, record.before,
                ParameterValue.list(record.row.changes.map { .string($0) }).json(), record.row.because,
                ParameterValue.list(record.row.trials.map { .int($0) }).json(), record.row.time.milliseconds,
            ])
        // Not when a later one is there already: the transaction is being repeated.
        try database.run(
            """
            UPDATE sweeps SET yaml = ?2 WHERE id = ?1
                AND NOT EXISTS (SELECT 1 FROM edits WHERE sweep = ?1 AND number > ?3)
            """, [record.sweep.text, record.yaml, record.row.number])
    }

    static func keys(of sweep: SweepID, _ database: Database) throws -> [String] {
        try String.fetchAll(
            database, sql: "SELECT key FROM edits WHERE sweep = ? ORDER BY number", arguments: [sweep.text])
    }

    static func rows(of sweep: SweepID, _ database: Database) throws -> [(key: String, row: EditRow)] {
        try Row.fetchAll(
            database,
            sql: "SELECT key, number, time, changes, because, trials FROM edits WHERE sweep = ? ORDER BY number",
            arguments: [sweep.text]
        ).map { row in
            guard case .list(let changes) = try row.json(3, "edits.changes"),
                case .list(let trials) = try row.json(5, "edits.trials")
            else { throw Row.unreadable("edits.changes", row[3]) }
            return (
                row[0],
                EditRow(
                    number: row[1], time: Timestamp(milliseconds: row[2]), changes: changes.compactMap(\.string),
                    because: row[4], trials: trials.compactMap { $0.number.flatMap(Int.init(exactly:)) })
            )
        }
    }
}

extension Schema {
    /// What people change of a sweep while it runs. `sweeps.yaml` is the file as it is now.
    static let version6: @Sendable (Database) throws -> Void = { database in
        try database.execute(
            sql: """
                CREATE TABLE edits (
                    sweep TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
                    number INTEGER NOT NULL CHECK (number >= 1),
                    -- Of the request, so that one which is sent twice counts once.
                    key TEXT NOT NULL,
                    -- The file before it.
                    before TEXT NOT NULL,
                    -- JSON list of texts.
                    changes TEXT NOT NULL,
                    because TEXT,
                    -- JSON list: numbers of the trials that were asked for.
                    trials TEXT NOT NULL,
                    time INTEGER NOT NULL,
                    PRIMARY KEY (sweep, number)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
