import Glibc
import SweepModel
import SweepRecord
import SweepWire

/// Where the bytes of an attempt's output come from, and when they were printed: what `output.errors` and `output.times` say.
struct LogOrigins {
    /// Bytes of either file that are read; a trial that has more is not told apart further on.
    private static let maximumSize = 20 << 20

    private var errors = ErrorRuns()
    private var times: [(end: Int, time: Timestamp)] = []

    init(folder: String) {
        errors.take(Self.bytes(AttemptLog.path(in: folder, file: RecordFileName.outputErrors)))
        let lines = Self.bytes(AttemptLog.path(in: folder, file: RecordFileName.outputTimes))
        for line in lines.split(separator: 0x0A) {
            guard case .list(let items)? = try? JSONParser.parse(Array(line)), items.count >= 2,
                case .int(let end) = items[0], case .int(let milliseconds) = items[1], end > known
            else { continue }
            times.append((end, Timestamp(milliseconds: Int64(milliseconds))))
        }
    }

    /// Up to where it is known: what says more of these bytes has come.
    var known: Int { times.last?.end ?? 0 }

    /// What is known of the byte at `offset`, where something else begins, and whether that is of the other stream.
    func stretch(at offset: Int) -> (isError: Bool, time: Timestamp?, end: Int, isSwitch: Bool) {
        let (isError, end) = errors.stretch(at: offset)
        let index = times.firstIndexOfLast { $0.end > offset }
        guard index < times.count else { return (isError, times.last?.time, end, true) }
        return (isError, times[index].time, min(end, times[index].end), end <= times[index].end)
    }

    private static func bytes(_ path: String) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        let size = min(maximumSize, FileFacts(descriptor: file)?.size ?? 0)
        guard size > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            filled = max(0, pread(file, buffer.baseAddress, size, 0))
        }
    }
}
