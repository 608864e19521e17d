import Glibc
import SweepModel

/// Where an export goes: a file, made beside and renamed once it is whole, or standard output.
final class ExportFile {
    private let path: String?
    private let descriptor: Int32
    private let session: Session
    private var isClosed = false

    /// - Parameter path: nil, or `-`: standard output.
    init(_ path: String?, _ session: Session) throws(SweepError) {
        self.session = session
        guard let path, path != "-" else {
            self.path = nil
            descriptor = -1
            return
        }
        let whole = session.path(path)
        self.path = whole
        descriptor = open(whole + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(whole) }
    }

    deinit {
        guard !isClosed, descriptor >= 0, let path else { return }
        Glibc.close(descriptor)
        unlink(path + ".part")
    }

    func write(_ bytes: [UInt8]) throws(SweepError) {
        guard let path else {
            session.output.write(bytes)
            return
        }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count > 0 { written += count } else if errno != EINTR { throw Self.failure(path) }
        }
    }

    func close() throws(SweepError) {
        guard let path else { return }
        isClosed = true
        guard Glibc.close(descriptor) == 0, rename(path + ".part", path) == 0 else {
            unlink(path + ".part")
            throw Self.failure(path)
        }
        session.say("wrote \(path)")
    }

    private static func failure(_ path: String) -> SweepError {
        SweepError(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}

extension Session {
    /// A path that a person typed, absolute.
    func path(_ text: String) -> String { text.hasPrefix("/") ? text : "\(directory)/\(text)" }
}

/// The points of an export in JSON lines.
struct PointLines {
    struct Point {
        var metric: String
        var step: Int?
        /// Seconds since 1970.
        var time: Double
        /// NaN where JSON has no number for it.
        var value: Double
    }

    /// Only this metric; nil: all.
    let metric: String?
    private(set) var byTrial: [Int: [Point]] = [:]
    private var rest: [UInt8] = []

    init(metric: String?) { self.metric = metric }

    mutating func add(_ piece: [UInt8]) {
        rest += piece
        guard let end = rest.lastIndex(of: 0x0A) else { return }
        for line in rest[..<end].split(separator: 0x0A) {
            guard let value = try? JSONParser.parse(Array(line)), case .int(let number)? = value["number"],
                let name = value["metric"]?.string, metric == nil || metric == name
            else { continue }
            var point = Point(metric: name, time: value["time"]?.number ?? 0, value: value["value"]?.number ?? .nan)
            if case .int(let step)? = value["step"] { point.step = step }
            byTrial[number, default: []].append(point)
        }
        rest.removeSubrange(...end)
    }

    mutating func take() -> [Point] {
        defer { byTrial = [:] }
        return byTrial.sorted { $0.key < $1.key }.flatMap(\.value)
    }
}
