package import SweepModel

/// Where a source's lines come from.
package enum MetricStream: Hashable, Sendable, CaseIterable {
    /// What the trial prints on standard output, and on standard error where that cannot be told.
    case output
    /// What it prints on standard error: read by the sources of `output`, but a line of one is never mixed with the other.
    case errors
    /// The file of `$SWEEP_METRICS_FILE`.
    case metricsFile
}

/// Metrics of one moment.
package struct MetricReading: Hashable, Sendable {
    package var step: Int?
    /// When the script logged it, where the source says so.
    package var time: Timestamp?
    /// In the order of the source; a name may be there twice (the last one counts).
    package var metrics: [(name: String, value: Double)]
    /// Read from words, so that step or names may be meant otherwise: it counts only for names that no other source gives.
    package var isGuess = false

    package init(step: Int? = nil, time: Timestamp? = nil, metrics: [(name: String, value: Double)]) {
        self.step = step
        self.time = time
        self.metrics = metrics
    }

    package static func == (a: MetricReading, b: MetricReading) -> Bool {
        a.step == b.step && a.time == b.time && a.isGuess == b.isGuess && a.metrics.count == b.metrics.count
            && zip(a.metrics, b.metrics).allSatisfy { $0.name == $1.name && $0.value.bitPattern == $1.value.bitPattern }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(step)
        hasher.combine(time)
        hasher.combine(isGuess)
        for metric in metrics {
            hasher.combine(metric.name)
            hasher.combine(metric.value.bitPattern)
        }
    }
}

/// One way in which training scripts say their metrics in lines of text.
///
/// A new one is a file in `Sources/` and a line in `BuiltIns.swift`; the conformance suite runs over that list. A source
/// is called with every line of its stream, in order, at most `LineSplitter.maximumLength` bytes each, already without
/// escape sequences; it may keep state between lines, but bounded. Whatever a line holds, it must not trap: a line that
/// it does not understand is nil. Numbers may be NaN or infinite.
package protocol MetricSource: Sendable {
    /// As it is shown beside a metric.
    static var name: String { get }
    static var stream: MetricStream { get }
    /// A line that it understands, and what it reads in it: for the documentation and the conformance suite.
    static var sample: (line: String, reading: MetricReading) { get }

    init()

    /// The metrics of a line; nil when there are none.
    mutating func read(_ line: ArraySlice<UInt8>) -> MetricReading?
}
