/// JSON lines that the script appends to `$SWEEP_METRICS_FILE`: exact, and apart from everything that it prints.
struct MetricsFileSource: MetricSource {
    static let name = "metrics file"
    static let stream = MetricStream.metricsFile
    static let sample = (
        line: #"{"epoch": 2, "loss": NaN, "acc": 1}"#,
        reading: MetricReading(step: 2, metrics: [("loss", .nan), ("acc", 1)])
    )

    mutating func read(_ line: ArraySlice<UInt8>) -> MetricReading? {
        MetricName.object(line).flatMap { MetricName.reading(MetricName.flatten($0)) }
    }
}
