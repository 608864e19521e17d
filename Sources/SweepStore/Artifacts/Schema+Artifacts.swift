import GRDB

extension Schema {
    /// Artifacts: versions, what they hold, what they are called, and who was given them.
    static let version7: @Sendable (Database) throws -> Void = { database in
        try database.execute(
            sql: """
                CREATE TABLE artifacts (
                    id INTEGER NOT NULL PRIMARY KEY,
                    -- The sweep that it belongs to; NULL: a person has put it.
                    sweep TEXT REFERENCES sweeps (id) ON DELETE CASCADE,
                    trial INTEGER,
                    attempt INTEGER,
                    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
                    version INTEGER NOT NULL CHECK (version >= 0),
                    type TEXT,
                    -- SHA-256 of the manifest, which is kept like a file.
                    manifest TEXT NOT NULL CHECK (length(manifest) = 64),
                    size INTEGER NOT NULL CHECK (size >= 0),
                    files INTEGER NOT NULL CHECK (files >= 0),
                    -- JSON object.
                    metadata TEXT,
                    created INTEGER NOT NULL,
                    CHECK ((trial IS NULL) = (attempt IS NULL)),
                    CHECK (trial IS NULL OR sweep IS NOT NULL)
                ) STRICT;

                CREATE UNIQUE INDEX artifacts_by_version ON artifacts (coalesce(sweep, ''), name, version);
                CREATE UNIQUE INDEX artifacts_by_attempt ON artifacts (sweep, trial, attempt, name, manifest)
                    WHERE trial IS NOT NULL;
                CREATE INDEX artifacts_by_manifest ON artifacts (manifest);

                -- The number of the next version: none is given twice, not even when the newest is removed.
                CREATE TABLE artifact_numbers (
                    scope TEXT NOT NULL,
                    name TEXT NOT NULL,
                    next INTEGER NOT NULL,
                    PRIMARY KEY (scope, name)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE artifact_files (
                    artifact INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
                    path TEXT NOT NULL,
                    size INTEGER NOT NULL CHECK (size >= 0),
                    digest TEXT NOT NULL CHECK (length(digest) = 64),
                    PRIMARY KEY (artifact, path)
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX artifact_files_by_digest ON artifact_files (digest);

                CREATE TABLE artifact_aliases (
                    scope TEXT NOT NULL,
                    name TEXT NOT NULL,
                    alias TEXT NOT NULL,
                    artifact INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
                    PRIMARY KEY (scope, name, alias)
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX artifact_aliases_by_artifact ON artifact_aliases (artifact);

                CREATE TABLE artifact_uses (
                    artifact INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
                    sweep TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
                    trial INTEGER NOT NULL,
                    attempt INTEGER NOT NULL,
                    time INTEGER NOT NULL,
                    PRIMARY KEY (artifact, sweep, trial, attempt)
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX artifact_uses_by_sweep ON artifact_uses (sweep);
                """)
    }
}
