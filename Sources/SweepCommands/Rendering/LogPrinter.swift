import SweepModel
import SweepWire

/// What of a trial's output is shown, and how.
struct LogPrinter {
    /// Which of the two streams.
    enum Streams: Hashable {
        case both
        case output
        case errors
    }

    private let session: Session
    private let streams: Streams
    private let showsTimes: Bool
    /// Before each line.
    private let prefix: String
    private var filter: LineFilter?
    private var text = LogText()
    private var attempt: Int?
    private var isInLine = false
    private var lastTime: Timestamp?

    init(_ session: Session, streams: Streams, showsTimes: Bool, prefix: String = "", filter: LineFilter?) {
        self.session = session
        self.streams = streams
        self.showsTimes = showsTimes
        self.prefix = prefix
        self.filter = filter
    }

    mutating func show(_ piece: LogPiece) throws(SweepError) {
        if streams != .both || showsTimes, piece.isError == nil, !piece.bytes.isEmpty {
            throw SweepError(
                .usage, "this controller does not tell output and errors apart",
                remedy: "it is of an older version: restart it with this one ('sweep controller stop')")
        }
        if let attempt, attempt != piece.attempt { session.say("--- \(prefix)attempt \(piece.attempt) ---") }
        attempt = piece.attempt
        if let skipped = piece.skipped, skipped > 0 {
            session.say("--- \(prefix)\(ValueText.bytes(skipped)) left out ---")
        }
        guard streams == .both || (streams == .errors) == (piece.isError == true) else { return }
        write(filter?.take(piece.bytes) ?? piece.bytes, piece.time)
        lastTime = piece.time
    }

    /// There is no more of it.
    mutating func finish() {
        if let rest = filter?.finish() { write(rest, lastTime) }
        if session.output.terminal != nil, text.endsInLine { session.output.write("\n") }
    }

    private mutating func write(_ bytes: [UInt8], _ time: Timestamp?) {
        let lines = showsTimes || !prefix.isEmpty ? begun(bytes, time) : bytes
        session.output.write(session.output.terminal == nil ? lines : text.readable(lines))
    }

    /// With what stands before each line that begins in `bytes`.
    private mutating func begun(_ bytes: [UInt8], _ time: Timestamp?) -> [UInt8] {
        let head = Array((prefix + (showsTimes ? (time.map(TimeText.iso) ?? "?") + "  " : "")).utf8)
        var result: [UInt8] = []
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if !result.isEmpty || line.startIndex > 0 { result.append(0x0A) }
            if line.startIndex > 0 { isInLine = false }
            if line.isEmpty, line.endIndex == bytes.endIndex { break }
            if !isInLine { result += head }
            result += line
            isInLine = true
        }
        return result
    }
}
