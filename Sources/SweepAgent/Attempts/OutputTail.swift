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
    /// Reports of one such piece, at most: of a trial that prints more of them every n-th and the last is kept.
    static let maximumReports = 10_000
    /// Behind the end of a trial's output by more, the middle is not searched for metrics.
    static let maximumLag = 256 << 20

    private let folder: AttemptFolder
    private var collector: MetricCollector
    private var files: [MetricStream: Int32] = [:]
    private var offsets: [MetricStream: Int]

    init(_ folder: AttemptFolder, offsets: [MetricStream: Int] = [:], objective: String? = nil) {
        self.folder = folder
        self.offsets = offsets
        collector = MetricCollector(offsets: offsets, objective: objective)
    }

    deinit { for file in files.values { close(file) } }

    /// `output.log`, once it is there.
    var output: Int32? { file(.output) }

    /// Where an agent that starts anew has to go on reading.
    var position: [Int] { [collector.consumed(.output), collector.consumed(.metricsFile)] }

    /// The reports of what is new; `isComplete` is false when there is more to read at once.
    func read(time: Timestamp) -> (reports: [Report], isComplete: Bool) {
        var reports: [Report] = []
        var isComplete = true
        for stream in MetricStream.allCases {
            guard let file = file(stream) else { continue }
            let size = DiskFile.size(file)
            var offset = offsets[stream] ?? 0
            // Begun anew by the script.
            if size < offset { offset = 0 }
            if size - offset > Self.maximumLag { offset = size - Self.maximumLag / 2 }
            guard size > offset, let bytes = DiskFile.read(file, offset: offset, limit: Self.piece), !bytes.isEmpty
            else {
                offsets[stream] = offset
                continue
            }
            offsets[stream] = offset + bytes.count
            if offset + bytes.count < size { isComplete = false }
            reports += Self.thinned(collector.take(bytes, from: stream, time: time))
        }
        return (reports, isComplete)
    }

    /// The last lines without a line feed.
    func finish(time: Timestamp) -> [Report] { collector.finish(time: time) }

    /// What went wrong, from the end of the output.
    func failureLine() -> String? {
        guard let file = file(.output) else { return nil }
        let start = max(0, DiskFile.size(file) - FailureLine.window)
        return DiskFile.read(file, offset: start, limit: FailureLine.window).flatMap(FailureLine.find)
    }

    static func thinned(_ reports: [Report]) -> [Report] {
        guard reports.count > maximumReports else { return reports }
        let stride = (reports.count + maximumReports - 1) / maximumReports
        return reports.indices.filter { $0 % stride == 0 || $0 == reports.count - 1 }.map { reports[$0] }
    }

    private func file(_ stream: MetricStream) -> Int32? {
        if let file = files[stream] { return file }
        let path =
            switch stream {
            case .output: folder.output
            case .metricsFile: folder.metrics
            }
        // A script may put a pipe there: opening that must not wait for a writer.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        files[stream] = file
        return file
    }
}
