package import SweepModel

/// Makes the lines that are kept out of the samples that are taken: all of the first ten minutes (every 2 s), then means
/// over 10 s, after two hours over a minute. A week is then 6 MB with one GPU.
package struct SystemThinning {
    private var sums: [String: (sum: Double, count: Double)] = [:]
    private var order: [String] = []
    private var started: Timestamp?
    private var lastLine: Timestamp?

    /// The line that is due; nil while a mean is being gathered. `values` have finite numbers.
    package init() {}

    package mutating func add(_ values: [(name: String, value: Double)], time: Timestamp) -> [UInt8]? {
        for (name, value) in values where value.isFinite {
            if let before = sums[name] {
                sums[name] = (before.sum + value, before.count + 1)
            } else {
                sums[name] = (value, 1)
                order.append(name)
            }
        }
        let begin = started ?? time
        started = begin
        let age = time.seconds(since: begin)
        let period = age < 600 ? 0 : age < 7200 ? 10.0 : 60
        // Half a sample early is on time.
        if let lastLine, time.seconds(since: lastLine) < period - 1 { return nil }
        lastLine = time
        defer {
            sums.removeAll(keepingCapacity: true)
            order.removeAll(keepingCapacity: true)
        }
        var members: [ParameterValue.Member] = [.init("time", .int(Int(time.milliseconds)))]
        for name in order {
            if let mean = sums[name] { members.append(.init(name, .double(Self.short(mean.sum / mean.count)))) }
        }
        return ParameterValue.object(members).jsonBytes()
    }

    /// Four significant digits below a thousand, whole numbers above.
    private static func short(_ value: Double) -> Double {
        guard abs(value) < 1000 else { return value.rounded() }
        return (value * 1000).rounded() / 1000
    }
}
