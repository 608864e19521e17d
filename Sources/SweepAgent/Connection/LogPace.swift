import DequeModule
import SweepModel
import SweepWire

/// How many bytes of logs and record files may be on their way at once, all trials together: so few that what comes behind them on a slow
/// connection, heartbeats above all, is there in about a second.
struct LogPace {
    static let least = 4 << 10
    static let most = 8 << 20
    /// Seconds from sending to acknowledgement: more is too slow, less leaves room.
    static let slow = 1.0
    static let quick = 0.25

    /// Begins low: two seconds of a very slow connection, and a quick one has more after a few acknowledgements.
    private(set) var allowed = 16 << 10
    private(set) var inFlight = 0
    private var sent: Deque<Piece> = []

    private struct Piece {
        var attempt: AttemptID
        /// nil: the output.
        var file: String?
        var end: Int
        var bytes: Int
        var at: Instant
    }

    /// No single piece may fill a slow connection for long.
    var piece: Int { min(LogShipper.piece, max(Self.least, allowed / 2)) }
    /// Of what comes in large pieces.
    var largePiece: Int { min(BlobChunk.maximumSize, max(Self.least, allowed / 4)) }
    var hasRoom: Bool { inFlight < allowed }

    mutating func sent(_ attempt: AttemptID, file: String? = nil, to end: Int, bytes: Int, now: Instant) {
        sent.append(Piece(attempt: attempt, file: file, end: end, bytes: bytes, at: now))
        inFlight += bytes
    }

    /// The controller has this attempt's output, or that file, up to `offset`.
    mutating func acknowledged(_ attempt: AttemptID, file: String? = nil, to offset: Int, now: Instant) {
        func isTaken(_ one: Piece) -> Bool { one.attempt == attempt && one.file == file && one.end <= offset }
        guard let index = sent.firstIndex(where: isTaken) else { return }
        let seconds = now.seconds(since: sent[index].at)
        if seconds > Self.slow { allowed = max(Self.least, allowed / 2) }
        if seconds < Self.quick { allowed = min(Self.most, allowed * 2) }
        sent.removeAll { one in
            guard isTaken(one) else { return false }
            inFlight -= one.bytes
            return true
        }
    }

    /// What nobody acknowledges any more: a trial that was forgotten, or a connection that has ended.
    mutating func forget(_ attempt: AttemptID? = nil) {
        sent.removeAll { one in
            guard attempt == nil || one.attempt == attempt else { return false }
            inFlight -= one.bytes
            return true
        }
    }

    /// What was not taken for so long counts no more: the controller's disk was full, and it comes again.
    mutating func expire(now: Instant) {
        while let first = sent.first, now.seconds(since: first.at) > LogShipper.patience {
            inFlight -= first.bytes
            allowed = max(Self.least, allowed / 2)
            sent.removeFirst()
        }
    }
}
