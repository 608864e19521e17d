import Glibc
package import SweepModel

/// Files by system call: what Foundation would need 60 MB for. Every path is the agent's own; errors name it.
package enum DiskFile {
    /// The whole file, or its first `limit` bytes; nil when it cannot be read.
    package static func read(_ path: String, limit: Int = 64 << 20) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return read(file, offset: 0, limit: limit)
    }

    /// Up to `limit` bytes of an open file from `offset`; nil on an error.
    package static func read(_ file: Int32, offset: Int, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let have = bytes.count
            let wanted = min(limit - have, 1 << 18)
            var got = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
                got = pread(file, buffer.baseAddress, wanted, off_t(offset + have))
                count = max(got, 0)
            }
            if got < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if got == 0 { break }
            if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
        }
        return bytes
    }

    /// Creates or replaces a file. It survives a crash of this process, not one of the machine.
    package static func write(_ path: String, _ bytes: [UInt8]) throws(SweepError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("create", path) }
        defer { close(file) }
        guard append(file, bytes) else { throw failure("write", path) }
    }

    /// The same in place of what a file holds, whose blocks are used again. A file that has another name too, or is no file,
    /// gives way to a new one.
    package static func overwrite(_ path: String, _ bytes: [UInt8]) throws(SweepError) {
        var file = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        var status = stat()
        if file < 0 || fstat(file, &status) != 0 || status.st_mode & S_IFMT != S_IFREG || status.st_nlink != 1 {
            if file >= 0 { close(file) }
            if unlink(path) != 0 { rmdir(path) }
            file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            status.st_size = 0
        }
        guard file >= 0 else { throw failure("create", path) }
        defer { close(file) }
        guard append(file, bytes), status.st_size <= bytes.count || ftruncate(file, off_t(bytes.count)) == 0 else {
            throw failure("write", path)
        }
    }

    /// Replaces a file so that a crash of this process leaves either the old one or the new one; also one of the machine,
    /// where it is worth a sync.
    package static func replace(_ path: String, _ bytes: [UInt8], synced: Bool = true) throws(SweepError) {
        let aside = path + ".new"
        let file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("create", aside) }
        defer { close(file) }
        guard append(file, bytes), !synced || fsync(file) == 0 else { throw failure("write", aside) }
        guard rename(aside, path) == 0 else { throw failure("rename", aside) }
    }

    /// Writes all of `bytes` at the file's position; false on an error (`errno` tells which).
    package static func append(_ file: Int32, _ bytes: [UInt8]) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(file, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    /// The folder, and the folders above it where they are missing. One that is there is fine.
    package static func makeFolder(_ path: String) throws(SweepError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw failure("create", path)
        }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("create", path) }
    }

    /// A folder itself, not a link to one.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The names in a folder, without `.` and `..`; empty when it cannot be read.
    package static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    package static func size(_ file: Int32) -> Int {
        var status = stat()
        return fstat(file, &status) == 0 ? Int(status.st_size) : 0
    }

    private static func failure(_ verb: String, _ path: String) -> SweepError {
        let reason = String(cString: strerror(errno))
        let remedy =
            errno == ENOSPC
            ? "free some space on the disk of \(path)" : "check the permissions, or set SWEEP_HOME to another folder"
        return SweepError(.failed, "cannot \(verb) \(path): \(reason)", remedy: remedy)
    }
}
