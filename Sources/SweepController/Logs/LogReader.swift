import FoundationEssentials
import Glibc
import SweepDashboard
import SweepModel
import SweepWire

/// Reads an attempt's log in pieces that fit a line of the wire. Blocks its thread.
struct LogReader {
    /// Bytes of a piece: as JSON text a byte may become six, and a line has 1 MiB.
    static let pieceSize = 128 << 10
    /// How far back `tail` looks.
    static let tailReach = 16 << 20

    let attempt: Int
    private let path: String
    private let gaps: [LogGap]
    /// nil: pieces need not say what they are.
    private let origins: LogOrigins?
    /// The next byte.
    private(set) var offset = 0

    /// - Parameters:
    ///   - file: another file of the attempt's record.
    ///   - apart: each piece is either output or errors, and says when it was printed.
    init(attempt: AttemptID, home: SweepHome, file: String = AttemptLog.output, apart: Bool = false) {
        self.attempt = attempt.number
        let folder = home.runFolder(attempt)
        path = AttemptLog.path(in: folder, file: file)
        gaps = Self.gaps(AttemptLog.gapsPath(in: folder, file: file))
        origins = apart ? LogOrigins(folder: folder) : nil
    }

    /// At an offset that was read before, with the gaps as they are now.
    func again(home: SweepHome, _ attempt: AttemptID) -> LogReader {
        var reader = LogReader(attempt: attempt, home: home, apart: origins != nil)
        reader.offset = offset
        return reader
    }

    /// Begins `lines` lines before the end.
    mutating func seek(tail lines: Int) {
        guard lines > 0 else {
            offset = size
            return
        }
        let end = size
        var begin = end
        var found = 0
        while begin > 0, end - begin < Self.tailReach {
            let from = max(0, begin - 64 << 10)
            let bytes = read(from: from, count: begin - from)
            guard bytes.count == begin - from else { break }
            for index in bytes.indices.reversed() where bytes[index] == UInt8(ascii: "\n") {
                // The line feed at the very end ends the last line; it begins none.
                if from + index + 1 == end { continue }
                found += 1
                if found == lines {
                    offset = from + index + 1
                    return
                }
            }
            begin = from
        }
        offset = begin
    }

    /// Goes on at `place`, which an earlier reader of this log had.
    mutating func seek(offset place: Int) { offset = max(0, min(place, size)) }

    /// The next piece as text, and where it stands; bytes that are no UTF-8 become U+FFFD.
    mutating func slice() -> LogSlice {
        let start = offset
        let piece = next(isGrowing: true)
        var text = piece?.text ?? ""
        if let base64 = piece?.base64, let data = Data(base64Encoded: base64) {
            text = String(decoding: data, as: UTF8.self)
        }
        if let skipped = piece?.skipped { text = "[\(skipped) bytes of the output were not kept]\n" + text }
        return LogSlice(text: text, start: start, next: offset, hasMore: offset < size && piece != nil)
    }

    /// The next piece; nil when there is no more for now.
    ///
    /// - Parameter isGrowing: more may come, so that a character of which only the beginning is there is waited for.
    mutating func next(isGrowing: Bool = false) -> LogPiece? {
        var skipped = 0
        while let gap = gaps.first(where: { $0.offset <= offset && offset < $0.offset + $0.bytes }) {
            skipped += gap.offset + gap.bytes - offset
            offset = gap.offset + gap.bytes
        }
        var limit = gaps.lazy.map(\.offset).filter { [offset] in $0 > offset }.min() ?? .max
        let stretch = origins?.stretch(at: offset)
        if let origins, let stretch { limit = min(limit, stretch.end, isGrowing ? origins.known : .max) }
        var bytes = read(from: offset, count: min(Self.pieceSize, limit - offset))
        guard !bytes.isEmpty || skipped > 0 else { return nil }
        let skip = skipped > 0 ? skipped : nil
        // A character may be cut in two where the piece, or what is there so far, ends.
        let whole = Self.wholeCharacters(bytes)
        // Nothing of it follows where the other stream begins, or where a piece is too small to hold it.
        let isCut = stretch.map { offset + bytes.count == $0.end && ($0.isSwitch || whole == 0) } ?? false
        if !isCut, whole > 0 || isGrowing { bytes.removeLast(bytes.count - whole) }
        guard !bytes.isEmpty || skipped > 0 else { return nil }
        offset += bytes.count
        let text = String(validating: bytes, as: UTF8.self)
        var piece = LogPiece(
            attempt: attempt, text: text, base64: text == nil ? Data(bytes).base64EncodedString() : nil, skipped: skip)
        piece.isError = stretch?.isError
        piece.time = stretch?.time
        return piece
    }

    /// How many of `bytes` to take so that no UTF-8 sequence is cut at the end.
    private static func wholeCharacters(_ bytes: [UInt8]) -> Int {
        for back in 1...4 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte < 0x80 || byte > 0xF4 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            return length > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }

    /// Of the file, in bytes; 0: there is none.
    var size: Int {
        FileFacts(path)?.size ?? 0
    }

    /// What stands there; a gap is zeros.
    func read(from offset: Int, count: Int) -> [UInt8] {
        guard count > 0 else { return [] }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = max(0, pread(descriptor, buffer.baseAddress, count, off_t(offset)))
        }
    }

    private static func gaps(_ path: String) -> [LogGap] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return data.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let gap = try? JSONCoding.decode(LogGap.self, from: Array(line)), gap.offset >= 0, gap.bytes > 0,
                !gap.offset.addingReportingOverflow(gap.bytes).overflow
            else { return nil }
            return gap
        }
    }
}
