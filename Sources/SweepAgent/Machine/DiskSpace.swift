import Glibc

/// Free space on the disk of a folder.
enum DiskSpace {
    /// Bytes below which a disk counts as full: a trial's folder and its spool need some, and a script much more.
    static let minimum = 1 << 20

    /// Bytes that this process may still write; nil when the folder is not there.
    static func free(_ path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    static func isFull(_ path: String) -> Bool { free(path).map { $0 < minimum } ?? false }
}
