import SweepModel
import SweepRecord
import Testing

/// What every metric source has to do; runs over `BuiltIns.metricSources`.
@Suite struct MetricSourceConformance {
    static let indices = Array(BuiltIns.metricSources.indices)
    private let time = Timestamp(milliseconds: 1)

    private func expected(_ type: any MetricSource.Type) -> [String: String] {
        Dictionary(uniqueKeysWithValues: type.sample.reading.metrics.map { ($0.name, "\($0.value)") })
    }

    @Test(arguments: indices) func `reads its sample in whatever pieces it comes`(index: Int) throws {
        let type = BuiltIns.metricSources[index]
        let bytes = Array((type.sample.line + "\r\n").utf8)
        for size in 1...bytes.count {
            var collector = MetricCollector(sources: [type])
            var reports: [Report] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let piece = Array(bytes[start..<min(start + size, bytes.count)])
                reports += collector.take(piece, from: type.stream, time: time)
            }
            try #require(reports.count == 1, "pieces of \(size)")
            #expect(reports[0].step == type.sample.reading.step)
            #expect(reports[0].metrics.mapValues { "\($0)" } == expected(type))
            #expect(collector.consumed(type.stream) == bytes.count)
        }
    }

    @Test(arguments: indices) func `reads its sample without a line feed when the trial ends`(index: Int) {
        let type = BuiltIns.metricSources[index]
        var collector = MetricCollector(sources: [type])
        #expect(collector.take(Array(type.sample.line.utf8), from: type.stream, time: time).isEmpty)
        #expect(collector.consumed(type.stream) == 0)
        #expect(collector.finish(time: time).count == 1)
        #expect(collector.finish(time: time).isEmpty)
    }

    @Test(arguments: indices) func `goes on after garbage of every kind`(index: Int) {
        let type = BuiltIns.metricSources[index]
        var collector = MetricCollector(sources: [type])
        var generator = SplitMix64(seed: 7)
        for round in 0..<400 {
            var bytes = (0..<(round % 200)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if round % 3 == 0 { bytes += Array(type.sample.line.utf8).shuffled(using: &generator) }
            _ = collector.take(bytes + [0x0A], from: type.stream, time: time)
        }
        let deep = String(repeating: "{\"a\":", count: 5000) + "1" + String(repeating: "}", count: 5000) + "\n"
        _ = collector.take(Array(deep.utf8), from: type.stream, time: time)
        let reports = collector.take(Array((type.sample.line + "\n").utf8), from: type.stream, time: time)
        #expect(reports.count == 1)
    }

    @Test(arguments: indices) func `skips a line of 50 MB and reads the next one`(index: Int) {
        let type = BuiltIns.metricSources[index]
        var collector = MetricCollector(sources: [type])
        let piece = [UInt8](repeating: UInt8(ascii: "="), count: 1 << 20)
        for _ in 0..<50 { #expect(collector.take(piece, from: type.stream, time: time).isEmpty) }
        let rest = Array(("\n" + type.sample.line + "\n").utf8)
        #expect(collector.take(rest, from: type.stream, time: time).count == 1)
        #expect(collector.consumed(type.stream) == 50 << 20 + rest.count)
    }
}
