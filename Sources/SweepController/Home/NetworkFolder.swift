import FoundationEssentials
import Glibc
import SweepModel

/// Whether a folder lies on a file server. SQLite's WAL needs memory that all processes of the database share and locks
/// that work, and a file server gives neither (sqlite.org/wal.html §1, sqlite.org/howtocorrupt.html §2.1).
enum NetworkFolder {
    /// File systems as /proc/self/mountinfo names them (proc(5)).
    private static let servers = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "lustre", "fuse.sshfs", "ncpfs"]

    /// - Throws: when the home is on a file server.
    static func refuse(_ path: String) throws(SweepError) {
        guard let resolved = realpath(path, nil) else { return }
        defer { free(resolved) }
        let mounts = FileManager.default.contents(atPath: "/proc/self/mountinfo") ?? Data()
        try refuse(String(cString: resolved), mounts: String(decoding: mounts, as: UTF8.self))
    }

    /// - Parameter mounts: what /proc/self/mountinfo holds.
    static func refuse(_ path: String, mounts: String) throws(SweepError) {
        guard let type = type(of: path, mounts), servers.contains(type) else { return }
        throw SweepError(
            .denied,
            "\(path) is on a file server (\(type)), and the record's database is not safe there: its locks and its shared "
                + "memory do not work over a network, and a controller on another machine could write to it at the same time",
            remedy: "set SWEEP_HOME to a folder on a local disk; agents may run anywhere and need no shared folder")
    }

    /// The type of the innermost mount that the path is in; of two at one place the later one hides the other.
    private static func type(of path: String, _ mounts: String) -> String? {
        var found: (point: String, type: String)?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            // A space in a name stands there as \040.
            let point = fields[4].replacing("\\040", with: " ")
            guard path == point || point == "/" || path.hasPrefix(point + "/") else { continue }
            if point.utf8.count >= found?.point.utf8.count ?? 0 { found = (String(point), String(fields[dash + 1])) }
        }
        return found?.type
    }
}
