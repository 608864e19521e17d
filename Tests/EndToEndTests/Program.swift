import FoundationEssentials
import Glibc
import Synchronization
import Testing

/// One of the built programs, started as a person would start it, with its output in files.
final class Program: Sendable {
    let pid: pid_t
    let outputFile: String
    let errorFile: String
    private let status = Mutex<Int32?>(nil)

    /// Where `swift build` put the programs: beside the test bundle.
    static let folder: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }()

    /// Starts `name` (a program of this package, or a path) in a session of its own.
    init(_ name: String, _ arguments: [String], environment: [String: String], directory: String, files: String) throws
    {
        let path = name.hasPrefix("/") ? name : Self.folder + "/" + name
        outputFile = files + ".out"
        errorFile = files + ".err"
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // POSIX_SPAWN_SETSID, which Glibc's module does not show.
        posix_spawnattr_setflags(&attributes, 0x80)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // `env` changes the directory and becomes the program.
        let command = ["/usr/bin/env", "-C", directory, path] + arguments
        var argv = command.map { strdup($0) }
        var envp = environment.map { strdup("\($0.key)=\($0.value)") }
        argv.append(nil)
        envp.append(nil)
        defer { for pointer in argv + envp { free(pointer) } }
        var child: pid_t = 0
        let result = posix_spawn(&child, command[0], &actions, &attributes, argv, envp)
        guard result == 0 else { throw Failure("cannot start \(path): \(String(cString: strerror(result)))") }
        pid = child
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    var output: String { Self.text(outputFile) }
    var error: String { Self.text(errorFile) }

    static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// The exit code, or minus the signal; nil while it runs.
    var exit: Int32? {
        status.withLock { status in
            if status == nil {
                var raw: Int32 = 0
                if waitpid(pid, &raw, WNOHANG) == pid {
                    status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
                }
            }
            return status
        }
    }

    func signal(_ number: Int32) { if exit == nil { kill(pid, number) } }

    /// Waits for the end; nil after `seconds`.
    @discardableResult
    func wait(_ seconds: Double = 60) async throws -> Int32? {
        try await poll(seconds) { self.exit != nil }
        return exit
    }
}

/// Waits until `condition` holds; false after `seconds`.
@discardableResult
func poll(_ seconds: Double = 60, _ condition: () throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return try condition()
}
