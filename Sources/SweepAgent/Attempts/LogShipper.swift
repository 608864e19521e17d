import FoundationEssentials
import Glibc
import SweepModel
import SweepWire

/// Ships an attempt's `output.log` piece by piece. The file is the truth; shipping is bounded (a window, a rate) and skips,
/// saying so, what a flooding trial prints faster. The trainer never notices.
///
/// Confined to the agent's actor.
struct LogShipper {
    static let window = 256 << 10
    static let piece = 32 << 10
    /// Further behind than this, the middle is skipped; so much of the end is kept.
    static let maximumLag = 8 << 20
    static let keptLag = 1 << 20
    /// Bytes a second, and in one go after a pause.
    static let rate = 1 << 20
    static let burst = 4 << 20

    private(set) var acknowledged = 0
    private(set) var sent = 0
    private var budget = Double(burst)
    private var lastTime: Instant?
    /// When the controller last took something, or the waiting began.
    private var progressed: Instant?
    /// Seconds without progress after which everything that was not taken is sent again (its disk was full).
    static let patience = 10.0

    /// Whether the controller has all of `size` bytes.
    func isDone(size: Int) -> Bool { acknowledged >= size }

    mutating func acknowledge(_ offset: Int) {
        guard offset > acknowledged else { return }
        acknowledged = min(offset, sent)
        progressed = nil
    }

    /// A new connection, on which the controller says what it has.
    mutating func rewind(to offset: Int, size: Int) {
        acknowledged = min(max(offset, 0), size)
        sent = acknowledged
    }

    /// Everything of `size` bytes is on its way.
    func isSent(size: Int) -> Bool { sent >= size }

    /// The next piece; nil when there is none, or the window or the rate is used up.
    ///
    /// - Parameters:
    ///   - size: of the file, as far as it is known.
    ///   - read: gives up to `limit` of its bytes from `offset`.
    mutating func next(
        _ attempt: AttemptID, size: Int, hasEnded: Bool, most: Int = piece, now: Instant,
        read: (_ offset: Int, _ limit: Int) -> [UInt8]?
    ) -> LogChunk? {
        if let lastTime { budget = min(Double(Self.burst), budget + now.seconds(since: lastTime) * Double(Self.rate)) }
        lastTime = now
        if sent > acknowledged {
            let since = progressed ?? now
            progressed = since
            if now.seconds(since: since) >= Self.patience { (sent, progressed) = (acknowledged, nil) }
        }
        guard sent < size, sent - acknowledged < Self.window, budget > 0 else { return nil }
        var skipped: Int?
        if size - sent > Self.maximumLag {
            skipped = size - Self.keptLag - sent
            sent = size - Self.keptLag
            acknowledged = max(acknowledged, sent)
        }
        guard var bytes = read(sent, min(most, size - sent)), !bytes.isEmpty else { return nil }
        // Between lines where there are some, never inside a character, which may be only half written yet.
        if bytes.count == most, let line = bytes.lastIndex(of: UInt8(ascii: "\n")) {
            bytes.removeSubrange((line + 1)...)
        } else if !hasEnded || bytes.count == most {
            bytes.removeLast(Self.unfinishedCharacter(bytes))
        }
        guard !bytes.isEmpty else { return nil }
        let offset = sent
        sent += bytes.count
        budget -= Double(bytes.count)
        if let text = String(validating: bytes, as: UTF8.self) {
            return LogChunk(attempt: attempt, offset: offset, text: text, skipped: skipped)
        }
        let base64 = Data(bytes).base64EncodedString()
        return LogChunk(attempt: attempt, offset: offset, text: nil, base64: base64, skipped: skipped)
    }

    /// Bytes at the end that begin a UTF-8 character which the rest of is not there.
    static func unfinishedCharacter(_ bytes: [UInt8]) -> Int {
        for back in 1...min(4, max(1, bytes.count)) where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return back < length ? back : 0
        }
        return 0
    }
}
