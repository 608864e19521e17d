import Glibc
import SweepModel
import SweepWire
import Synchronization

/// Starts programs that go on without this one: the controller, and the agent of `sweep run`. Only this command waits for
/// them, and only to learn that they ended. And those that have this command's terminal, until they end.
final class ChildProcess: Sendable {
    enum Place: Sendable {
        /// In a session of its own: no terminal's Ctrl-C or hang-up reaches it.
        case newSession
        /// In a process group of its own: the terminal's Ctrl-C does not reach it.
        case newGroup
    }

    enum Ending: Hashable, Sendable {
        case exit(Int)
        case signal(Int)

        /// As waitpid(2) tells it.
        fileprivate init(_ status: Int32) {
            let signal = status & 0x7F
            self = signal == 0 ? .exit(Int(status >> 8 & 0xFF)) : .signal(Int(signal))
        }

        var text: String {
            switch self {
            case .exit(let code): "exit code \(code)"
            case .signal(let number): "signal \(number)"
            }
        }
    }

    let pid: pid_t
    /// Known once it has been waited for: from then on its pid may be another process's.
    private let ended = Mutex<Ending?>(nil)

    /// `POSIX_SPAWN_SETSID`, which glibc's header shows to GNU sources only.
    private static let setSession: Int32 = 0x80

    /// - Parameters:
    ///   - program: an absolute path.
    ///   - log: the file to which standard output and error are appended; standard input is `/dev/null`.
    /// - Throws: when it cannot be started, with the reason.
    init(
        _ program: String, _ arguments: [String], environment: [String: String], log: String, place: Place
    ) throws(SweepError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        Self.keepDescriptorsBack()

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigfillset(&defaults)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        let own = place == .newSession ? Self.setSession : POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(
            &attributes, Int16(truncatingIfNeeded: own | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var child: pid_t = 0
        let failure = Self.withCStrings([program] + arguments) { argv in
            Self.withCStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) { envp in
                posix_spawn(&child, program, &actions, &attributes, argv, envp)
            }
        }
        guard failure == 0 else {
            throw SweepError(.failed, "\(program) cannot be started: \(String(cString: strerror(failure)))")
        }
        pid = child
    }

    /// How it ended; nil while it runs.
    func ending() -> Ending? {
        ended.withLock { ended in
            if let ended { return ended }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            ended = Ending(status)
            return ended
        }
    }

    /// Runs a program with this command's terminal, environment and signals, and waits until it ends.
    static func inForeground(_ program: String, _ arguments: [String]) throws(SweepError) -> Ending {
        var child: pid_t = 0
        let failure = withCStrings([program] + arguments) { posix_spawn(&child, program, nil, nil, $0, environ) }
        guard failure == 0 else {
            throw SweepError(.failed, "\(program) cannot be started: \(String(cString: strerror(failure)))")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw SweepError(.failed, "\(program): \(String(cString: strerror(errno)))") }
        }
        return Ending(status)
    }

    func send(_ signal: Int32) {
        ended.withLock { ended in
            if ended == nil { kill(pid, signal) }
        }
    }

    /// Nothing but the standard descriptors is handed on: a pipe that a daemon holds open would keep its reader waiting for
    /// ever.
    private static func keepDescriptorsBack() {
        guard let folder = opendir("/proc/self/fd") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let descriptor = Int32(name), descriptor > 2 else { continue }
            let flags = fcntl(descriptor, F_GETFD)
            if flags >= 0 { _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) }
        }
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}

/// The end of a log file.
enum LogTail {
    /// Its last lines, at most `lines` of them, from its last 64 KiB.
    static func read(_ path: String, lines: Int, from start: Int = 0) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = pread(descriptor, &buffer, buffer.count, off_t(max(start, size - buffer.count)))
        guard count > 0 else { return [] }
        return String(decoding: buffer.prefix(count), as: UTF8.self).split(whereSeparator: \.isNewline)
            .suffix(lines).map { DisplayText.escape(String($0)) }
    }

    /// Bytes of a file; 0 when there is none.
    static func size(_ path: String) -> Int { FileFacts(path)?.size ?? 0 }
}
