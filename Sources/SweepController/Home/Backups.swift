import Glibc
package import SweepModel
import SweepStore
package import SweepWire

/// Copies of a home's record, for the commands that make and restore them.
package enum Backups {
    package struct Made: Hashable, Sendable {
        package var path: String
        /// Bytes.
        package var size: Int
    }

    /// A checked copy; a running controller goes on meanwhile.
    package static func make(_ home: SweepHome, to target: String?, now: Timestamp) throws(SweepError) -> Made {
        let backup = try DatabaseFiles.backUp(home.database, to: target, time: now)
        return Made(path: backup.path, size: backup.size)
    }

    /// The backups beside the home's database, newest first, each with what is wrong with it.
    package static func all(_ home: SweepHome) -> [(path: String, size: Int, time: Timestamp, problem: String?)] {
        DatabaseFiles.backups(of: home.database).map {
            ($0.path, $0.size, $0.time, DatabaseFiles.problem(in: $0.path))
        }
    }

    /// - Throws: when a controller runs in the home, or there is no good backup.
    package static func restore(
        _ home: SweepHome, from backup: String?, now: Timestamp
    ) throws(SweepError) -> (backup: String, kept: String?) {
        let lock = try ControllerLock(path: home.lockFile)
        defer { withExtendedLifetime(lock) {} }
        return try DatabaseFiles.restore(home.database, from: backup, time: now)
    }
}
