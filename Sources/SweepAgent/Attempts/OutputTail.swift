import Glibc
import SweepModel
import SweepRecord

/// Reads on in the files that a trial writes, and turns what is new into reports. It only ever reads: no reader of ours can
/// block or end a training.
///
/// Confined to the agent's actor.
final class OutputTail {
    /// Bytes read of one file in one go.
    static let piece = 1 << 20
    /// Reports that a trial may make at once, and in a second on the average; of one that makes more, some are left out.
    static let burst = 2_000_000.0
    static let rate = 20_000.0
    /// Behind the end of a trial's output by more, the middle is not searched for metrics.
    static let maximumLag = 256 << 20

    /// What one look has found.
    struct Findings {
        var reports: [Report] = []
        var details: [RunDetail] = []
        /// The end of what it has printed so far, and when that was seen; nil when that is nothing new.
        var printed: (end: Int, time: Timestamp)?
        /// There is nothing more to read now.
        var isComplete = true
    }

    private let folder: AttemptFolder
    private var collector: MetricCollector
    private var streams: [MetricStream: OfferedFile] = [:]
    private var offsets: [MetricStream: Int]
    /// Where the lines of either stream in the output were read to by an earlier agent.
    private let past: (output: Int, errors: Int)
    private var errors = ErrorRuns()
    private var errorsFile: (file: OfferedFile, offset: Int)?
    let files: RecordFiles
    private var looks = 0
    private var budget = burst
    private var lastTime: Timestamp?
    private var details = DetailBudget()

    /// - Parameter spool: of an attempt that an earlier agent has begun: what it has told is not told again.
    init(
        _ folder: AttemptFolder, spool: Spool, parameters: Parameters = [], objective: String? = nil,
        owner: UInt32? = nil
    ) {
        self.folder = folder
        var collector = MetricCollector(parameters: parameters, objective: objective)
        let past = SpoolPast(spool) { collector.remember($0) }
        collector.goOn(from: past.offsets)
        self.collector = collector
        offsets = past.offsets
        self.past = (past.offsets[.output] ?? 0, past.offsets[.errors] ?? 0)
        // From where the one is that was read less far.
        offsets[.output] = self.past.errors > 0 ? min(self.past.output, self.past.errors) : self.past.output
        files = RecordFiles(taken: past.files, owner: owner)
    }

    /// `output.log`, once it is there.
    var output: Int32? { stream(.output) }

    /// How far `output.log` was read.
    var outputRead: Int { offsets[.output] ?? 0 }

    /// Lines that were too long to be searched for metrics.
    var skippedLines: Int { collector.skippedLines }

    /// Where an agent that starts anew has to go on reading.
    var position: SpoolPosition {
        SpoolPosition(
            output: collector.consumed(.output), errors: collector.consumed(.errors),
            metricsFile: collector.consumed(.metricsFile), files: files.position)
    }

    func read(time: Timestamp) -> Findings {
        var findings = Findings()
        looks += 1
        if !files.isEmpty { collector.noteRecord(time) }
        read(.output, time, &findings)
        read(.metricsFile, time, &findings)
        if !files.isEmpty {
            let isComplete = files.read(limit: Self.piece) { take($0, $1, time, &findings) }
            if !isComplete { findings.isComplete = false }
        }
        thin(&findings.reports, time)
        return findings
    }

    /// The trial has ended: all that its files still hold, and last lines without a line feed.
    func finish(time: Timestamp) -> Findings {
        var findings = Findings()
        files.finish { take($0, $1, time, &findings) }
        // After the files: guesses count where none of these gave the name.
        findings.reports += collector.finish(time: time)
        thin(&findings.reports, time)
        return findings
    }

    /// What comes by another way than files.
    func take(_ readings: [MetricReading], _ details: [RunDetail], of source: String, time: Timestamp) -> Findings {
        var findings = Findings()
        collector.noteRecord(time)
        findings.reports = readings.compactMap { collector.take($0, of: source, time: time) }
        findings.details = details.filter { self.details.allows($0) }
        thin(&findings.reports, time)
        return findings
    }

    /// What went wrong, from the end of the output.
    func failureLine() -> String? {
        guard let file = stream(.output) else { return nil }
        let start = max(0, DiskFile.size(file) - FailureLine.window)
        return DiskFile.read(file, offset: start, limit: FailureLine.window).flatMap(FailureLine.find)
    }

    private func take(_ file: RecordFile, _ reading: FileReading, _ time: Timestamp, _ findings: inout Findings) {
        switch reading {
        case .metrics(let metrics):
            let report = collector.take(metrics, of: file.sourceName, isRepeat: file.isRepeat, time: time)
            if let report { findings.reports.append(report) }
        case .detail(let detail):
            if !file.isRepeat, details.allows(detail) { findings.details.append(detail) }
        }
    }

    private func read(_ stream: MetricStream, _ time: Timestamp, _ findings: inout Findings) {
        guard let file = self.stream(stream) else { return }
        let size = DiskFile.size(file)
        var offset = offsets[stream] ?? 0
        // Begun anew by the script.
        if size < offset {
            offset = 0
            collector.restart(stream)
            if stream == .output { collector.restart(.errors) }
        }
        if size - offset > Self.maximumLag { offset = size - Self.maximumLag / 2 }
        guard size > offset, let bytes = DiskFile.read(file, offset: offset, limit: Self.piece), !bytes.isEmpty else {
            offsets[stream] = offset
            if stream == .metricsFile, looks % 10 == 0 { reopen(stream) }
            return
        }
        offsets[stream] = offset + bytes.count
        if offset + bytes.count < size { findings.isComplete = false }
        guard stream == .output else {
            findings.reports += collector.take(bytes, from: stream, time: time)
            return
        }
        findings.printed = (offset + bytes.count, time)
        // After the output: what is noted by now includes all of it.
        readErrors()
        errors.forget(before: offset)
        take(printed: bytes, at: offset, time, &findings)
    }

    /// Lines of standard error and others are each put together by themselves: a progress bar may stand in a line of metrics.
    private func take(printed bytes: [UInt8], at offset: Int, _ time: Timestamp, _ findings: inout Findings) {
        var start = offset
        let end = offset + bytes.count
        while start < end {
            let stretch = errors.stretch(at: start)
            let next = min(end, stretch.end)
            // An earlier agent may have read further in one of them.
            let first = min(next, max(start, stretch.isError ? past.errors : past.output))
            if first < next {
                let part = next - first == bytes.count ? bytes : Array(bytes[first - offset..<next - offset])
                findings.reports += collector.take(
                    part, from: stretch.isError ? .errors : .output, at: first, time: time)
            }
            start = next
        }
    }

    private func readErrors() {
        if errorsFile == nil, let file = try? OfferedFile.open(RecordFileName.outputErrors, in: folder.path) {
            errorsFile = (file, 0)
        }
        while let (file, offset) = errorsFile,
            let bytes = DiskFile.read(file.descriptor, offset: offset, limit: Self.piece), !bytes.isEmpty
        {
            errors.take(bytes)
            errorsFile = (file, offset + bytes.count)
        }
    }

    /// Where the script has put another file in the place of the one that is read.
    private func reopen(_ stream: MetricStream) {
        guard let file = streams[stream]?.descriptor else { return }
        var (held, there) = (stat(), stat())
        guard fstat(file, &held) == 0, stat(path(of: stream), &there) == 0, held.st_ino != there.st_ino else { return }
        (streams[stream], offsets[stream]) = (nil, 0)
        collector.restart(stream)
    }

    private func thin(_ reports: inout [Report], _ time: Timestamp) {
        if let lastTime { budget = min(Self.burst, budget + max(0, time.seconds(since: lastTime)) * Self.rate) }
        lastTime = time
        budget -= Double(reports.count)
        guard budget < 0, reports.count > 100 else { return }
        // Every n-th, and the last.
        let (all, stride) = (reports, reports.count / 100)
        reports = all.indices.filter { $0 % stride == 0 || $0 == all.count - 1 }.map { all[$0] }
        budget += Double(all.count - reports.count)
    }

    private func path(of stream: MetricStream) -> String {
        switch stream {
        case .output, .errors: folder.output
        case .metricsFile: folder.metrics
        }
    }

    private func stream(_ stream: MetricStream) -> Int32? {
        if let file = streams[stream] { return file.descriptor }
        // A script may have put anything there: a link to another place, a pipe without a writer.
        let name = String(path(of: stream).dropFirst(folder.path.count + 1))
        guard let file = try? OfferedFile.open(name, in: folder.path) else { return nil }
        streams[stream] = file
        return file.descriptor
    }
}

/// How many details a trial may leave: what it has beyond is its own files' affair.
private struct DetailBudget {
    static let maximumCount = 100_000
    static let maximumBytes = 64 << 20

    private var count = 0
    private var bytes = 0

    mutating func allows(_ detail: RunDetail) -> Bool {
        guard count < Self.maximumCount, bytes + detail.json.utf8.count <= Self.maximumBytes,
            detail.json.utf8.count <= RunDetail.maximumSize
        else { return false }
        count += 1
        bytes += detail.json.utf8.count
        return true
    }
}
