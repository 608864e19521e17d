import Glibc
import SweepModel
import SweepWire

/// The controller's copy of an attempt's output, or of another file of its record, open for writing.
///
/// A byte stands at the same offset as in the agent's file: what was left out is a hole in the file (it takes no space),
/// and a line in `output.gaps` beside it. So a chunk that comes twice writes nothing, and the file's size is where the agent
/// goes on. Used by the log intake's thread alone.
final class AttemptLog {
    private let descriptor: Int32
    private let gapsPath: String
    private let maximum: Int
    /// Where the next byte is expected.
    private(set) var size: Int
    /// Bytes that take space.
    private var stored: Int

    static let output = "output.log"

    static func path(in folder: String, file: String = output) -> String { "\(folder)/\(file)" }
    static func gapsPath(in folder: String, file: String = output) -> String {
        file == output ? folder + "/output.gaps" : "\(folder)/\(file).gaps"
    }

    /// The size of the log in `folder`; 0 when there is none.
    static func size(in folder: String) -> Int {
        FileFacts(path(in: folder))?.size ?? 0
    }

    init(folder: String, file: String = output, maximum: Int) throws(SweepError) {
        try HomeFolder.make(folder)
        let path = Self.path(in: folder, file: file)
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, let facts = FileFacts(descriptor: descriptor) else { throw Self.failure("opened") }
        size = facts.size
        stored = min(size, facts.storedBytes)
        gapsPath = Self.gapsPath(in: folder, file: file)
        self.maximum = maximum
    }

    deinit { close(descriptor) }

    /// Takes `bytes` that stand at `offset` of the agent's file.
    func write(_ bytes: [UInt8], at offset: Int) throws(SweepError) {
        let end = offset + bytes.count
        guard end > size else { return }
        if offset > size { try skip(to: offset) }
        let fresh = bytes.dropFirst(size - offset)
        guard stored + fresh.count <= maximum else {
            try skip(to: end)
            return
        }
        var written = 0
        while written < fresh.count {
            let count = fresh.withUnsafeBytes { buffer in
                guard let base = buffer.baseAddress else { return 0 }
                return pwrite(descriptor, base + written, fresh.count - written, off_t(size + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("written") }
            written += count
        }
        size += written
        stored += written
    }

    /// Leaves out what lies before `offset`.
    func skip(to offset: Int) throws(SweepError) {
        guard offset > size else { return }
        // Noted first: a hole that nobody knows of would pass for what the trial has printed.
        try note(LogGap(offset: size, bytes: offset - size))
        guard ftruncate(descriptor, off_t(offset)) == 0 else { throw Self.failure("written") }
        size = offset
    }

    private func note(_ gap: LogGap) throws(SweepError) {
        let gaps = open(gapsPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard gaps >= 0 else { throw Self.failure("noted") }
        defer { close(gaps) }
        let end = FileFacts(descriptor: gaps)?.size ?? 0
        let line = Array("{\"offset\":\(gap.offset),\"bytes\":\(gap.bytes)}\n".utf8)
        guard Glibc.write(gaps, line, line.count) == line.count else {
            let problem = Self.failure("noted")
            // No half line before the next one.
            ftruncate(gaps, off_t(end))
            throw problem
        }
    }

    private static func failure(_ verb: String) -> SweepError {
        SweepError(
            isForWantOfRoom(errno) ? .tryAgain : .failed, "a log cannot be \(verb): \(systemError())",
            remedy: "free space")
    }
}

/// Bytes of an attempt's output that are not kept.
struct LogGap: Hashable, Codable {
    var offset: Int
    var bytes: Int
}
