import Glibc
import SweepAgent
import SweepModel
import SweepWire
import Testing

enum Sanitizer {
    /// The thread sanitizer's runtime is in this program.
    static let isOn = dlsym(nil, "__tsan_init") != nil
}

/// A folder of one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/sweep-agent-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkdtemp($0) != nil } ?? false }
        guard made else { throw SweepError(.failed, "no temporary folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        for name in DiskFile.names(in: path) { remove("\(path)/\(name)") }
        rmdir(path)
    }

    @discardableResult
    func write(_ name: String, _ text: String, executable: Bool = false) throws -> String {
        let file = "\(path)/\(name)"
        if let slash = file.lastIndex(of: "/") { try DiskFile.makeFolder(String(file[..<slash])) }
        try DiskFile.write(file, Array(text.utf8))
        if executable { chmod(file, 0o755) }
        return file
    }
}

func text(_ path: String) -> String? { DiskFile.read(path).map { String(decoding: $0, as: UTF8.self) } }

/// Polls until `value` gives something; fails the test after `seconds`.
func eventually<T>(
    within seconds: Double = 20, _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ value: () async throws -> T?
) async throws -> T {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
        if let found = try await value() { return found }
        try await Task.sleep(for: .milliseconds(5))
    }
    if let found = try await value() { return found }
    return try #require(nil as T?, "never happened: \(what)", sourceLocation: sourceLocation)
}

func isAlive(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

extension Assignment {
    static func example(
        _ command: [String], parameters: Parameters = [], attempt: Int = 1, slot: Int = 0, trial: Int = 1,
        program: String? = nil, workdir: String? = nil, createdIn: String? = nil, environment: [String: String] = [:],
        timeout: Double? = nil, earlierAttempts: [Int] = []
    ) -> Assignment {
        Assignment(
            slot: slot, attempt: AttemptID(TrialID(SweepID("abcd2345"), trial), attempt),
            launch: LaunchSpec(
                command: command, program: program, workdir: workdir, createdIn: createdIn, environment: environment,
                timeout: timeout),
            parameters: parameters, seed: 42, earlierAttempts: earlierAttempts)
    }
}
