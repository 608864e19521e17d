import GRDB

/// The database's versions. A migration, once shipped, is never changed and names no application type: it must make in
/// ten years what it made on its day.
struct Schema: Sendable {
    struct Migration: Sendable {
        /// From 1, ascending: `PRAGMA user_version` after it.
        var version: Int
        var apply: @Sendable (Database) throws -> Void
    }

    /// In `PRAGMA application_id`, so that another program's database is not taken for ours ("Swep").
    static let applicationID = 0x5377_6570

    static let current = Schema(migrations: [
        Migration(version: 1, apply: version1), Migration(version: 2, apply: version2),
        Migration(version: 3, apply: version3), Migration(version: 4, apply: version4),
        Migration(version: 6, apply: version6), Migration(version: 7, apply: version7),
        Migration(version: 9, apply: version9),
    ])

    var migrations: [Migration]

    var version: Int { migrations.last?.version ?? 0 }

    var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration("v\(migration.version)") { database in
                try migration.apply(database)
                try database.execute(sql: "PRAGMA user_version = \(migration.version)")
            }
        }
        return migrator
    }

    /// Constraints before code: a state that does not exist, an attempt of a trial that does not exist, or a trial number
    /// below 1 cannot be written, whatever the code above does.
    private static let version1: @Sendable (Database) throws -> Void = { database in
        try database.execute(
            sql: """
                PRAGMA application_id = \(applicationID);

                CREATE TABLE sweeps (
                    id TEXT NOT NULL PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
                    name TEXT,
                    yaml TEXT NOT NULL,
                    file TEXT,
                    created_in TEXT,
                    -- The bits of an unsigned 64-bit number.
                    seed INTEGER NOT NULL,
                    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'finished', 'stopped', 'cancelled')),
                    reason TEXT,
                    -- All times: milliseconds since 1970-01-01 UTC.
                    created INTEGER NOT NULL,
                    ended INTEGER
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE trials (
                    sweep TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
                    number INTEGER NOT NULL CHECK (number >= 1),
                    point INTEGER NOT NULL CHECK (point >= 1),
                    repetition INTEGER NOT NULL CHECK (repetition >= 0),
                    -- JSON object; may hold bare NaN and Infinity.
                    parameters TEXT NOT NULL,
                    created INTEGER NOT NULL,
                    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN
                        ('waiting', 'assigned', 'running', 'completed', 'pruned', 'failed', 'cancelled')),
                    -- The newest attempt; 0 before the first.
                    attempt INTEGER NOT NULL DEFAULT 0 CHECK (attempt >= 0),
                    objective REAL,
                    step INTEGER,
                    -- JSON object: the last value of each metric; may hold bare NaN and Infinity.
                    metrics TEXT NOT NULL DEFAULT '{}',
                    reason TEXT,
                    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
                    losses INTEGER NOT NULL DEFAULT 0 CHECK (losses >= 0),
                    started INTEGER,
                    ended INTEGER,
                    PRIMARY KEY (sweep, number)
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX trials_by_state ON trials (sweep, state, objective);

                CREATE TABLE attempts (
                    sweep TEXT NOT NULL,
                    trial INTEGER NOT NULL,
                    number INTEGER NOT NULL CHECK (number >= 1),
                    agent TEXT NOT NULL,
                    agent_name TEXT NOT NULL,
                    host TEXT NOT NULL,
                    slot TEXT NOT NULL,
                    slot_index INTEGER NOT NULL CHECK (slot_index >= 0),
                    assigned INTEGER NOT NULL,
                    -- The number of the last message of its agent that is in this database.
                    acknowledged INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged >= 0),
                    -- JSON list.
                    argv TEXT,
                    directory TEXT,
                    started INTEGER,
                    outcome TEXT CHECK (outcome IN
                        ('completed', 'pruned', 'failed', 'cancelled', 'lost', 'preempted')),
                    reason TEXT,
                    ended INTEGER,
                    -- What the agent said of the end; all NULL where it said nothing.
                    exit_code INTEGER,
                    signal INTEGER,
                    launch_error TEXT,
                    stop_reason TEXT CHECK (stop_reason IN ('pruned', 'cancelled', 'fenced', 'timeout')),
                    process_started INTEGER,
                    process_ended INTEGER,
                    peak_memory INTEGER,
                    cpu_seconds REAL,
                    last_line TEXT,
                    PRIMARY KEY (sweep, trial, number),
                    FOREIGN KEY (sweep, trial) REFERENCES trials (sweep, number) ON DELETE CASCADE,
                    CHECK ((outcome IS NULL) = (ended IS NULL)),
                    CHECK ((process_started IS NULL) = (process_ended IS NULL))
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE reports (
                    sweep TEXT NOT NULL,
                    trial INTEGER NOT NULL,
                    attempt INTEGER NOT NULL,
                    -- The message that brought it, and its place in that message.
                    sequence INTEGER NOT NULL CHECK (sequence >= 1),
                    position INTEGER NOT NULL CHECK (position >= 0),
                    step INTEGER,
                    time INTEGER NOT NULL,
                    -- JSON object; may hold bare NaN and Infinity (a REAL column would make NULL of NaN).
                    metrics TEXT NOT NULL,
                    PRIMARY KEY (sweep, trial, attempt, sequence, position),
                    FOREIGN KEY (sweep, trial, attempt) REFERENCES attempts (sweep, trial, number) ON DELETE CASCADE
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE late_results (
                    sweep TEXT NOT NULL,
                    trial INTEGER NOT NULL,
                    attempt INTEGER NOT NULL,
                    received INTEGER NOT NULL,
                    exit_code INTEGER,
                    signal INTEGER,
                    launch_error TEXT,
                    stop_reason TEXT CHECK (stop_reason IN ('pruned', 'cancelled', 'fenced', 'timeout')),
                    process_started INTEGER NOT NULL,
                    process_ended INTEGER NOT NULL,
                    peak_memory INTEGER,
                    cpu_seconds REAL,
                    last_line TEXT,
                    PRIMARY KEY (sweep, trial, attempt),
                    FOREIGN KEY (sweep, trial, attempt) REFERENCES attempts (sweep, trial, number) ON DELETE CASCADE
                ) STRICT, WITHOUT ROWID;
                """)
    }

    /// What a search learns from, and why it did what it did: learning curves, notes, ordered stops, prior runs.
    private static let version2: @Sendable (Database) throws -> Void = { database in
        try database.execute(
            sql: """
                -- JSON objects: why the point was suggested, and why a stopping rule ended the attempt.
                ALTER TABLE trials ADD COLUMN suggestion TEXT;
                ALTER TABLE attempts ADD COLUMN stopping TEXT;
                -- JSON list: the objectives after the first; NULL where there are none.
                ALTER TABLE trials ADD COLUMN further TEXT;
                -- A stop that was ordered stands, whatever becomes of the controller.
                ALTER TABLE attempts ADD COLUMN stop_ordered TEXT
                    CHECK (stop_ordered IN ('pruned', 'cancelled', 'fenced', 'timeout'));
                ALTER TABLE attempts ADD COLUMN stop_detail TEXT;

                CREATE TABLE curves (
                    sweep TEXT NOT NULL,
                    trial INTEGER NOT NULL,
                    -- In the units of the sweep's fidelity.
                    step REAL NOT NULL,
                    attempt INTEGER NOT NULL,
                    value REAL NOT NULL,
                    best REAL NOT NULL,
                    -- The how many-th report of its trial.
                    report INTEGER NOT NULL CHECK (report >= 1),
                    PRIMARY KEY (sweep, trial, step),
                    FOREIGN KEY (sweep, trial, attempt) REFERENCES attempts (sweep, trial, number) ON DELETE CASCADE
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE priors (
                    sweep TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
                    position INTEGER NOT NULL CHECK (position >= 0),
                    -- The trial that it was; its sweep may be gone.
                    source_sweep TEXT NOT NULL,
                    source_trial INTEGER NOT NULL CHECK (source_trial >= 1),
                    -- JSON object and JSON list.
                    parameters TEXT NOT NULL,
                    objectives TEXT NOT NULL,
                    PRIMARY KEY (sweep, position)
                ) STRICT, WITHOUT ROWID;
                """)
    }

    /// What people say: notes, tags and stars.
    private static let version4: @Sendable (Database) throws -> Void = { database in
        try database.execute(
            sql: """
                CREATE TABLE remarks (
                    sweep TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
                    -- 0: of the sweep itself.
                    trial INTEGER NOT NULL CHECK (trial >= 0),
                    note TEXT NOT NULL,
                    -- JSON list of texts.
                    tags TEXT NOT NULL,
                    star INTEGER NOT NULL CHECK (star IN (0, 1)),
                    changed INTEGER NOT NULL,
                    PRIMARY KEY (sweep, trial)
                ) STRICT, WITHOUT ROWID;
                """)
    }
}
