import Glibc
package import SweepModel

/// Small files that hold a secret: mode 0600 from the first byte on, and whole or not there.
package enum PrivateFile {
    /// No file of ours that holds a secret is longer.
    package static let maximumSize = 1 << 20

    /// - Throws: without the contents in its words.
    package static func write(_ bytes: [UInt8], to path: String) throws(SweepError) {
        let aside = "\(path).\(getpid()).part"
        unlink(aside)
        // Exclusive: nobody's file or link of that name is written to.
        let file = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure(aside) }
        var offset = 0
        var isWritten = true
        while isWritten, offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            isWritten = count > 0
            offset += max(0, count)
        }
        isWritten = isWritten && fsync(file) == 0
        let problem = isWritten ? nil : failure(aside)
        close(file)
        if problem == nil, rename(aside, path) == 0 { return }
        let error = problem ?? failure(path)
        unlink(aside)
        throw error
    }

    /// nil where there is none, or it must not be read.
    package static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return read(file)
    }

    /// Everything until the end of an open file; nil on an error, or when it is longer than `maximumSize`.
    package static func read(_ file: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= maximumSize {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return bytes }
            bytes += buffer.prefix(count)
        }
        return nil
    }

    /// The first line of a small file, such as a token's; nil where there is none.
    package static func line(_ path: String) -> String? {
        let line = read(path)?.prefix { $0 != 0x0A && $0 != 0x0D } ?? []
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    private static func failure(_ path: String) -> SweepError {
        let reason = String(cString: strerror(errno))
        return SweepError(.failed, "\(path) cannot be written: \(reason)", remedy: "look at its folder and free space")
    }
}
