package import SweepModel
import SweepRecord

/// What a trial used of its machine: of each system metric the least, the mean and the most, from the lines of
/// `RecordFileName.system`.
///
/// The lines of a long trial are means over longer and longer times (`SystemThinning`), so each counts by the time since
/// the one before it. Taken a piece at a time: the file may be large, and is another machine's, so every size is bounded.
package struct SystemSummary: Sendable {
    package struct Metric: Equatable, Sendable {
        /// W&B's, with `system.` before it.
        package var name: String
        package var least: Double
        package var most: Double
        package var last: Double
        fileprivate var sum: Double
        fileprivate var seconds: Double

        package var mean: Double { sum / seconds }

        /// It counts from the trial's start: only the last value says anything.
        package var isTotal: Bool {
            name.hasPrefix("system.network.") || name == "system.disk.in" || name == "system.disk.out"
        }
    }

    static let mostMetrics = 1000
    static let longestLine = 256 << 10
    /// Seconds for which the first line counts, and at most any other one.
    static let firstWeight = 2.0
    static let mostWeight = 60.0

    /// By name.
    package var metrics: [Metric] { places.sorted { $0.key < $1.key }.map { gathered[$0.value] } }
    package var isEmpty: Bool { gathered.isEmpty }

    private var gathered: [Metric] = []
    private var places: [String: Int] = [:]
    private var lastTime: Double?
    private var splitter = LineSplitter(longest: longestLine)

    package init() {}

    /// The next bytes of the file.
    package mutating func add(_ bytes: [UInt8]) {
        var splitter = splitter
        splitter.take(bytes) { line(Array($0)) }
        self.splitter = splitter
    }

    /// What is no line of the agent's is left out.
    private mutating func line(_ bytes: [UInt8]) {
        guard let members = (try? JSONParser.parse(bytes))?.members,
            let time = members.first(where: { $0.key == "time" })?.value.number, time.isFinite
        else { return }
        let gap = lastTime.map { (time - $0) / 1000 } ?? Self.firstWeight
        lastTime = time
        // A clock that was set back makes no line count for nothing.
        let weight = min(max(gap, 0.1), Self.mostWeight)
        for member in members where member.key.hasPrefix("system.") {
            // Neither NaN, nor so large that a sum of them is no number.
            if let value = member.value.number, value.magnitude < 1e30 { add(member.key, value, weight) }
        }
    }

    private mutating func add(_ name: String, _ value: Double, _ weight: Double) {
        guard let place = places[name] else {
            guard gathered.count < Self.mostMetrics, name.utf8.count <= 200 else { return }
            places[name] = gathered.count
            gathered.append(
                Metric(name: name, least: value, most: value, last: value, sum: value * weight, seconds: weight))
            return
        }
        var metric = gathered[place]
        metric.least = min(metric.least, value)
        metric.most = max(metric.most, value)
        metric.last = value
        metric.sum += value * weight
        metric.seconds += weight
        gathered[place] = metric
    }
}

extension SystemSummary {
    /// Lines of a terminal that it takes at most; `--json` has all of it.
    static let mostLines = 60

    package var lines: [StyledLine] {
        guard !isEmpty else { return [] }
        var facts = FactList()
        for metric in metrics.prefix(Self.mostLines) {
            facts.add(String(metric.name.dropFirst("system.".count)), Self.text(metric))
        }
        let left = metrics.count - Self.mostLines
        return [StyledLine([("system", .dim)])] + facts.lines(indent: 2)
            + (left > 0 ? [StyledLine([("  and \(left) more (--json)", .dim)])] : [])
    }

    /// `mean 41 %, 3.5 to 99`, or the total.
    private static func text(_ metric: Metric) -> String {
        let unit = unit(metric.name)
        guard !metric.isTotal else {
            return (unit == "B" ? ValueText.bytes(metric.last) : ValueText.number(metric.last) + space(unit))
                + " in all"
        }
        let mean = "\(ValueText.number(metric.mean))\(space(unit))"
        guard metric.least < metric.most else { return mean }
        return "mean \(mean), \(ValueText.number(metric.least)) to \(ValueText.number(metric.most))"
    }

    private static func space(_ unit: String) -> String { unit.isEmpty ? "" : " \(unit)" }

    /// The unit of one of W&B's names; empty where it counts.
    private static func unit(_ name: String) -> String {
        let last = name.split(separator: ".").last.map(String.init) ?? ""
        switch last {
        case "cpu", "memory_percent", "percent", "usagePercent", "gpu", "memory", "memoryAllocated", "powerPercent":
            return "%"
        case "rssMB", "availableMB", "in", "out": return "MiB"
        case "usageGB": return "GiB"
        case "temp": return "°C"
        case "recv", "sent", "memoryAllocatedBytes": return "B"
        default: return last.hasSuffix("Watts") ? "W" : ""
        }
    }

    /// `{NAME: {"min":…, "mean":…, "max":…, "last":…}}`; of totals only `last`.
    package var document: ParameterValue {
        .object(
            metrics.map { metric in
                let range: [ParameterValue.Member] =
                    metric.isTotal
                    ? []
                    : [
                        .init("min", .double(metric.least)), .init("mean", .double(metric.mean)),
                        .init("max", .double(metric.most)),
                    ]
                return .init(metric.name, .object(range + [.init("last", .double(metric.last))]))
            })
    }
}

extension ValueText {
    /// Bytes that were counted as a fraction may be; beyond what a whole number holds, as a number.
    fileprivate static func bytes(_ count: Double) -> String {
        Int(exactly: count.rounded()).map { bytes($0) } ?? "\(number(count)) B"
    }
}
