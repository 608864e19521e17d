package import SweepModel

/// All metric sources of one attempt at once: bytes in, reports out.
///
/// The same (name, step) from two sources counts once: the one that came first. Points without a step count as long as no
/// other source gives that name, and so do guesses. Clients write their files later than a script prints, so guesses wait
/// for ``patience`` once a client's record has been seen. Memory is bounded whatever a trial prints.
package struct MetricCollector: Sendable {
    /// Further names are dropped, but never the objective's: a trial with more is one that prints its data.
    package static let maximumNames = 10_000

    /// How long guesses wait after the first sign of a client's record, in milliseconds: TensorBoard's writers hold points
    /// back for 120 s.
    package static let patience = 150_000
    private static let maximumHeld = 10_000

    /// What one source gave of one name.
    private struct Given: Sendable {
        var source: Int
        var steps = StepSet()
    }

    private var splitters: [MetricStream: LineSplitter]
    private var sources: [(stream: MetricStream, source: any MetricSource)]
    /// Names of all sources: of lines, in the order of `sources`, then others as they come.
    private var sourceNames: [String]
    private var names: [String: Int] = [:]
    /// By number of the name; the first source that gave it comes first.
    private var given: [[Given]] = []
    /// When a client's record was seen first.
    private var recordsSince: Timestamp?
    private var held: [(reading: MetricReading, source: Int, time: Timestamp)] = []
    private let objective: String?
    private let echo: ParameterEcho
    /// Metrics left out because there were too many names.
    package private(set) var droppedNames = 0

    /// `offsets`: where each stream is read from.
    package init(
        sources types: [any MetricSource.Type] = BuiltIns.metricSources, offsets: [MetricStream: Int] = [:],
        parameters: Parameters = [], objective: String? = nil
    ) {
        self.objective = objective
        echo = ParameterEcho(parameters, objective: objective)
        sources = types.map { ($0.stream, $0.init()) }
        sourceNames = types.map { $0.name }
        splitters = [:]
        for stream in MetricStream.allCases { splitters[stream] = LineSplitter(offset: offsets[stream] ?? 0) }
    }

    /// Each stream is read from there.
    package mutating func goOn(from offsets: [MetricStream: Int]) {
        for (stream, offset) in offsets { splitters[stream] = LineSplitter(offset: offset) }
    }

    /// Lines that were too long to be searched.
    package var skippedLines: Int { splitters.values.reduce(0) { $0 + $1.skipped } }

    /// Where each stream would have to be read from again: the end of its last whole line.
    package func consumed(_ stream: MetricStream) -> Int { splitters[stream]?.consumed ?? 0 }

    /// Every metric so far with the source that gave it first, by name.
    package var origins: [(name: String, source: String)] {
        names.compactMap { name, index in given[index].first.map { (name, sourceNames[$0.source]) } }
            .sorted { $0.0 < $1.0 }
    }

    /// The reports of the lines that `bytes` complete.
    ///
    /// - Parameter offset: where they lie, when others lie between these and those before.
    package mutating func take(
        _ bytes: [UInt8], from stream: MetricStream, at offset: Int? = nil, time: Timestamp
    ) -> [Report] {
        read(stream, time) { $0.take(bytes, at: offset, $1) }
    }

    /// The stream's file was begun anew: a half line of it has no other half.
    package mutating func restart(_ stream: MetricStream) { splitters[stream] = LineSplitter() }

    /// The reports of last lines without a line feed: the trial has ended.
    package mutating func finish(time: Timestamp) -> [Report] {
        MetricStream.allCases.flatMap { stream in read(stream, time) { $0.finish($1) } } + release()
    }

    /// A reading of another source than lines: a file, or a server.
    ///
    /// - Parameter isRepeat: what this source has given before may come again, and is left out.
    package mutating func take(
        _ reading: MetricReading, of source: String, isRepeat: Bool = false, time: Timestamp
    ) -> Report? {
        noteRecord(time)
        return accept(reading, from: number(of: source), isRepeat: isRepeat, time)
    }

    /// There is a client's record, whatever it holds so far.
    package mutating func noteRecord(_ time: Timestamp) {
        if recordsSince == nil { recordsSince = time }
    }

    /// A report of an earlier agent, from its spool: so that nothing of it is taken again.
    package mutating func remember(_ report: Report) {
        let source = number(of: report.source ?? "")
        if source >= sources.count { noteRecord(report.time) }
        for name in report.metrics.keys { _ = isNew(name, report.step, source, isRepeat: false) }
    }

    private mutating func number(of source: String) -> Int {
        if let index = sourceNames.firstIndex(of: source) { return index }
        sourceNames.append(source)
        return sourceNames.count - 1
    }

    private mutating func read(
        _ stream: MetricStream, _ time: Timestamp, _ feed: (inout LineSplitter, (ArraySlice<UInt8>) -> Void) -> Void
    ) -> [Report] {
        guard var splitter = splitters[stream] else { return [] }
        // Out of the dictionary while it is changed, or its buffer would be copied.
        splitters[stream] = nil
        defer { splitters[stream] = splitter }
        var reports = waits(time) ? [] : release()
        feed(&splitter) { line in
            // Nearly all lines of a chatty script are none of ours.
            guard
                ByteSearch.contains(UInt8(ascii: "="), in: line) || ByteSearch.contains(UInt8(ascii: ":"), in: line)
                    || ByteSearch.contains(UInt8(ascii: "/"), in: line) || ProgressLine.mayBegin(line)
            else { return }
            let line = TerminalText.plain(line)
            let isPrinted = stream != .metricsFile
            for index in sources.indices where sources[index].stream == (isPrinted ? .output : stream) {
                guard var reading = sources[index].source.read(line) else { continue }
                if isPrinted {
                    guard let own = echo.without(reading) else { continue }
                    reading = own
                }
                if let report = accept(reading, from: index, isRepeat: false, time) { reports.append(report) }
            }
        }
        return reports
    }

    /// Whether a guess waits at `time`.
    private func waits(_ time: Timestamp) -> Bool {
        recordsSince.map { Int(time.milliseconds) - Int($0.milliseconds) < Self.patience } ?? false
    }

    /// The guesses that nothing else has turned out to give.
    private mutating func release() -> [Report] {
        defer { held = [] }
        return held.compactMap { give($0.reading, from: $0.source, isRepeat: false, $0.time) }
    }

    private mutating func accept(
        _ reading: MetricReading, from source: Int, isRepeat: Bool, _ time: Timestamp
    ) -> Report? {
        guard reading.isGuess, waits(time) else { return give(reading, from: source, isRepeat: isRepeat, time) }
        if held.count < Self.maximumHeld { held.append((reading, source, time)) }
        return nil
    }

    private mutating func give(
        _ reading: MetricReading, from source: Int, isRepeat: Bool, _ time: Timestamp
    ) -> Report? {
        var metrics: [String: Double] = [:]
        metrics.reserveCapacity(reading.metrics.count)
        for (name, value) in reading.metrics
        where isNew(name, reading.step, source, isRepeat: isRepeat, isGuess: reading.isGuess) {
            metrics[name] = value
        }
        guard !metrics.isEmpty else { return nil }
        return Report(step: reading.step, time: reading.time ?? time, metrics: metrics, source: sourceNames[source])
    }

    /// Whether no other source has given this point; remembers it if so.
    private mutating func isNew(_ name: String, _ step: Int?, _ source: Int, isRepeat: Bool, isGuess: Bool = false)
        -> Bool
    {
        guard let index = names[name] else {
            guard given.count < Self.maximumNames || name == objective else {
                droppedNames += 1
                return false
            }
            names[name] = given.count
            var first = Given(source: source)
            if let step { first.steps.insert(step) }
            given.append([first])
            return true
        }
        var own: Int?
        for (place, other) in given[index].enumerated() {
            if other.source == source {
                own = place
                if isRepeat, step.map(other.steps.contains) ?? true { return false }
            } else {
                guard let step, !isGuess, !other.steps.contains(step) else { return false }
            }
        }
        if own == nil {
            own = given[index].count
            given[index].append(Given(source: source))
        }
        if let step, let own { given[index][own].steps.insert(step) }
        return true
    }
}
