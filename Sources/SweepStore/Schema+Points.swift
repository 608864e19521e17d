import FoundationEssentials
import GRDB
import SweepModel

extension Schema {
    /// Points as blocks of messages and chunks by metric instead of a row and a JSON text a report.
    ///
    /// It writes blocks by `ReportBlock`, whose released formats change as little as a migration does.
    static let version3: @Sendable (Database) throws -> Void = { database in
        try database.execute(
            sql: """
                -- Reports with at least one metric so far; of their points how many stand in `blocks`, and how many are to
                -- stand there before chunks are made of them.
                ALTER TABLE attempts ADD COLUMN reports INTEGER NOT NULL DEFAULT 0 CHECK (reports >= 0);
                ALTER TABLE attempts ADD COLUMN loose_points INTEGER NOT NULL DEFAULT 0 CHECK (loose_points >= 0);
                ALTER TABLE attempts ADD COLUMN pack_at INTEGER NOT NULL DEFAULT 4096;

                CREATE TABLE blocks (
                    sweep TEXT NOT NULL,
                    trial INTEGER NOT NULL,
                    attempt INTEGER NOT NULL,
                    -- The number of its first report in the attempt, from 0, and how many it has.
                    first INTEGER NOT NULL CHECK (first >= 0),
                    reports INTEGER NOT NULL CHECK (reports >= 1),
                    data BLOB NOT NULL,
                    PRIMARY KEY (sweep, trial, attempt, first),
                    FOREIGN KEY (sweep, trial, attempt) REFERENCES attempts (sweep, trial, number) ON DELETE CASCADE
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE series (
                    id INTEGER PRIMARY KEY,
                    sweep TEXT NOT NULL,
                    trial INTEGER NOT NULL,
                    attempt INTEGER NOT NULL,
                    metric TEXT NOT NULL,
                    -- Empty where the agent did not say.
                    source TEXT NOT NULL,
                    points INTEGER NOT NULL CHECK (points >= 1),
                    UNIQUE (sweep, trial, attempt, metric, source),
                    FOREIGN KEY (sweep, trial, attempt) REFERENCES attempts (sweep, trial, number) ON DELETE CASCADE
                ) STRICT;

                CREATE TABLE chunks (
                    series INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
                    -- The numbers of the reports that brought its first and its last point.
                    first INTEGER NOT NULL CHECK (first >= 0),
                    last INTEGER NOT NULL CHECK (last >= first),
                    points INTEGER NOT NULL CHECK (points >= 1),
                    data BLOB NOT NULL,
                    PRIMARY KEY (series, first)
                ) STRICT, WITHOUT ROWID;
                """)
        try moveReports(database)
        try database.execute(sql: "DROP TABLE reports")
    }

    /// The rows of `reports` into blocks of at most 1024.
    private static func moveReports(_ database: Database) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT sweep, trial, attempt, step, time, metrics FROM reports
                ORDER BY sweep, trial, attempt, sequence, position
                """)
        var current: AttemptID?
        var first = 0
        var points = 0
        var block: [Report] = []
        func write() throws {
            guard let current, !block.isEmpty else { return }
            try PointPacking.insert(current, first: first, block, database)
            first += block.count
            block.removeAll(keepingCapacity: true)
        }
        func close() throws {
            guard let current else { return }
            try write()
            try database.execute(
                sql: """
                    UPDATE attempts SET reports = ?, loose_points = ? WHERE sweep = ? AND trial = ? AND number = ?
                    """,
                arguments: [first, points, current.sweep.text, current.trial.number, current.number])
            (first, points) = (0, 0)
        }
        while let row = try rows.next() {
            let attempt = AttemptID(TrialID(SweepID(row[0]), row[1]), row[2])
            if attempt != current {
                try close()
                current = attempt
            }
            let report = Report(
                step: row[3], time: Timestamp(milliseconds: row[4]), metrics: try row.metrics(5, "reports.metrics"))
            guard !report.metrics.isEmpty else { continue }
            block.append(report)
            points += report.metrics.count
            if block.count == 1024 { try write() }
        }
        try close()
    }
}
