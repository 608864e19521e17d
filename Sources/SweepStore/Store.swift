import FoundationEssentials
import GRDB
package import SweepModel

/// The durable record of one controller: a SQLite file in WAL mode with `synchronous=FULL`, so that what `apply` has
/// returned from survives a power cut.
///
/// One writer (the engine loop calls `apply`), any number of readers on connections of their own: a reader sees the last
/// committed state and never waits for the writer, nor the writer for it. Every method blocks its thread; call none on an
/// event loop or on the cooperative pool.
package final class Store: Sendable {
    package let path: String
    let pool: DatabasePool

    private init(path: String, pool: DatabasePool) {
        self.path = path
        self.pool = pool
    }

    /// Opens the database at `path`; makes it where there is none. An older version is copied to `PATH.vN.backup` and
    /// then migrated.
    ///
    /// - Throws: `SweepError` when the file is damaged, belongs to another program or to a newer version, or cannot be
    ///   read and written. The file is left as it was.
    package static func open(_ path: String) throws(SweepError) -> Store { try open(path, schema: .current) }

    static func open(_ path: String, schema: Schema) throws(SweepError) -> Store {
        DatabaseFiles.finishRestore(path)
        // SQLite would make it readable by everybody; its other files take the mode of this one.
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        do {
            let pool = try DatabasePool(path: path, configuration: configuration())
            try check(pool, path: path, schema: schema)
            // GRDB sets NORMAL with the journal mode: it may lose the last commits at a power cut.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            return Store(path: path, pool: pool)
        } catch let error as SweepError {
            throw error
        } catch {
            throw opening(path, error)
        }
    }

    /// Closes every connection, the WAL folded into the file. Later calls throw.
    package func close() throws {
        try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try pool.close()
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "sweep.store"
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 6
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 2000")
        }
        return configuration
    }

    private static func check(_ pool: DatabasePool, path: String, schema: Schema) throws {
        let (application, version, tables) = try pool.read { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0,
                try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0,
                try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
            )
        }
        guard tables == 0 || application == Schema.applicationID else {
            throw SweepError(
                .failed, "\(path) is a database of another program",
                remedy: "move it away, or choose another folder with SWEEP_HOME")
        }
        guard version <= schema.version else {
            throw SweepError(
                .failed,
                "\(path) has schema version \(version), made by a newer sweep; this one knows \(schema.version)",
                remedy: "start the newer sweep, or choose another folder with SWEEP_HOME")
        }
        if tables > 0, let problem = try pool.read({ try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }),
            problem != "ok"
        {
            throw damaged(path, problem)
        }
        if version < schema.version {
            if version > 0 { try DatabaseFiles.copy(pool, to: "\(path).v\(version).backup") }
            try schema.migrator.migrate(pool)
        }
    }

    private static func damaged(_ path: String, _ problem: String) -> SweepError {
        let best = DatabaseFiles.backups(of: path).first { DatabaseFiles.problem(in: $0.path) == nil }
        guard let best else {
            return SweepError(
                .failed, "\(path) is damaged (\(problem)), and there is no good backup of it",
                remedy: "save what can be read with 'sqlite3 \(path) .recover', or move it away and begin anew")
        }
        return SweepError(
            .failed, "\(path) is damaged (\(problem)); its newest good backup is \(best.path)",
            remedy: "restore that with: sweep restore \(best.path)")
    }

    private static func opening(_ path: String, _ error: any Error) -> SweepError {
        guard let error = error as? DatabaseError else { return SweepError(.failed, "\(path): \(error)") }
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT: return damaged(path, error.message ?? "\(error)")
        default: return StoreFailure.describe(error, path: path)
        }
    }
}

/// SQLite's errors in words.
enum StoreFailure {
    static func describe(_ error: any Error, path: String) -> SweepError {
        guard let error = error as? DatabaseError else { return SweepError(.failed, "\(path): \(error)") }
        let text = error.message ?? "\(error.resultCode)"
        switch error.resultCode {
        case .SQLITE_FULL:
            return SweepError(.tryAgain, "the disk of \(path) is full", remedy: "free space there")
        case .SQLITE_IOERR:
            return SweepError(.tryAgain, "\(path) cannot be read or written (\(text))", remedy: "look at its disk")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
            return SweepError(
                .denied, "\(path) cannot be opened for writing (\(text))",
                remedy: "look at the owner and the mode of the file and its folder")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return SweepError(.tryAgain, "\(path) is locked by another program", remedy: "end that program")
        default:
            return SweepError(.failed, "\(path): \(text)")
        }
    }
}
