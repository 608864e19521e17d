import Glibc
import SweepModel
import SweepWire

/// The files of an attempt's record that the agent itself writes, and how much of each the controller has.
///
/// Confined to the agent's actor. Sizes are kept, not asked for: this is looked at whenever anything happens.
final class RecordFolder {
    private let folder: AttemptFolder
    private var details: Int32 = -1
    private var system: Int32 = -1
    private var times: Int32 = -1
    private var firstPrinted: Timestamp?
    private var lastPrinted: (end: Int, time: Timestamp)?
    /// The newest that was not written yet.
    private var pendingPrinted: (end: Int, time: Timestamp)?
    private var files: [String: Content] = [:]
    private var lastLook: Instant?
    /// When the disk took no file.
    private var refusedAt: Instant?
    static let refusalPause = 5.0
    /// The last look found something: there may be more.
    private var hasMore = false

    /// A file of the record, as far as it is written, and how much of it is shipped.
    private struct Content {
        var size = 0
        var shipper = LogShipper()
        /// It was captured: it does not grow.
        var isCaptured = false
        /// The whole of it, while it is not on the disk.
        var bytes: [UInt8]?

        var isShipped: Bool { shipper.isDone(size: size) }

        mutating func next(
            _ attempt: AttemptID, _ name: String, _ folder: AttemptFolder, hasEnded: Bool, most: Int, now: Instant
        ) -> LogChunk? {
            let file = bytes == nil ? open(folder.recordFile(name), O_RDONLY | O_CLOEXEC) : -1
            defer { if file >= 0 { Glibc.close(file) } }
            let chunk = shipper.next(attempt, size: size, hasEnded: hasEnded, most: most, now: now) {
                [bytes] offset, limit in
                if let bytes { return Array(bytes[min(offset, bytes.count)...].prefix(limit)) }
                return file >= 0 ? DiskFile.read(file, offset: offset, limit: limit) : nil
            }
            guard var chunk else { return nil }
            chunk.file = name
            if isCaptured, chunk.offset == 0, shipper.isSent(size: size) { chunk.isWhole = true }
            return chunk
        }
    }

    init(_ folder: AttemptFolder) { self.folder = folder }

    deinit { close() }

    /// Nothing more is written; the files are still shipped.
    func close() {
        for file in [details, system, times] where file >= 0 { Glibc.close(file) }
        (details, system, times) = (-1, -1, -1)
    }

    func append(_ details: [RunDetail]) {
        guard !details.isEmpty else { return }
        var lines: [UInt8] = []
        for detail in details {
            guard let line = try? JSONCoding.encode(detail) else { continue }
            lines += line
            lines.append(0x0A)
        }
        append(lines, RecordFileName.details, &self.details)
    }

    /// Notes when the output had grown to where: `[end, milliseconds]`. Ten times a second at first, then by a 3,600th of
    /// the trial's age: some 20,000 lines a day.
    func append(printed: (end: Int, time: Timestamp)?, hasEnded: Bool) {
        if let printed { pendingPrinted = printed }
        guard let pending = pendingPrinted else { return }
        lookForErrors()
        let first = firstPrinted ?? pending.time
        firstPrinted = first
        let period = max(0.1, pending.time.seconds(since: first) / 3600)
        if !hasEnded, let lastPrinted, pending.time.seconds(since: lastPrinted.time) < period { return }
        (lastPrinted, pendingPrinted) = (pending, nil)
        append(Array("[\(pending.end),\(pending.time.milliseconds)]\n".utf8), RecordFileName.outputTimes, &times)
    }

    /// The shim writes them: before the output that they tell of was read.
    private func lookForErrors() {
        var status = stat()
        let name = RecordFileName.outputErrors
        guard stat(folder.recordFile(name), &status) == 0, status.st_size > 0 else { return }
        files[name, default: Content()].size = Int(status.st_size)
    }

    /// One line of system metrics.
    func append(system line: [UInt8]) { append(line + [0x0A], RecordFileName.system, &system) }

    private func append(_ bytes: [UInt8], _ name: String, _ file: inout Int32) {
        if file < 0 { file = open(folder.recordFile(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
        guard file >= 0 else { return }
        let size = DiskFile.size(file)
        // A full disk leaves no half line.
        if DiskFile.append(file, bytes) {
            files[name, default: Content()].size = size + bytes.count
        } else {
            ftruncate(file, off_t(size))
        }
    }

    // MARK: Whole files

    /// Files that were captured: only in memory until `keep`, so that a trial of milliseconds costs the disk nothing.
    func take(_ captured: [CapturedFile]) {
        for file in captured where RecordFileName.all.contains(file.name) && files[file.name] == nil {
            files[file.name] = Content(size: file.bytes.count, isCaptured: true, bytes: file.bytes)
        }
    }

    /// Writes to the disk what is only in memory and not yet with the controller, for an agent that comes after this one.
    /// What the disk refuses stays where it is.
    ///
    /// - Parameter now: nil: for the last time. Else a disk that refuses is left alone for some seconds.
    func keep(now: Instant? = nil) {
        if let now, let refusedAt, now.seconds(since: refusedAt) < Self.refusalPause { return }
        refusedAt = nil
        for (name, content) in files {
            guard let bytes = content.bytes, !content.isShipped else { continue }
            guard (try? DiskFile.replace(folder.recordFile(name), bytes, synced: false)) != nil else {
                refusedAt = now
                if now == nil { continue }
                return
            }
            files[name]?.bytes = nil
        }
    }

    /// Whatever was captured is on the disk or with the controller.
    var isKept: Bool { files.values.allSatisfy { $0.bytes == nil || $0.isShipped } }

    /// Finds what an earlier agent has written.
    func restore() {
        for name in RecordFileName.all {
            var status = stat()
            guard stat(folder.recordFile(name), &status) == 0, status.st_size > 0 else { continue }
            files[name] = Content(size: Int(status.st_size))
        }
    }

    // MARK: Shipping

    /// The controller has all of every file.
    var isShipped: Bool { files.values.allSatisfy(\.isShipped) }

    func acknowledge(_ name: String, _ offset: Int) {
        files[name]?.shipper.acknowledge(offset)
        guard let content = files[name], content.isShipped, content.bytes != nil else { return }
        files[name]?.bytes = []
    }

    /// A new connection: what was not acknowledged goes again, by its place, so that nothing is doubled.
    func rewind() {
        for (name, content) in files {
            files[name]?.shipper.rewind(to: content.shipper.acknowledged, size: content.size)
        }
    }

    /// The next piece, and up to where its file is under way with it. Looks once a second, and after the end of the trial at
    /// any time.
    ///
    /// - Parameter most: bytes.
    func next(
        _ attempt: AttemptID, hasEnded: Bool, most: Int, now: Instant
    ) -> (chunk: LogChunk, end: Int)? {
        if !hasEnded, !hasMore, let lastLook, now.seconds(since: lastLook) < 1 { return nil }
        lastLook = now
        hasMore = false
        for name in RecordFileName.all {
            guard var content = files[name], !content.isShipped else { continue }
            let chunk = content.next(attempt, name, folder, hasEnded: hasEnded, most: most, now: now)
            files[name] = content
            guard let chunk else { continue }
            hasMore = true
            return (chunk, content.shipper.sent)
        }
        return nil
    }
}
