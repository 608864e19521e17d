import Glibc
import SweepModel

/// One controller a home: `controller.lock` is locked for as long as the process lives, and holds its pid.
///
/// The kernel lets go of the lock when the process ends, however it ends, so a stale file locks nobody out. The file
/// itself is never removed: removing it would let two processes lock two files of the same name.
final class ControllerLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `.conflict` with the pid of the controller that holds it.
    init(path: String) throws(SweepError) {
        // Assigned last: an initializer that throws after it would run `deinit`, and close twice.
        descriptor = try Self.lock(path)
    }

    private static func lock(_ path: String) throws(SweepError) -> Int32 {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SweepError(
                .denied, "\(path) cannot be opened: \(systemError())", remedy: "look at its owner and mode")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let pid = holder(descriptor)
            close(descriptor)
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            throw SweepError(
                .conflict, "a controller runs in /\(folder) already\(pid.map { " (pid \($0))" } ?? "")",
                remedy: "use it, or end it with 'sweep controller stop'; another one needs another SWEEP_HOME")
        }
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            let reason = systemError()
            close(descriptor)
            throw SweepError(.failed, "\(path) cannot be written: \(reason)", remedy: "free space there")
        }
        return descriptor
    }

    deinit { close(descriptor) }

    private static func holder(_ descriptor: Int32) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}

/// The last system call's error, in words.
func systemError(_ number: Int32 = errno) -> String { String(cString: strerror(number)) }

/// Whether the same may go well later, once there is space, or fewer files are open.
func isForWantOfRoom(_ number: Int32) -> Bool { [ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM].contains(number) }
