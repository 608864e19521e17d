import SweepModel
import SweepRecord
import Testing

/// What every kind of record file has to do; runs over `BuiltIns.fileSources`.
@Suite struct MetricFileConformance {
    static let indices = Array(BuiltIns.fileSources.indices)

    private func readings(_ type: any MetricFileSource.Type, _ pieces: [[UInt8]], ends: Bool = true) -> [FileReading] {
        var source = type.init(prefix: "")
        var readings: [FileReading] = []
        for piece in pieces { source.read(piece) { readings.append($0) } }
        if ends { source.finish { readings.append($0) } }
        return readings
    }

    @Test(arguments: indices) func `reads its sample in whatever pieces it comes`(index: Int) {
        let type = BuiltIns.fileSources[index]
        let names = [type.sample.file, "train.py"].map { type.reads(fileName: $0) }
        #expect(names == [true, false])
        let bytes = type.sample.bytes
        for size in 1...bytes.count {
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            #expect(readings(type, pieces) == type.sample.readings, "pieces of \(size)")
        }
    }

    @Test(arguments: indices) func `half a record says nothing until its rest is there`(index: Int) {
        let type = BuiltIns.fileSources[index]
        let bytes = type.sample.bytes
        var last = 0
        for count in 0..<bytes.count {
            let found = readings(type, [Array(bytes[..<count])], ends: false)
            #expect(found == Array(type.sample.readings.prefix(found.count)))
            #expect(found.count >= last)
            last = found.count
        }
    }

    @Test(arguments: indices) func `no byte that is wrong does harm`(index: Int) {
        let type = BuiltIns.fileSources[index]
        var generator = SplitMix64(seed: 11)
        let bytes = type.sample.bytes
        for position in bytes.indices {
            // What stood before it is read all the same.
            let before = readings(type, [Array(bytes.prefix(position))], ends: false)
            var damaged = bytes
            damaged[position] = UInt8.random(in: 0...255, using: &generator)
            #expect(readings(type, [damaged]).starts(with: before), "byte \(position) is another")
            damaged.remove(at: position)
            #expect(readings(type, [damaged]).starts(with: before), "byte \(position) is missing")
        }
        for count in 0..<300 {
            let garbage = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            _ = readings(type, [garbage])
            _ = readings(type, [Array(bytes.prefix(bytes.count / 2)) + garbage])
        }
    }

    @Test(arguments: indices) func `a prefix is put before each name of a metric`(index: Int) {
        let type = BuiltIns.fileSources[index]
        var source = type.init(prefix: "val/")
        var names: Set<String> = []
        source.read(type.sample.bytes) { reading in
            if case .metrics(let metrics) = reading { names.formUnion(metrics.metrics.map(\.name)) }
        }
        #expect(!names.isEmpty)
        #expect(names.allSatisfy { $0.hasPrefix("val/") })
    }
}

@Suite struct WandbFileTests {
    /// Written by `Fixtures/make.py` with the real client of that version: five steps, the last of them with everything.
    @Test(arguments: ["0.17.9", "0.21.4", "0.31.0"])
    func `reads what the real clients write`(version: String) throws {
        let bytes = try #require(Fixture.read("wandb-\(version).wandb"))
        var collector = MetricCollector()
        var source = WandbFileSource(prefix: "")
        var reports: [Report] = []
        var details: [RunDetail] = []
        let body: (FileReading) -> Void = { reading in
            switch reading {
            case .metrics(let metrics):
                if let report = collector.take(metrics, of: "wandb", time: Timestamp(milliseconds: 0)) {
                    reports.append(report)
                }
            case .detail(let detail): details.append(detail)
            }
        }
        source.read(bytes, body)
        source.finish(body)
        let rows = reports.filter { $0.step != nil }
        #expect(rows.map(\.step) == [0, 1, 2, 3, 4])
        #expect(rows.map { $0.metrics["loss"] } == [1, 0.5, 0.25, 0.125, 0.0625])
        #expect(rows.map { $0.metrics["val.acc"] } == [0, 0.1, 0.2, 0.3, 0.4])
        #expect(rows[4].metrics["nan"]?.isNaN == true)
        #expect(rows[4].metrics["inf"] == .infinity)
        #expect(rows[4].metrics["ninf"] == -.infinity)
        #expect(rows[4].metrics["tiny"] == 1e-300)
        // Nothing of the histogram, the text or the summary's copies is taken for a metric.
        #expect(
            Set(rows[4].metrics.keys) == ["loss", "val.acc", "nan", "inf", "ninf", "tiny"])
        #expect(reports.filter { $0.step == nil }.map(\.metrics) == [["best": 0.0625]])
        #expect(details.contains { $0.name == "hist" && $0.kind == "histogram" && $0.step == 4 })
        #expect(details.contains { $0.name == "note" && $0.kind == "text" && $0.json == #""hello""# })
        #expect(details.contains { $0.kind == "config" && $0.name == "lr" && $0.json == "0.1" })
        let run = try #require(details.first { $0.kind == "run" })
        #expect(run.json.contains(#""name":"nice name""#))
        #expect(rows.allSatisfy { $0.source == "wandb" && $0.time.milliseconds > 1_700_000_000_000 })
    }

    @Test(arguments: ["0.17.9", "0.31.0"]) func `the sizes of a table are no metrics`(version: String) throws {
        let bytes = try #require(Fixture.read("artifacts-\(version).wandb"))
        var names: Set<String> = []
        var source = WandbFileSource(prefix: "")
        let body: (FileReading) -> Void = {
            if case .metrics(let row) = $0 { names.formUnion(row.metrics.map(\.name)) }
        }
        source.read(bytes, body)
        source.finish(body)
        #expect(names == ["loss"])
        // A file that was cut anywhere says less, and nothing else.
        for count in 0..<bytes.count {
            var (source, artifacts) = (WandbFileSource(prefix: ""), WandbArtifact.Reader())
            artifacts.take(Array(bytes.prefix(count)))
            source.read(Array(bytes.prefix(count))) {
                if case .metrics(let row) = $0 { #expect(row.metrics.map(\.name) == ["loss"]) }
            }
            source.finish { if case .metrics(let row) = $0 { #expect(row.metrics.map(\.name) == ["loss"]) } }
        }
    }

    @Test func `a record over several blocks is put together, and a damaged block is passed over`() throws {
        var file = WandbFile()
        file.history(step: 0, name: "loss", json: "1")
        file.history(step: 1, name: "text", json: "\"\(String(repeating: "x", count: 100_000))\"")
        file.history(step: 2, name: "loss", json: "2")
        for step in 3..<3000 { file.history(step: step, name: "loss", json: "\(step)") }
        #expect(file.steps(of: "loss") == [0] + Array(2..<3000))
        let whole = file.bytes
        file.bytes[40_000] ^= 0xFF
        #expect(file.steps(of: "loss") == [0] + Array(2..<3000))
        file.bytes = whole
        let middle = whole.count - 40_000
        file.bytes[middle] ^= 0xFF
        let steps = file.steps(of: "loss")
        #expect(steps.count < 2999 && steps.count > 1500)
        #expect(steps.last == 2999)
    }

    @Test func `a metric of W&B lies at the step that the script has defined for it`() {
        var file = WandbFile()
        file.define("*", over: "global_step")
        file.define("val.acc", over: "epoch")
        file.define("own", over: "_step")
        file.row(step: 0, [("loss", "1"), ("early", "1")])
        file.row(step: 1, [("loss", "0.5"), ("global_step", "40"), ("epoch", "0")])
        file.row(step: 2, [("val.acc", "0.9"), ("loss", "0.4"), ("epoch", "1"), ("global_step", "80")])
        // The last value of a step metric that a row lacks counts.
        file.row(step: 3, [("own", "1"), ("val.acc", "0.95")])
        #expect(file.steps(of: "loss") == [0, 40, 80])
        #expect(file.steps(of: "val.acc") == [1, 1])
        #expect(file.steps(of: "global_step") == [40, 80])
        #expect(file.steps(of: "epoch") == [0, 1])
        #expect(file.steps(of: "own") == [3])
    }

    @Test func `a step metric that is no whole number is none`() {
        var file = WandbFile()
        file.define("loss", over: "epoch")
        file.row(step: 0, [("loss", "1"), ("epoch", "0.5")])
        file.row(step: 1, [("loss", "2"), ("epoch", "1")])
        file.row(step: 2, [("loss", "3"), ("epoch", "-1")])
        #expect(file.steps(of: "loss") == [0, 1, 2])
    }

    @Test func `typed values of newer clients count like JSON`() {
        var file = WandbFile()
        file.history(step: 7, fields: [(5, .varint(9)), (1, .text("a"))])
        file.history(step: 8, fields: [(6, .double(0.5)), (1, .text("a"))])
        #expect(file.metrics() == [-5, 0.5])
    }

    @Test func `a million points take a bounded memory and no point is lost`() {
        var collector = MetricCollector()
        let time = Timestamp(milliseconds: 0)
        var taken = 0
        for step in 0..<100_000 {
            let reading = MetricReading(step: step, metrics: [("a", 1), ("b", 2), ("c", 3)])
            if collector.take(reading, of: "wandb", time: time) != nil { taken += 1 }
        }
        #expect(taken == 100_000)
        // Every second step came by another source too, and late.
        for step in stride(from: 0, to: 100_000, by: 2) {
            let reading = MetricReading(step: step, metrics: [("a", 1)])
            if collector.take(reading, of: "csv", time: time) != nil { taken += 1 }
        }
        #expect(taken == 100_000)
    }
}
