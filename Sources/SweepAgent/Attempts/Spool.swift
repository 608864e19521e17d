import DequeModule
import Glibc

/// The numbered messages of one attempt, on disk until the controller has made them durable: one wire line each, the
/// n-th line is number n. It survives the agent; what a crash of the machine takes with it, it takes with the trial.
///
/// Confined to the agent's actor.
final class Spool {
    /// Sent and not yet acknowledged, at most: a slow controller is not flooded.
    static let window = 1 << 20

    /// Messages kept in memory where the disk refuses them. More reports are dropped; an end is always kept.
    static let maximumOverflow = 10_000

    private let path: String
    private var file: Int32
    /// Bytes of whole lines.
    private var size = 0
    private var overflow: [[UInt8]] = []
    /// The number of the last message.
    private(set) var count = 0
    private var fileCount = 0
    /// Messages that an earlier agent has left.
    private var restored = 0
    private var restoredSize = 0
    /// The highest number that was ever sent from here.
    private var everSent = 0

    /// Everything up to here is acknowledged.
    private(set) var acknowledged = 0
    private var acknowledgedOffset = 0
    /// The next to send.
    private var cursor = 0
    private var cursorCount = 0
    private var inFlight: Deque<(number: Int, bytes: Int)> = []
    private var inFlightBytes = 0

    /// Opens the spool and cuts what a crash has left of an unfinished line.
    init(path: String) {
        self.path = path
        file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        if file >= 0 { cutTornTail() }
    }

    deinit { if file >= 0 { close(file) } }

    var isAcknowledged: Bool { acknowledged >= count }

    /// Everything has been sent on this connection.
    var isSent: Bool { cursorCount >= count }

    /// Adds a message, written by `line` for its number.
    ///
    /// - Returns: false when it was dropped, because neither disk nor memory takes it.
    @discardableResult
    func append(isEssential: Bool = true, _ line: (_ number: Int) -> [UInt8]?) -> Bool {
        guard isEssential || overflow.count < Self.maximumOverflow, let bytes = line(count + 1) else { return false }
        // Once a message is in memory only, those after it stay behind it.
        if file >= 0, overflow.isEmpty, DiskFile.append(file, bytes) {
            size += bytes.count
            fileCount += 1
        } else {
            if file >= 0 { ftruncate(file, off_t(size)) }
            overflow.append(bytes)
        }
        count += 1
        return true
    }

    /// Makes what is on disk survive a crash of the machine.
    func sync() { if file >= 0 { fsync(file) } }

    /// The next lines to send, as far as the window allows; empty when there is nothing.
    func next() -> [UInt8] {
        guard inFlightBytes < Self.window, cursorCount < count else { return [] }
        if cursorCount >= fileCount {
            let line = overflow[cursorCount - fileCount]
            sent(line.count)
            return line
        }
        guard var bytes = DiskFile.read(file, offset: cursor, limit: min(size - cursor, 1 << 18)) else { return [] }
        guard var end = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
            // One line of more than the piece: at most a wire line.
            bytes = DiskFile.read(file, offset: cursor, limit: min(size - cursor, 1 << 20)) ?? []
            guard let first = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return [] }
            sent(first + 1)
            return Array(bytes[...first])
        }
        var start = 0
        while start <= end, let stop = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            sent(stop + 1 - start)
            start = stop + 1
            if inFlightBytes >= Self.window {
                end = stop
                break
            }
        }
        return Array(bytes[...end])
    }

    private func sent(_ bytes: Int) {
        cursorCount += 1
        everSent = max(everSent, cursorCount)
        if cursorCount <= fileCount { cursor += bytes }
        inFlight.append((cursorCount, bytes))
        inFlightBytes += bytes
    }

    /// Everything up to `number` is durable at the controller.
    func acknowledge(_ number: Int) {
        while let first = inFlight.first, first.number <= number {
            inFlight.removeFirst()
            inFlightBytes -= first.bytes
            acknowledged = first.number
            if first.number <= fileCount { acknowledgedOffset += first.bytes }
        }
    }

    /// A new connection: everything after `number` is sent again.
    func rewind(to number: Int) {
        inFlight.removeAll()
        inFlightBytes = 0
        let target = min(max(number, 0), count)
        if target < acknowledged { (acknowledged, acknowledgedOffset) = (0, 0) }
        while acknowledged < min(target, fileCount) {
            guard
                let bytes = DiskFile.read(
                    file, offset: acknowledgedOffset, limit: min(size - acknowledgedOffset, 1 << 20)),
                let first = bytes.firstIndex(of: UInt8(ascii: "\n"))
            else { break }
            var end = first
            acknowledged += 1
            while acknowledged < target, let next = bytes[(end + 1)...].firstIndex(of: UInt8(ascii: "\n")) {
                end = next
                acknowledged += 1
            }
            acknowledgedOffset += end + 1
        }
        if target > fileCount { acknowledged = target }
        (cursor, cursorCount) = (acknowledgedOffset, acknowledged)
    }

    /// Whether the controller has messages that are not here: the file was cut by a crash of the machine.
    func hasLost(before number: Int) -> Bool { number > max(restored, everSent) }

    /// Numbers what was added since the start anew, so that it follows the message `number`; what is lost is in its record.
    func goOn(after number: Int) {
        let shift = number - restored
        let added =
            lines(from: restoredSize).map { Self.renumbered($0, by: shift) }
            + overflow.map {
                Self.renumbered(Array($0.dropLast()), by: shift)
            }
        let filler = Array(repeating: Array("{}\n".utf8), count: shift)
        if file >= 0 { ftruncate(file, off_t(restoredSize)) }
        (size, count, fileCount, overflow) = (restoredSize, restored, restored, [])
        for line in filler + added.map({ $0 + [UInt8(ascii: "\n")] }) { append { _ in line } }
        (restored, restoredSize) = (number, size)
    }

    private func lines(from offset: Int) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        eachLine(from: offset) {
            lines.append($0)
            return true
        }
        return lines
    }

    /// Of our own lines the first `"sequence":` is the message's number: strings hold no bare quotes.
    private static func renumbered(_ line: [UInt8], by shift: Int) -> [UInt8] {
        let key = Array("\"sequence\":".utf8)
        guard line.count > key.count,
            let at = line.indices.dropLast(key.count).first(where: { line[$0...].starts(with: key) })
        else { return line }
        let digits = line[(at + key.count)...].prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return line }
        return Array(line[..<digits.startIndex]) + Array(String(number + shift).utf8) + Array(line[digits.endIndex...])
    }

    /// The last line that `isWanted`: how far an earlier agent came.
    func last(where isWanted: ([UInt8]) -> Bool) -> [UInt8]? {
        var found: [UInt8]?
        eachLine { line in
            if isWanted(line) { found = line }
            return true
        }
        return found
    }

    /// Lines are JSON objects; the first that is none (cut short, or zeros after a crash of the machine) ends the spool.
    private func cutTornTail() {
        var whole = 0
        eachLine { line in
            guard line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}") else { return false }
            whole += line.count + 1
            fileCount += 1
            return true
        }
        if whole != DiskFile.size(file) { ftruncate(file, off_t(whole)) }
        (size, count) = (whole, fileCount)
        (restored, restoredSize) = (fileCount, whole)
    }

    func eachLine(from start: Int = 0, _ body: ([UInt8]) -> Bool) {
        var offset = start
        while let bytes = DiskFile.read(file, offset: offset, limit: 2 << 20), !bytes.isEmpty {
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                guard body(Array(bytes[start..<end])) else { return }
                start = end + 1
            }
            // No line of ours is that long.
            guard start > 0 else { return }
            offset += start
        }
    }
}
