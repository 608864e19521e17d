import GRDB
package import SweepModel

/// Artifacts. The search never sees them: they are written beside the engine, in transactions of their own. Contents are
/// files, not rows; a row is written once all of its contents are durable.
extension Store {
    /// The version that this attempt has of this content already; of a person's, the newest version where that is the same.
    package func artifactVersion(
        _ name: String, attempt: AttemptID?, manifest: String
    ) throws(SweepError) -> Int? {
        try reading { try Self.version(name, attempt, manifest, $0)?.version }
    }

    private static func version(
        _ name: String, _ attempt: AttemptID?, _ manifest: String, _ database: Database
    ) throws -> (id: Int64, version: Int)? {
        let row =
            if let attempt {
                try Row.fetchOne(
                    database,
                    sql: """
                        SELECT id, version FROM artifacts
                        WHERE sweep = ? AND trial = ? AND attempt = ? AND name = ? AND manifest = ?
                        """,
                    arguments: [
                        attempt.sweep.text, attempt.trial.number, attempt.number, name, manifest,
                    ])
            } else {
                try Row.fetchOne(
                    database,
                    sql: """
                        SELECT id, version FROM (
                            SELECT id, version, manifest FROM artifacts WHERE sweep IS NULL AND name = ?
                            ORDER BY version DESC LIMIT 1) WHERE manifest = ?
                        """,
                    arguments: [name, manifest])
            }
        return row.map { ($0[0], $0[1]) }
    }

    /// Keeps a version; one that is there already gets only its new aliases. Blocks until it is durable.
    ///
    /// - Returns: its number.
    /// - Throws: `.notFound` when its attempt's sweep is gone.
    package func keep(_ artifact: NewArtifact) throws(SweepError) -> Int {
        try writing { database in
            let scope = artifact.attempt?.sweep.text ?? ""
            let kept: (id: Int64, version: Int)
            if let there = try Self.version(artifact.name, artifact.attempt, artifact.digest, database) {
                kept = there
            } else {
                kept = try Self.insert(artifact, scope: scope, database)
            }
            for alias in artifact.aliases {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO artifact_aliases (scope, name, alias, artifact) VALUES (?, ?, ?, ?)",
                    arguments: [scope, artifact.name, alias, kept.id])
            }
            return kept.version
        }
    }

    private static func insert(
        _ artifact: NewArtifact, scope: String, _ database: Database
    ) throws -> (id: Int64, version: Int) {
        if let attempt = artifact.attempt {
            let exists = try Bool.fetchOne(
                database, sql: "SELECT 1 FROM attempts WHERE sweep = ? AND trial = ? AND number = ?",
                arguments: [attempt.sweep.text, attempt.trial.number, attempt.number])
            guard exists == true else { throw SweepError(.notFound, "there is no attempt \(attempt)") }
        }
        let version =
            try Int.fetchOne(
                database,
                sql: """
                    INSERT INTO artifact_numbers (scope, name, next) VALUES (?, ?, 1)
                    ON CONFLICT (scope, name) DO UPDATE SET next = next + 1 RETURNING next - 1
                    """,
                arguments: [scope, artifact.name]) ?? 0
        try database.execute(
            sql: """
                INSERT INTO artifacts
                    (sweep, trial, attempt, name, version, type, manifest, size, files, metadata, created)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                artifact.attempt?.sweep.text, artifact.attempt?.trial.number, artifact.attempt?.number, artifact.name,
                version, artifact.manifest.type, artifact.digest, artifact.manifest.size ?? 0,
                artifact.manifest.files.count, artifact.manifest.metadata?.json(), artifact.created.milliseconds,
            ])
        let id = database.lastInsertedRowID
        let statement = try database.makeStatement(
            sql: "INSERT INTO artifact_files (artifact, path, size, digest) VALUES (?, ?, ?, ?)")
        for file in artifact.manifest.files {
            try statement.execute(arguments: [id, file.path, file.size, file.digest])
        }
        return (id, version)
    }

    /// Versions, newest first.
    ///
    /// - Parameters:
    ///   - sweep: only those of this sweep; nil: all.
    ///   - name: only those of this name.
    ///   - id: only this one.
    package func artifacts(
        sweep: SweepID? = nil, name: String? = nil, id: Int64? = nil, limit: Int = 100_000
    ) throws(SweepError) -> [StoredArtifact] {
        try reading { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT a.id, a.name, a.version, a.sweep, a.trial, a.attempt, a.type, a.manifest, a.size, a.files,
                        a.metadata, a.created,
                        CASE WHEN trials.state IN ('completed', 'pruned') AND trials.\(TrialOrder.isFinite)
                            THEN trials.objective END,
                        (SELECT group_concat(alias, ' ') FROM artifact_aliases WHERE artifact = a.id),
                        (SELECT group_concat(sweep || '/' || trial || '/' || attempt, ' ') FROM artifact_uses
                            WHERE artifact = a.id),
                        trials.state IS NULL OR trials.state IN ('completed', 'pruned', 'failed', 'cancelled')
                    FROM artifacts AS a LEFT JOIN trials ON trials.sweep = a.sweep AND trials.number = a.trial
                    WHERE (?1 IS NULL OR a.sweep = ?1) AND (?2 IS NULL OR a.name = ?2) AND (?3 IS NULL OR a.id = ?3)
                    ORDER BY a.created DESC, a.id DESC LIMIT ?4
                    """,
                arguments: [sweep?.text, name, id, limit]
            ).map(Self.artifact)
        }
    }

    private static func artifact(_ row: Row) throws -> StoredArtifact {
        let sweep = (row[3] as String?).map { SweepID($0) }
        var attempt: AttemptID?
        if let sweep, let trial: Int = row[4], let number: Int = row[5] {
            attempt = AttemptID(TrialID(sweep, trial), number)
        }
        let uses = ((row[14] as String?) ?? "").split(separator: " ").compactMap { text -> AttemptID? in
            let parts = text.split(separator: "/")
            guard parts.count == 3, let trial = Int(parts[1]), let number = Int(parts[2]) else { return nil }
            return AttemptID(TrialID(SweepID(String(parts[0])), trial), number)
        }
        return StoredArtifact(
            id: row[0], name: row[1], version: row[2], sweep: sweep, attempt: attempt, type: row[6], manifest: row[7],
            size: row[8], files: row[9], metadata: try row.jsonOrNil(10, "artifacts.metadata"),
            created: Timestamp(milliseconds: row[11]),
            aliases: ((row[13] as String?) ?? "").split(separator: " ").map(String.init).sorted(),
            objective: row[12], uses: uses.sorted(), isFinal: row[15])
    }

    /// By path.
    package func artifactFiles(_ id: Int64) throws(SweepError) -> [ArtifactFile] {
        try reading { database in
            try Row.fetchAll(
                database, sql: "SELECT path, size, digest FROM artifact_files WHERE artifact = ? ORDER BY path",
                arguments: [id]
            ).map { ArtifactFile(path: $0[0], size: $0[1], digest: $0[2]) }
        }
    }

    /// Of these contents, those that some version has.
    package func usedBlobs(_ digests: [String]) throws(SweepError) -> Set<String> {
        try reading { database in
            let statement = try database.makeStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM artifact_files WHERE digest = ?1)
                        OR EXISTS (SELECT 1 FROM artifacts WHERE manifest = ?1)
                    """)
            var used: Set<String> = []
            for digest in digests where try Bool.fetchOne(statement, arguments: [digest]) == true {
                used.insert(digest)
            }
            return used
        }
    }

    /// Removes these versions. Their contents stay until nobody has them and somebody collects.
    ///
    /// - Returns: how many there were.
    package func removeArtifacts(_ ids: [Int64]) throws(SweepError) -> Int {
        try writing { database in
            var count = 0
            for id in ids {
                try database.execute(sql: "DELETE FROM artifacts WHERE id = ?", arguments: [id])
                count += database.changesCount
            }
            return count
        }
    }

    /// An attempt was given this version.
    package func noteUse(of artifact: Int64, by attempt: AttemptID, at time: Timestamp) throws(SweepError) {
        try writing { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO artifact_uses (artifact, sweep, trial, attempt, time)
                    SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM artifacts WHERE id = ?1)
                        AND EXISTS (SELECT 1 FROM sweeps WHERE id = ?2)
                    """,
                arguments: [
                    artifact, attempt.sweep.text, attempt.trial.number, attempt.number, time.milliseconds,
                ])
        }
    }

    private func writing<T>(_ body: (Database) throws -> T) throws(SweepError) -> T {
        do {
            return try pool.write(body)
        } catch let error as SweepError {
            throw error
        } catch {
            throw StoreFailure.describe(error, path: path)
        }
    }
}
