/// What a script's metrics are drawn over: `define_metric("val/*", step_metric="epoch")`, which Lightning and the Hugging Face
/// Trainer call as well, since W&B's own `_step` only counts calls of `log`.
struct WandbSteps: Sendable {
    private static let maximumDefinitions = 1000

    private var exact: [String: String] = [:]
    /// `val/*` without its star, with the metric to draw over; the one that was defined first counts.
    private var globs: [(prefix: String, step: String)] = []
    /// The metrics to draw over, without those that have been no whole number.
    private var names: Set<String> = []
    /// Their last values.
    private var values: [String: Int] = [:]

    /// `MetricRecord`: name = 1, glob_name = 2, step_metric = 4.
    mutating func define(_ message: UnsafeRawBufferPointer) {
        var name = ""
        var glob = ""
        var step = ""
        message.eachField { number, value in
            switch number {
            case 1: name = value.text
            case 2: glob = value.text
            case 4: step = value.text
            default: break
            }
        }
        guard exact.count + globs.count < Self.maximumDefinitions else { return }
        // Without a step metric it counts as well: against a glob.
        if !name.isEmpty {
            exact[name] = step
        } else if glob.hasSuffix("*") {
            globs.append((String(glob.dropLast()), step))
        } else {
            return
        }
        if !step.isEmpty, !step.hasPrefix("_") { names.insert(step) }
    }

    /// A row, each metric of it at the step that it is drawn over: one reading for each such step.
    ///
    /// - Parameter prefix: what stands before the names that the script gave.
    mutating func place(_ row: MetricReading, prefix: String) -> [MetricReading] {
        guard !names.isEmpty else { return row.metrics.isEmpty ? [] : [row] }
        let own = row.metrics.map { prefix.isEmpty ? $0.name : String($0.name.dropFirst(prefix.count)) }
        for (name, metric) in zip(own, row.metrics) where names.contains(name) {
            values[name] = Int(exactly: metric.value).flatMap { $0 >= 0 ? $0 : nil }
            if values[name] == nil { names.remove(name) }
        }
        var readings: [MetricReading] = []
        for (name, metric) in zip(own, row.metrics) {
            let step = step(of: name) ?? row.step
            if let place = readings.firstIndex(where: { $0.step == step }) {
                readings[place].metrics.append(metric)
            } else {
                readings.append(MetricReading(step: step, time: row.time, metrics: [metric]))
            }
        }
        return readings
    }

    private func step(of name: String) -> Int? {
        // A step metric is drawn over itself.
        let metric =
            names.contains(name) ? name : exact[name] ?? globs.first { name.hasPrefix($0.prefix) }?.step
        return metric.flatMap { values[$0] }
    }
}
