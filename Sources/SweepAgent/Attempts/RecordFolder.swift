import Glibc
import SweepModel
import SweepWire

/// The files of an attempt's record that the agent itself writes, and how much of each the controller has.
///
/// Confined to the agent's actor; the capture of the code writes its files from elsewhere, whole and renamed.
final class RecordFolder {
    private let folder: AttemptFolder
    private var details: Int32 = -1
    private var system: Int32 = -1
    private var times: Int32 = -1
    private var firstPrinted: Timestamp?
    private var lastPrinted: (end: Int, time: Timestamp)?
    /// The newest that was not written yet.
    private var pendingPrinted: (end: Int, time: Timestamp)?
    private var shippers: [String: LogShipper] = [:]
    private var lastLook: Instant?
    /// The last look found something: there may be more.
    private var hasMore = false

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
        let first = firstPrinted ?? pending.time
        firstPrinted = first
        let period = max(0.1, pending.time.seconds(since: first) / 3600)
        if !hasEnded, let lastPrinted, pending.time.seconds(since: lastPrinted.time) < period { return }
        (lastPrinted, pendingPrinted) = (pending, nil)
        append(Array("[\(pending.end),\(pending.time.milliseconds)]\n".utf8), RecordFileName.outputTimes, &times)
    }

    /// One line of system metrics.
    func append(system line: [UInt8]) { append(line + [0x0A], RecordFileName.system, &system) }

    private func append(_ bytes: [UInt8], _ name: String, _ file: inout Int32) {
        if file < 0 { file = open(folder.recordFile(name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
        guard file >= 0 else { return }
        let size = DiskFile.size(file)
        // A full disk leaves no half line.
        if !DiskFile.append(file, bytes) { ftruncate(file, off_t(size)) }
    }

    // MARK: Shipping

    /// The controller has all of every file.
    var isShipped: Bool {
        RecordFileName.all.allSatisfy { name in
            let size = size(name)
            return size == 0 || shippers[name]?.isDone(size: size) == true
        }
    }

    func acknowledge(_ name: String, _ offset: Int) { shippers[name]?.acknowledge(offset) }

    /// A new connection: what was not acknowledged goes again, by its place, so that nothing is doubled.
    func rewind() {
        for (name, shipper) in shippers { shippers[name]?.rewind(to: shipper.acknowledged, size: size(name)) }
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
        for name in RecordFileName.all where size(name) > 0 {
            let file = open(folder.recordFile(name), O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { continue }
            defer { Glibc.close(file) }
            var shipper = shippers[name] ?? LogShipper()
            let chunk = shipper.next(attempt, file: file, hasEnded: hasEnded, most: most, now: now)
            shippers[name] = shipper
            guard var chunk else { continue }
            chunk.file = name
            hasMore = true
            return (chunk, shipper.sent)
        }
        return nil
    }

    private func size(_ name: String) -> Int {
        var status = stat()
        return stat(folder.recordFile(name), &status) == 0 ? Int(status.st_size) : 0
    }
}
