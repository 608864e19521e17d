import SweepModel

extension WandbFileSource {
    /// Two steps as wandb 0.31 writes them: nested keys, NaN, a text.
    package static let sample = (
        file: "run-abc.wandb",
        bytes: WandbLog.header
            + chunk(record(1, history(step: 0, [(["loss"], "0.5"), (["val", "acc"], "1"), (["_runtime"], "3")])))
            + chunk(record(2, history(step: 1, [(["loss"], "NaN"), (["note"], "\"ok\""), (["_timestamp"], "1.7e9")]))),
        readings: [
            FileReading.metrics(MetricReading(step: 0, metrics: [("loss", 0.5), ("val.acc", 1)])),
            .metrics(
                MetricReading(step: 1, time: Timestamp(milliseconds: 1_700_000_000_000), metrics: [("loss", .nan)])),
            .detail(
                RunDetail(
                    name: "note", kind: "text", step: 1, time: Timestamp(milliseconds: 1_700_000_000_000),
                    json: "\"ok\"")),
        ]
    )

    private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var key = Int(number) << 3 | 2
        for value in [key, content.count] {
            key = value
            while key > 127 {
                bytes.append(UInt8(key & 127 | 128))
                key >>= 7
            }
            bytes.append(UInt8(key))
        }
        return bytes + content
    }

    private static func history(step: UInt8, _ items: [([String], String)]) -> [UInt8] {
        items.reduce(into: []) { bytes, item in
            let keys = item.0.flatMap { field(2, Array($0.utf8)) }
            bytes += field(1, keys + field(16, Array(item.1.utf8)))
        } + field(2, step == 0 ? [] : [8, step])
    }

    private static func record(_ number: UInt8, _ history: [UInt8]) -> [UInt8] { [8, number] + field(2, history) }

    private static func chunk(_ record: [UInt8]) -> [UInt8] {
        let body = [UInt8(1)] + record
        let sum = body.withUnsafeBytes { Checksum.ieee.of($0) }
        return (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
            + [UInt8(truncatingIfNeeded: record.count), UInt8(truncatingIfNeeded: record.count >> 8)] + body
    }
}
