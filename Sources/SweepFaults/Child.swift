import Foundation
import Glibc
import SweepModel
import SweepWire
import Synchronization

/// Something that the suite could not do; no word on the programs that are tested.
struct RigError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A process of the suite's own, in a session of its own, its output in a file.
final class Child: Sendable {
    let pid: pid_t
    let outputFile: String
    private let status = Mutex<Int32?>(nil)

    init(_ argv: [String], environment: [String: String], directory: String, output: String) throws {
        outputFile = output
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
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let command = ["/usr/bin/env", "-C", directory] + argv
        var pointers = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in pointers + variables { free(pointer) } }
        var child: pid_t = 0
        let error = posix_spawn(&child, command[0], &actions, &attributes, &pointers, &variables)
        guard error == 0 else { throw RigError("cannot start \(argv[0]): \(String(cString: strerror(error)))") }
        pid = child
    }

    /// The exit code, or minus the signal; nil while it runs.
    var ending: Int32? {
        status.withLock { status in
            var raw: Int32 = 0
            if status == nil, waitpid(pid, &raw, WNOHANG) == pid {
                status = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
            }
            return status
        }
    }

    var isAlive: Bool { ending == nil }

    func send(_ signal: Int32) { if isAlive { kill(pid, signal) } }

    /// Killed and gone.
    func slay() {
        send(SIGCONT)
        send(SIGKILL)
        _ = wait(10)
    }

    @discardableResult
    func wait(_ seconds: Double) -> Int32? {
        poll(seconds, every: 0.005) { self.ending != nil }
        return ending
    }

    var text: String { Files.text(outputFile) }
}

/// Small files, whole.
enum Files {
    static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    static func write(_ path: String, _ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

    static func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Bytes on the disk of all that is below a folder.
    static func size(_ folder: String) -> Int {
        guard let all = FileManager.default.enumerator(atPath: folder) else { return 0 }
        var sum = 0
        for case let name as String in all {
            var status = stat()
            if lstat("\(folder)/\(name)", &status) == 0 { sum += Int(status.st_blocks) * 512 }
        }
        return sum
    }

    static func names(_ path: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
}

/// Waits until `condition` holds; false after `seconds`.
@discardableResult
func poll(_ seconds: Double, every pause: Double = 0.02, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = monotonic() + seconds
    while monotonic() < deadline {
        if try condition() { return true }
        nap(pause)
    }
    return try condition()
}

func nap(_ seconds: Double) { if seconds > 0 { usleep(UInt32(min(seconds, 4000) * 1e6)) } }

/// Seconds on the monotonic clock.
func monotonic() -> Double { Double(MachineClock.monotonic) / 1e9 }

/// The same seed gives the same faults.
struct Dice: RandomNumberGenerator, Sendable {
    private var stream: SplitMix64

    init(seed: UInt64) { stream = SplitMix64(seed: seed) }

    mutating func next() -> UInt64 { stream.next() }
    mutating func seconds(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self) }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}

/// A line for people, at once: others wait for it.
func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}
