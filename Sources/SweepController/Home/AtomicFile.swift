import Glibc
import SweepModel

/// Files that must be whole or not there: written aside, synced, renamed.
enum AtomicFile {
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(SweepError) {
        let temporary = "\(path).\(getpid()).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(temporary) }
        // The mode of a file that was there already stays otherwise.
        var isWritten = fchmod(descriptor, mode) == 0
        var offset = 0
        while isWritten, offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + offset, bytes.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            isWritten = count > 0
            offset += max(0, count)
        }
        isWritten = isWritten && fsync(descriptor) == 0
        let problem = isWritten ? nil : failure(temporary)
        close(descriptor)
        if let problem {
            unlink(temporary)
            throw problem
        }
        guard rename(temporary, path) == 0 else {
            let problem = failure(path)
            unlink(temporary)
            throw problem
        }
        syncFolder(of: path)
    }

    /// The name in a folder is durable only once the folder is.
    private static func syncFolder(of path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        let descriptor = open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func failure(_ path: String) -> SweepError {
        SweepError(.failed, "\(path) cannot be written: \(systemError())", remedy: "look at its folder and free space")
    }
}
