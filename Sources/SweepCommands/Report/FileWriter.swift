import Glibc
import SweepModel

/// Files that a command makes for a person.
enum FileWriter {
    /// Replaces `path` at once, so that nobody ever sees half of it.
    static func write(_ text: String, to path: String) throws(SweepError) {
        let bytes = Array(text.utf8)
        let made = path + ".\(getpid()).part"
        let descriptor = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(path) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let error = failure(path)
                close(descriptor)
                unlink(made)
                throw error
            }
            written += count
        }
        close(descriptor)
        guard rename(made, path) == 0 else {
            let error = failure(path)
            unlink(made)
            throw error
        }
    }

    private static func failure(_ path: String) -> SweepError {
        SweepError(.failed, "'\(DisplayText.escape(path))' cannot be written: \(String(cString: strerror(errno)))")
    }
}
