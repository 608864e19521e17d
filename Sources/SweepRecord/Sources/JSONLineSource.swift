/// A JSON object printed on a line of its own: `{"step": 3, "val_loss": 0.25}`.
struct JSONLineSource: MetricSource {
    static let name = "stdout json"
    static let stream = MetricStream.output
    static let sample = (
        line: #"{"step": 3, "val": {"loss": 0.25}, "note": "warm"}"#,
        reading: MetricReading(step: 3, metrics: [("val.loss", 0.25)])
    )

    mutating func read(_ line: ArraySlice<UInt8>) -> MetricReading? {
        MetricName.object(line).flatMap { MetricName.reading(MetricName.flatten($0)) }
    }
}
