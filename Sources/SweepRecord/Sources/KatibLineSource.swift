/// Katib's own format: `{metricName: accuracy, metricValue: 0.99}`, one or several on a line. Its `name=value` lines are
/// read as any others are.
struct KatibLineSource: MetricSource {
    static let name = "stdout katib"
    static let stream = MetricStream.output
    static let sample = (
        line:
            "2024-01-01T00:00:00Z INFO {metricName: accuracy, metricValue: 0.99};{metricName: loss, metricValue: 1e-3}",
        reading: MetricReading(metrics: [("accuracy", 0.99), ("loss", 0.001)])
    )

    private static let opening = Array("{metricName:".utf8)
    private static let middle = Array("metricValue:".utf8)

    mutating func read(_ line: ArraySlice<UInt8>) -> MetricReading? {
        guard var rest = ByteSearch.after(Self.opening, in: line) else { return nil }
        var values: [(name: String, value: Double)] = []
        while true {
            guard let comma = rest.firstIndex(of: UInt8(ascii: ",")),
                let close = rest.firstIndex(of: UInt8(ascii: "}")), comma < close,
                let value = ByteSearch.after(Self.middle, in: rest[comma..<close])
            else { break }
            let name = String(decoding: rest[..<comma].filter { $0 != 0x20 }, as: UTF8.self)
            if !name.isEmpty, let number = NumberText.parse(Array(value.filter { $0 != 0x20 })[...]) {
                values.append((name, number))
            }
            guard let next = ByteSearch.after(Self.opening, in: rest[close...]) else { break }
            rest = next
        }
        return values.isEmpty ? nil : MetricName.reading(values)
    }
}
