import FoundationEssentials
import GRDB
package import SweepModel

/// Small files of attempts' records, whole: what ran, its packages, its changed code. Most of them are the same for all
/// trials of a sweep, and are kept once; ten thousand trials need no folder each.
///
/// A SQLite file of its own beside the store, in WAL mode with `synchronous=NORMAL`: like logs, these files survive a crash
/// of the controller, not the last moment before a power cut. Every method blocks its thread.
package final class RecordShelf: Sendable {
    /// Larger files are no business of this.
    package static let maximumSize = 64 << 10

    private let path: String
    private let queue: DatabaseQueue

    /// - Throws: `SweepError` when the file cannot be opened, or is damaged.
    package init(_ path: String) throws(SweepError) {
        self.path = path
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        }
        do {
            var configuration = Configuration()
            configuration.label = "sweep.records"
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { database in
                try database.execute(
                    sql: """
                        PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256;
                        CREATE TABLE IF NOT EXISTS content (
                            id INTEGER PRIMARY KEY, digest INTEGER NOT NULL, bytes BLOB NOT NULL);
                        CREATE INDEX IF NOT EXISTS content_digest ON content (digest);
                        CREATE TABLE IF NOT EXISTS file (
                            sweep TEXT NOT NULL, trial INTEGER NOT NULL, attempt INTEGER NOT NULL, name TEXT NOT NULL,
                            content INTEGER NOT NULL, PRIMARY KEY (sweep, trial, attempt, name)) WITHOUT ROWID;
                        """)
            }
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            throw StoreFailure.describe(error, path: path)
        }
    }

    /// Puts a file there, in the place of an earlier one of that name.
    package func put(_ bytes: [UInt8], _ attempt: AttemptID, _ name: String) throws(SweepError) {
        do {
            try queue.write { database in
                let content = try Self.content(bytes, database)
                try database.cachedStatement(sql: "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)")
                    .execute(arguments: [attempt.sweep.text, attempt.trial.number, attempt.number, name, content])
            }
        } catch {
            throw StoreFailure.describe(error, path: path)
        }
    }

    /// nil: there is no such file.
    package func bytes(_ attempt: AttemptID, _ name: String) throws(SweepError) -> [UInt8]? {
        do {
            return try queue.read { database in
                let sql = """
                    SELECT bytes FROM file JOIN content ON content.id = content
                    WHERE sweep = ? AND trial = ? AND attempt = ? AND name = ?
                    """
                let key: StatementArguments = [attempt.sweep.text, attempt.trial.number, attempt.number, name]
                return try Data.fetchOne(database, sql: sql, arguments: key).map(Array.init)
            }
        } catch {
            throw StoreFailure.describe(error, path: path)
        }
    }

    /// Removes what is of a sweep.
    package func remove(_ sweep: SweepID) throws(SweepError) {
        do {
            try queue.write { database in
                try database.execute(sql: "DELETE FROM file WHERE sweep = ?", arguments: [sweep.text])
                try database.execute(sql: "DELETE FROM content WHERE id NOT IN (SELECT content FROM file)")
            }
        } catch {
            throw StoreFailure.describe(error, path: path)
        }
    }

    private static func content(_ bytes: [UInt8], _ database: Database) throws -> Int64 {
        // FNV-1a, only to find candidates: bytes are compared.
        let digest = Int64(
            bitPattern: bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
        let data = Data(bytes)
        let known = try database.cachedStatement(sql: "SELECT id FROM content WHERE digest = ? AND bytes = ?")
        if let id = try Int64.fetchOne(known, arguments: [digest, data]) { return id }
        try database.cachedStatement(sql: "INSERT INTO content (digest, bytes) VALUES (?, ?)")
            .execute(arguments: [digest, data])
        return database.lastInsertedRowID
    }
}
