-- Written by schema version 2 (sweep 0.1.0). Never edit: it stands for the files that people have.
PRAGMA application_id = 1400333680;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
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
    last_line TEXT, stopping TEXT, stop_ordered TEXT
    CHECK (stop_ordered IN ('pruned', 'cancelled', 'fenced', 'timeout')), stop_detail TEXT,
    PRIMARY KEY (sweep, trial, number),
    FOREIGN KEY (sweep, trial) REFERENCES trials (sweep, number) ON DELETE CASCADE,
    CHECK ((outcome IS NULL) = (ended IS NULL)),
    CHECK ((process_started IS NULL) = (process_ended IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO "attempts" VALUES('abc23456',1,1,'agent-1','box','box.local','gpu 0',0,3000,3,'["python","a b.py"]','/tmp',4000,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'{"rule":"asha","rung":3.0,"neighbours":[2,5]}','pruned','stopped at step 3');
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
INSERT INTO "curves" VALUES('abc23456',1,1.0,1,0.75,0.75,1);
INSERT INTO "curves" VALUES('abc23456',1,3.0,1,0.5,0.5,2);
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO "grdb_migrations" VALUES('v1');
INSERT INTO "grdb_migrations" VALUES('v2');
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
INSERT INTO "late_results" VALUES('abc23456',1,1,20000,NULL,9,NULL,'timeout',4000,9000,1099511627776,1.5,'MemoryError');
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
INSERT INTO "priors" VALUES('abc23456',0,'old23456',7,'{"lr":0.5}','[0.25,3.0]');
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
INSERT INTO "reports" VALUES('abc23456',1,1,2,0,1,5000,'{"acc":0.1,"loss":Infinity}');
INSERT INTO "reports" VALUES('abc23456',1,1,2,1,NULL,5001,'{"acc":0.3333333333333333}');
INSERT INTO "reports" VALUES('abc23456',1,1,3,0,3,6000,'{"loss":0.5}');
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
INSERT INTO "sweeps" VALUES('abc23456','digits','method: grid
# ünï ♥
','a/digits.yaml','/home/ann',-6,'running',NULL,1000,NULL);
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
    ended INTEGER, suggestion TEXT, further TEXT,
    PRIMARY KEY (sweep, number)
) STRICT, WITHOUT ROWID;
INSERT INTO "trials" VALUES('abc23456',1,1,0,'{"lr":1e-05,"layers":2,"opt":{"name":"sgd"},"odd":NaN}',2000,'running',1,NULL,NULL,'{}',NULL,0,0,4000,NULL,NULL,NULL);
CREATE INDEX trials_by_state ON trials (sweep, state, objective);
COMMIT;
