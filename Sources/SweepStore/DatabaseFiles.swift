import FoundationEssentials
import GRDB
import Glibc
package import SweepModel

/// The database's file, its backups beside it (`sweep.db.v1.backup` before a migration, `sweep.db.<time>.backup` by
/// `sweep backup`), and the ways from one to the other. None of it needs a controller, and a running one is not disturbed.
package enum DatabaseFiles {
    package struct Backup: Equatable, Sendable {
        package var path: String
        package var time: Timestamp
        /// Bytes.
        package var size: Int
    }

    /// What the name of every backup ends with.
    static let suffix = ".backup"

    /// Backups beside the database, newest first; whether they are good is not looked at.
    package static func backups(of database: String) -> [Backup] {
        let (folder, name) = split(database)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(name + ".") && $0.hasSuffix(suffix) }.compactMap { name in
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else { return nil }
            let time = Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
            return Backup(path: "\(folder)/\(name)", time: Timestamp(milliseconds: time), size: Int(status.st_size))
        }.sorted { $0.time > $1.time }
    }

    /// A copy of the database as it is at this moment, by SQLite's backup API, checked and synced before it has its name.
    /// Writers go on meanwhile.
    ///
    /// - Parameter target: nil: beside the database, named after `time`.
    package static func backUp(
        _ database: String, to target: String?, time: Timestamp
    ) throws(SweepError) -> Backup {
        guard FileManager.default.fileExists(atPath: database) else {
            throw SweepError(.notFound, "there is no database \(database)", remedy: "is SWEEP_HOME the right one?")
        }
        let target = target ?? "\(database).\(time.milliseconds / 1000)\(suffix)"
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(30)
            let source = try DatabaseQueue(path: database, configuration: configuration)
            try copy(source, to: target)
            try source.close()
        } catch let error as SweepError {
            throw error
        } catch {
            throw StoreFailure.describe(error, path: database)
        }
        var status = stat()
        guard stat(target, &status) == 0 else { throw SweepError(.failed, "\(target) is gone already") }
        return Backup(path: target, time: time, size: Int(status.st_size))
    }

    /// Made beside and renamed, so that a backup that has its name is complete, whole and on the disk.
    static func copy(_ source: some DatabaseReader, to target: String) throws {
        let unfinished = target + ".part"
        for file in [unfinished, unfinished + "-journal", unfinished + "-wal", unfinished + "-shm"] { unlink(file) }
        do {
            // SQLite takes over the mode of what is there.
            guard
                FileManager.default.createFile(
                    atPath: unfinished, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw failure("made", unfinished) }
            let copy = try DatabaseQueue(path: unfinished)
            try source.backup(to: copy)
            // A backup is one file: the journal mode came along.
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try copy.close()
            if let problem = problem(in: unfinished) {
                throw SweepError(
                    .failed, "the copy of the database is damaged (\(problem)), so the database may be",
                    remedy: "keep the older backups; look at the disk and at 'PRAGMA integrity_check'")
            }
            try sync(unfinished)
            guard rename(unfinished, target) == 0 else { throw failure("named", target) }
            try? sync(split(target).folder)
        } catch {
            unlink(unfinished)
            throw error
        }
    }

    /// What is wrong with a database file; nil when nothing is.
    package static func problem(in path: String) -> String? {
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let database = try DatabaseQueue(path: path, configuration: configuration)
            return try database.read { database in
                guard try Int.fetchOne(database, sql: "PRAGMA application_id") == Schema.applicationID else {
                    return "it is no database of sweep's"
                }
                let found = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
                return found == "ok" ? nil : found ?? "quick_check says nothing"
            }
        } catch {
            return (error as? DatabaseError)?.message ?? "\(error)"
        }
    }

    /// Puts a backup in the database's place. What stood there is kept beside it, under a name with `damaged` in it.
    /// The caller holds the home's lock: no controller runs.
    ///
    /// - Parameter backup: nil: the newest good one.
    /// - Returns: the backup that was taken, and where the old database is now.
    package static func restore(
        _ database: String, from backup: String?, time: Timestamp
    ) throws(SweepError) -> (backup: String, kept: String?) {
        let source: String
        if let backup { source = backup } else { source = try newestGood(database) }
        if let problem = problem(in: source) {
            throw SweepError(
                .failed, "\(source) is no good backup (\(problem))",
                remedy: "give another one: ls \(database).*\(suffix)")
        }
        let fresh = database + restoring
        do {
            if FileManager.default.fileExists(atPath: fresh) { try FileManager.default.removeItem(atPath: fresh) }
            try FileManager.default.copyItem(atPath: source, toPath: fresh)
            chmod(fresh, 0o600)
            try sync(fresh)
        } catch let error as SweepError {
            throw error
        } catch {
            throw SweepError(.failed, "\(source) cannot be copied: \(error)", remedy: "free space for a copy of it")
        }
        var kept: String?
        if FileManager.default.fileExists(atPath: database) {
            let name = "\(database).damaged-\(time.milliseconds / 1000)"
            // The log goes along: without it the old file is not what it was.
            for part in ["-wal", "-shm", ""] where rename(database + part, name + part) != 0 && errno != ENOENT {
                throw failure("moved away", database + part)
            }
            kept = name
        }
        guard rename(fresh, database) == 0 else { throw failure("named", database) }
        try? sync(split(database).folder)
        return (source, kept)
    }

    /// A restore that was cut short between its two renames is finished here: without this the next start would begin with
    /// an empty record.
    static func finishRestore(_ database: String) {
        guard !FileManager.default.fileExists(atPath: database), problem(in: database + restoring) == nil else {
            return
        }
        rename(database + restoring, database)
    }

    private static let restoring = ".restoring"

    private static func newestGood(_ database: String) throws(SweepError) -> String {
        let all = backups(of: database)
        guard let best = all.first(where: { problem(in: $0.path) == nil }) else {
            throw SweepError(
                .notFound,
                all.isEmpty ? "there is no backup beside \(database)" : "none of the \(all.count) backups is good",
                remedy: "make one while all is well: sweep backup")
        }
        return best.path
    }

    private static func sync(_ path: String) throws(SweepError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0, fsync(file) == 0 else {
            if file >= 0 { close(file) }
            throw failure("synced", path)
        }
        close(file)
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        return (slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private static func failure(_ verb: String, _ path: String) -> SweepError {
        SweepError(
            errno == ENOSPC ? .tryAgain : .failed, "\(path) cannot be \(verb): \(String(cString: strerror(errno)))",
            remedy: "look at its folder and the free space there")
    }
}
