import SweepModel
import SweepRecord

/// What trials print: every source alone, and all of them together in pieces cut anywhere. And the files that they leave.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    for type in BuiltIns.metricSources {
        var source = type.init()
        for line in bytes.split(separator: UInt8(ascii: "\n")) { _ = source.read(line) }
    }
    files(bytes)
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

/// The same bytes give the same readings, in whatever pieces they come.
private func files(_ bytes: [UInt8]) {
    let cut = Int(bytes.last ?? 0) % max(1, bytes.count)
    for type in BuiltIns.fileSources {
        var readings: [String] = []
        var whole = type.init(prefix: "")
        whole.read(bytes) { readings.append("\($0)") }
        whole.finish { readings.append("\($0)") }
        var others: [String] = []
        var pieces = type.init(prefix: "")
        pieces.read(Array(bytes[..<cut])) { others.append("\($0)") }
        pieces.read(Array(bytes[cut...])) { others.append("\($0)") }
        pieces.finish { others.append("\($0)") }
        guard readings == others else { fatalError("\(type.name): cut at \(cut), the readings are others") }
    }
    var logged = WandbArtifact.Reader()
    logged.take(bytes)
    for artifact in logged.artifacts { _ = artifact.files.map(\.path) }
}

private func describe(_ reports: [Report]) -> [String] {
    reports.map { report in
        "\(report.step ?? -1) " + report.metrics.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined()
    }
}
