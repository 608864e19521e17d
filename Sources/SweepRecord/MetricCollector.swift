package import SweepModel

/// All metric sources of one attempt at once: bytes in, reports out.
///
/// The same (name, step) from two sources counts once: the first source wins. Memory is bounded whatever a trial prints.
package struct MetricCollector: Sendable {
    /// Further names are dropped, but never the objective's: a trial with more is one that prints its data.
    package static let maximumNames = 10_000

    private struct Series {
        /// By source: the highest step that was taken from it; `Int.min` when it gives no steps.
        var steps: [Int: Int]
        var first: Int
    }

    private var splitters: [MetricStream: LineSplitter]
    private var sources: [(stream: MetricStream, name: String, source: any MetricSource)]
    private var series: [String: Series] = [:]
    private let objective: String?
    /// Metrics left out because there were too many names.
    package private(set) var droppedNames = 0

    /// `offsets`: where each stream is read from.
    package init(
        sources types: [any MetricSource.Type] = BuiltIns.metricSources, offsets: [MetricStream: Int] = [:],
        objective: String? = nil
    ) {
        self.objective = objective
        sources = types.map { ($0.stream, $0.name, $0.init()) }
        splitters = [:]
        for stream in MetricStream.allCases { splitters[stream] = LineSplitter(offset: offsets[stream] ?? 0) }
    }

    /// Where each stream would have to be read from again: the end of its last whole line.
    package func consumed(_ stream: MetricStream) -> Int { splitters[stream]?.consumed ?? 0 }

    /// Every metric so far with the source that gave it first, by name.
    package var origins: [(name: String, source: String)] {
        series.map { ($0.key, sources[$0.value.first].name) }.sorted { $0.0 < $1.0 }
    }

    /// The reports of the lines that `bytes` complete.
    package mutating func take(_ bytes: [UInt8], from stream: MetricStream, time: Timestamp) -> [Report] {
        read(stream, time) { $0.take(bytes, $1) }
    }

    /// The reports of last lines without a line feed: the trial has ended.
    package mutating func finish(time: Timestamp) -> [Report] {
        MetricStream.allCases.flatMap { stream in read(stream, time) { $0.finish($1) } }
    }

    private mutating func read(
        _ stream: MetricStream, _ time: Timestamp, _ feed: (inout LineSplitter, (ArraySlice<UInt8>) -> Void) -> Void
    ) -> [Report] {
        guard var splitter = splitters[stream] else { return [] }
        // Out of the dictionary while it is changed, or its buffer would be copied.
        splitters[stream] = nil
        defer { splitters[stream] = splitter }
        var reports: [Report] = []
        feed(&splitter) { line in
            // Nearly all lines of a chatty script are none of ours.
            guard ByteSearch.contains(UInt8(ascii: "="), in: line) || ByteSearch.contains(UInt8(ascii: "{"), in: line)
            else { return }
            let line = TerminalText.plain(line)
            for index in sources.indices where sources[index].stream == stream {
                guard let reading = sources[index].source.read(line) else { continue }
                if let report = accept(reading, from: index, time) { reports.append(report) }
            }
        }
        return reports
    }

    private mutating func accept(_ reading: MetricReading, from source: Int, _ time: Timestamp) -> Report? {
        var metrics: [String: Double] = [:]
        for (name, value) in reading.metrics where isNew(name, reading.step, source) { metrics[name] = value }
        return metrics.isEmpty ? nil : Report(step: reading.step, time: time, metrics: metrics)
    }

    /// Whether no other source has given this point. Steps of one source grow, so its highest one stands for all below.
    private mutating func isNew(_ name: String, _ step: Int?, _ source: Int) -> Bool {
        guard let known = series[name] else {
            guard series.count < Self.maximumNames || name == objective else {
                droppedNames += 1
                return false
            }
            series[name] = Series(steps: [source: step ?? .min], first: source)
            return true
        }
        for (other, highest) in known.steps where other != source {
            guard let step, highest < step else { return false }
        }
        series[name]?.steps[source] = max(known.steps[source] ?? .min, step ?? .min)
        return true
    }
}
