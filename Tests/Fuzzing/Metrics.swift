import SweepModel
import SweepRecord

/// What trials print: every source alone, and all of them together in pieces cut anywhere.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    for type in BuiltIns.metricSources {
        var source = type.init()
        for line in bytes.split(separator: UInt8(ascii: "\n")) { _ = source.read(line) }
    }
    let time = Timestamp(milliseconds: 1)
    var whole = MetricCollector(objective: "loss")
    let expected = MetricStream.allCases.flatMap { whole.take(bytes, from: $0, time: time) } + whole.finish(time: time)
    var pieces = MetricCollector(objective: "loss")
    let cut = Int(bytes.first ?? 0) % max(1, bytes.count)
    let found =
        MetricStream.allCases.flatMap { stream in
            pieces.take(Array(bytes[..<cut]), from: stream, time: time)
                + pieces.take(Array(bytes[cut...]), from: stream, time: time)
        } + pieces.finish(time: time)
    guard describe(expected) == describe(found) else { fatalError("cut at \(cut), the metrics are others") }
    return 0
}

private func describe(_ reports: [Report]) -> [String] {
    reports.map { report in
        "\(report.step ?? -1) " + report.metrics.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined()
    }
}
