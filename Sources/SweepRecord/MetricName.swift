import SweepModel

/// What names mean in a line of metrics, whichever way the line is written.
enum MetricName {
    /// Names of the step, the first one that is there counts.
    static let steps = ["step", "_step", "global_step", "epoch", "iteration"]

    /// Clocks: no metric.
    static let clocks: Set = ["timestamp", "_timestamp", "_runtime"]

    static let maximumLength = 256

    /// Takes the step out of a line's values. What is left are metrics; an epoch stays one where the line also has a
    /// step, and so does a step that is no whole number.
    static func reading(_ values: [(name: String, value: Double)]) -> MetricReading? {
        var metrics = values.filter { !clocks.contains($0.name) && $0.name.utf8.count <= maximumLength }
        var step: Int?
        for name in steps {
            guard let index = metrics.lastIndex(where: { $0.name == name }) else { continue }
            let isEpoch = name == "epoch" || name == "iteration"
            if let whole = Int(exactly: metrics[index].value), whole >= 0 {
                if step == nil {
                    step = whole
                    metrics.removeAll { $0.name == name }
                } else if !isEpoch {
                    metrics.removeAll { $0.name == name }
                }
            }
        }
        return metrics.isEmpty ? nil : MetricReading(step: step, metrics: metrics)
    }

    /// The numbers of a JSON object. Objects inside are flattened with a point, as W&B does; text, booleans, lists and
    /// nulls are no metrics.
    static func flatten(_ members: [ParameterValue.Member], prefix: String = "") -> [(name: String, value: Double)] {
        var values: [(name: String, value: Double)] = []
        for member in members {
            let name = prefix + member.key
            if let number = member.value.number {
                values.append((name, number))
            } else if let inner = member.value.members, name.utf8.count <= maximumLength {
                values += flatten(inner, prefix: name + ".")
            }
        }
        return values
    }

    /// A line that is one JSON object; nil for any other.
    static func object(_ line: ArraySlice<UInt8>) -> [ParameterValue.Member]? {
        let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let start = line.firstIndex(where: { !isSpace($0) }), line[start] == UInt8(ascii: "{"),
            let end = line.lastIndex(where: { !isSpace($0) }), line[end] == UInt8(ascii: "}")
        else { return nil }
        return (try? JSONParser.parse(Array(line[start...end])))?.members
    }
}
