import SweepModel
import SweepStore

/// Some metrics of one attempt, as they came.
struct SeriesSet: Sendable {
    private(set) var series: [String: SeriesBuckets] = [:]
    /// Every metric that was reported, chosen or not, up to `maximumNames`.
    private(set) var names: Set<String> = []
    private(set) var hiddenNames = 0
    /// The first report's time: what relative time begins at, in milliseconds.
    private(set) var origin: Int64?

    private static let maximumNames = 10_000

    private var reports = 0
    private let most: Int
    private let isChosen: @Sendable (String) -> Bool

    /// - Parameters:
    ///   - most: how many metrics are kept.
    ///   - isChosen: whether a metric is.
    init(most: Int, _ isChosen: @escaping @Sendable (String) -> Bool) {
        self.most = most
        self.isChosen = isChosen
    }

    init(
        _ store: Store, _ attempt: AttemptID, most: Int, _ isChosen: @escaping @Sendable (String) -> Bool
    ) throws(SweepError) {
        var set = SeriesSet(most: most, isChosen)
        try store.forEachReport(attempt) { set.add($0.step, $0.time, $0.metrics) }
        self = set
        hiddenNames = names.count(where: isChosen) - series.count
    }

    /// Values without a step have the place of their report.
    mutating func add(_ step: Int?, _ time: Timestamp, _ values: [String: Double]) {
        origin = origin ?? time.milliseconds
        let step = step.map(Double.init) ?? Double(reports)
        reports += 1
        for (name, value) in values {
            if names.count < Self.maximumNames { names.insert(name) }
            guard series[name] != nil || series.count < most && isChosen(name) else { continue }
            series[name, default: SeriesBuckets()].add(.init(step: step, value: value, time: time.milliseconds))
        }
    }

    func write(width: Int, into json: inout JSONBytes) {
        let origin = origin ?? 0
        json.member("origin", Int(origin))
        json.array("series") { json in
            for (name, buckets) in series.sorted(by: { $0.key < $1.key }) {
                let points = buckets.thinned(width: width)
                json.object { json in
                    json.member("name", name)
                    json.member("points", buckets.count)
                    json.member("nonFinite", buckets.nonFinite)
                    json.members("step", points.map(\.step))
                    json.members("value", points.map(\.value))
                    json.members("time", points.map { Int($0.time - origin) })
                }
            }
        }
    }
}

extension TrialSnapshot {
    func write(into json: inout JSONBytes) {
        json.member("id", progress.id.description)
        json.member("number", progress.id.number)
        json.member("state", progress.state.rawValue)
        json.member("attempt", progress.attempt)
        json.member("point", record.point)
        json.member("repetition", record.repetition)
        json.member("params", .object(record.parameters))
        json.object("metrics") { json in
            for (name, value) in (progress.metrics ?? [:]).sorted(by: { $0.key < $1.key }) { json.member(name, value) }
        }
        json.member("objective", progress.objective)
        json.member("step", progress.step)
        json.member("agent", agentName)
        json.member("slot", slot)
        json.member("exit", exit)
        json.member("reason", progress.reason)
        json.member("failures", progress.failures)
        json.member("losses", progress.losses)
        json.member("created", record.created)
        json.member("started", progress.started)
        json.member("ended", progress.ended)
        json.member("peakMemory", peakMemory)
    }
}

extension AttemptSnapshot {
    func write(into json: inout JSONBytes) {
        json.member("attempt", id.number)
        json.member("agent", agentName)
        json.member("host", host)
        json.member("slot", slot)
        json.member("assigned", assigned)
        json.member("started", started)
        json.member("ended", ended)
        json.member("outcome", outcome?.rawValue)
        json.member("exit", exit)
        json.member("reason", reason)
        json.member("stopReason", end?.stopReason?.rawValue)
        json.member("launchError", end?.launchError)
        json.member("lastLine", end?.lastLine)
        json.member("peakMemory", end?.peakMemory)
        json.member("cpuSeconds", end?.cpuSeconds)
        json.member("directory", directory)
        if let argv { json.members("argv", argv) }
    }
}
