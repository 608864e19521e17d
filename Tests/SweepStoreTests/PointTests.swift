import GRDB
import SweepModel
import Testing

@testable import SweepStore

@Suite struct PointCodingTests {
    private func roundTrip(_ values: [Double]) throws -> (bytes: Int, values: [Double]) {
        var series = PointSeries()
        for (index, value) in values.enumerated() {
            series.append(report: Int64(index), step: index, time: 1_000 * Int64(index), value: value)
        }
        let bytes = PointChunk.encode(series)
        var read = PointSeries()
        try bytes.withUnsafeBytes { try PointChunk.decode($0, into: &read) }
        #expect(read.steps == series.steps)
        #expect(read.times == series.times)
        #expect(read.reports == series.reports)
        return (bytes.count, read.values)
    }

    private static let odd: [Double] = [
        .nan, .infinity, -.infinity, -0.0, 0, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
        Double(bitPattern: 0x7FF8_0000_DEAD_BEEF), 1e300, 0.1 + 0.2, 9_007_199_254_740_992,
    ]

    private static let columns: [[Double]] = {
        var columns: [[Double]] = [odd, [], [0.5], Array(repeating: 0.25, count: 900)]
        columns.append((0..<2000).map { Double($0) / 1000 })
        columns.append((0..<2000).map { Double($0 * $0 % 997) / 100 } + [Double.nan, -0.0])
        columns.append((0..<999).map { Double(Float($0) / 7) })
        columns.append((0..<1500).map { 1 / Double($0 + 1) })
        columns.append((0..<300).map { Double($0) } + odd)
        return columns
    }()

    @Test(arguments: columns)
    func `values come back bit by bit, whatever coding takes the least room`(values: [Double]) throws {
        let read = try roundTrip(values)
        #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern))
        #expect(read.bytes <= 9 * values.count + 32)
    }

    @Test func `regular steps take no room, printed values two bytes, and any at most nine`() throws {
        let printed = try roundTrip((0..<4096).map { Double(5_000 - $0 % 37) / 10_000 })
        #expect(printed.bytes < 4096 * 2)
        let single = try roundTrip((0..<4096).map { Double(Float($0) / 7) })
        #expect(single.bytes < 4096 * 6)
    }

    @Test func `steps that are missing, go back or are huge come back`() throws {
        var series = PointSeries()
        for (index, step) in [nil, 0, 5, 3, Int.max, nil, Int.min + 1, 7].enumerated() {
            series.append(report: Int64(index * 3), step: step, time: Int64.max - Int64(index), value: 1)
        }
        var read = PointSeries()
        try PointChunk.encode(series).withUnsafeBytes { try PointChunk.decode($0, into: &read) }
        #expect(read == series)
        #expect(read.step(0) == nil)
        #expect(read.step(4) == .max)
    }

    @Test func `damaged bytes are an error, never a crash`() throws {
        var series = PointSeries()
        for index in 0..<500 {
            series.append(report: Int64(index), step: index, time: Int64(index), value: Double(index * 31 % 17) / 10)
        }
        let chunk = PointChunk.encode(series)
        let block = ReportBlock.encode([Report(step: 1, time: Timestamp(milliseconds: 5), metrics: ["a": 1, "b": 2])])
        var generator = SplitMix64(seed: 7)
        for round in 0..<3_000 {
            var bytes = round.isMultiple(of: 2) ? chunk : block
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if round.isMultiple(of: 3) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
            bytes.withUnsafeBytes { bytes in
                var read = PointSeries()
                try? PointChunk.decode(bytes, into: &read)
                _ = try? ReportBlock.decode(bytes)
                #expect(read.count <= PointChunk.capacity)
            }
        }
        #expect(throws: BlockDamage.self) {
            var read = PointSeries()
            try chunk.dropLast(1).withUnsafeBytes { try PointChunk.decode($0, into: &read) }
        }
    }

    @Test func `a view keeps each stretch's lowest and highest point`() {
        var values = (0..<100_000).map { Double($0 % 100) }
        values[55_555] = 1e6
        values[70_001] = -.infinity
        values[3] = .nan
        let view = MinMaxView(steps: (0..<100_000).map { Int64($0 * 2) }, values: values, width: 500)
        #expect(view.stretches.count == 500)
        #expect(view.hasSteps)
        #expect(view.stretches.map(\.points).reduce(0, +) == 100_000)
        #expect(view.stretches.contains { $0.high == 1e6 && $0.highX == 111_110 })
        #expect(view.stretches.contains { $0.low == -.infinity && $0.lowX == 140_002 })
        let few = MinMaxView(steps: [PointSeries.noStep, 5], values: [1, 2], width: 500)
        #expect(!few.hasSteps)
        #expect(few.stretches.map(\.lowX) == [0, 1])
        #expect(MinMaxView(steps: [], values: [], width: 0).stretches.isEmpty)
    }
}

@Suite struct PointStoreTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.open(folder.file("sweep.db"))
        try store.apply(Array(Sample.running.prefix(5)))
    }

    private func count(_ table: String) throws -> Int {
        try store.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }

    /// `messages` messages of `size` reports with a `loss` each, and an `acc` with every tenth.
    private func append(_ messages: Int, of size: Int, from start: Int = 0) throws -> [Report] {
        var all: [Report] = []
        for message in 0..<messages {
            let reports = (0..<size).map { index in
                let step = start + message * size + index
                var metrics = ["loss": 1 / Double(step + 1)]
                if step.isMultiple(of: 10) { metrics["acc"] = Double(step) / 1000 }
                return Report(
                    step: step, time: Sample.time(10_000 + Int64(step)), metrics: metrics, source: "wandb")
            }
            try store.apply([.reportsAppended(Sample.attempt, sequence: 2 + start + message, reports)])
            all += reports
        }
        return all
    }

    @Test func `extents are of all points, packed and loose, and NaN is no least or greatest`() throws {
        let values = (0..<9_000).map { Double(($0 * 7919) % 9_000) - 100 }
        let reports = values.enumerated().map { index, value in
            Report(
                step: index, time: Sample.time(Int64(index)),
                metrics: ["loss": index == 5 ? .nan : value, "other": 1], source: "wandb")
        }
        for (number, start) in stride(from: 0, to: reports.count, by: 500).enumerated() {
            let part = Array(reports[start..<min(reports.count, start + 500)])
            try store.apply([.reportsAppended(Sample.attempt, sequence: number + 2, part)])
        }
        #expect(try count("chunks") > 0)
        #expect(try count("blocks") > 0)
        let extents = try store.extents(["loss", "nothing"], of: Sample.attempt)
        let finite = values.indices.filter { $0 != 5 }.map { values[$0] }
        #expect(extents[0].min == finite.min() && extents[0].max == finite.max())
        #expect(extents[0].first == values.first && extents[0].last == values.last)
        let mean = finite.reduce(0, +) / Double(finite.count)
        #expect(abs((extents[0].mean ?? .nan) - mean) < 1e-9)
        #expect(extents[1].min == nil && extents[1].first == nil && extents[1].mean == nil)
    }

    @Test func `points come back the same, packed or not, and from anywhere`() throws {
        let reports = try append(120, of: 100)
        #expect(try count("chunks") > 2)
        #expect(try count("blocks") > 0)
        #expect(try store.reports(Sample.attempt) == reports)
        #expect(try store.reports(Sample.attempt, skipping: 4_000, limit: 300) == Array(reports[4_000..<4_300]))
        #expect(try store.reports(Sample.attempt, skipping: 11_990, limit: 300) == Array(reports[11_990...]))
        #expect(try store.reports(Sample.attempt, skipping: 12_000, limit: 300).isEmpty)
        var seen = 0
        try store.forEachReport(Sample.attempt) { report in
            if report == reports[seen] { seen += 1 }
        }
        #expect(seen == 12_000)
        let acc = try store.points("acc", of: Sample.attempt)
        #expect(acc.values == reports.compactMap { $0.metrics["acc"] })
        #expect(acc.steps == stride(from: 0, to: 12_000, by: 10).map { Int64($0) })
        #expect(try store.points("nothing", of: Sample.attempt).count == 0)
        #expect(
            try store.metrics(of: Sample.attempt) == [
                MetricSummary(name: "acc", sources: ["wandb"], points: 1_200),
                MetricSummary(name: "loss", sources: ["wandb"], points: 12_000),
            ])
        let view = try store.view("loss", of: Sample.attempt, width: 100)
        #expect(view.points == 12_000)
        #expect(view.stretches.count == 100)
        #expect(view.stretches.first?.high == 1)
        let live = try #require(try store.loaded(LoadWishes(metrics: ["loss"], track: true, position: "acc")).first)
        let track = try #require(live.trials.first?.live?.track)
        #expect(track.count == 12_000)
        #expect(track[5_005].position == 5.0)
        #expect(track[5_005].value == reports[5_005].metrics["loss"])
    }

    @Test func `an attempt that ends is packed when it is worth it, and a message taken twice is there once`() throws {
        let reports = try append(40, of: 3)
        try store.apply([.reportsAppended(Sample.attempt, sequence: 10, reports)])
        #expect(try count("chunks") == 0)
        try store.apply([
            .attemptEnded(Sample.attempt, sequence: nil, .completed, reason: nil, nil, at: Sample.time(99_000))
        ])
        #expect(try count("chunks") == 2)
        #expect(try count("blocks") == 0)
        #expect(try store.reports(Sample.attempt) == reports)
        try store.apply([.sweepDeleted(Sample.sweep)])
        #expect(try count("chunks") == 0)
        #expect(try count("series") == 0)
    }

    @Test func `a metric from two sources keeps the order in which its points came`() throws {
        let reports = (0..<6_000).map { index in
            Report(
                step: index, time: Sample.time(Int64(index)), metrics: ["loss": Double(index)],
                source: index / 100 % 2 == 0 ? "stdout" : nil)
        }
        try store.apply([.reportsAppended(Sample.attempt, sequence: 2, reports)])
        #expect(try count("blocks") == 0)
        #expect(try store.points("loss", of: Sample.attempt).values == reports.map { $0.metrics["loss"] })
        #expect(try store.reports(Sample.attempt) == reports)
    }

    @Test func `ten thousand metrics do not become ten thousand chunks of a point`() throws {
        let metrics = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("m\($0)", Double($0)) })
        for step in 0..<3 {
            try store.apply([
                .reportsAppended(
                    Sample.attempt, sequence: 2 + step,
                    [Report(step: step, time: Sample.time(Int64(step)), metrics: metrics)])
            ])
        }
        #expect(try count("chunks") == 0)
        #expect(try store.points("m77", of: Sample.attempt).values == [77, 77, 77])
        #expect(try store.metrics(of: Sample.attempt).count == 10_000)
    }

    @Test func `a damaged chunk is told of`() throws {
        _ = try append(50, of: 100)
        try store.pool.write { try $0.execute(sql: "UPDATE chunks SET data = substr(data, 1, 100)") }
        let error = #expect(throws: SweepError.self) { try store.reports(Sample.attempt) }
        #expect(error?.message.contains("damaged points") == true)
    }
}
