import SweepModel

extension TensorBoardFileSource {
    /// `loss` 0.5 at step 0, as PyTorch writes it, and NaN at step 3 as Keras does.
    package static let sample = (
        file: "events.out.tfevents.1700000000.host",
        bytes: frame([0x1A, 13] + Array("brain.Event:2".utf8))
            + frame([0x09] + time + field(5, field(1, field(1, Array("loss".utf8)) + [0x15, 0, 0, 0, 0x3F])))
            + frame(
                [0x09] + time + [0x10, 3]
                    + field(
                        5,
                        field(
                            1,
                            field(1, Array("loss".utf8)) + field(9, field(1, field(1, Array("scalars".utf8))))
                                + field(8, [8, 1] + field(2, []) + field(4, [0, 0, 0xC0, 0x7F]))))),
        readings: [
            FileReading.metrics(
                MetricReading(step: 0, time: Timestamp(milliseconds: 1_700_000_000_000), metrics: [("loss", 0.5)])),
            .metrics(
                MetricReading(step: 3, time: Timestamp(milliseconds: 1_700_000_000_000), metrics: [("loss", .nan)])),
        ]
    )

    private static let time = little(1_700_000_000.0.bitPattern, 8)

    private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
        [number << 3 | 2, UInt8(content.count)] + content
    }

    private static func frame(_ data: [UInt8]) -> [UInt8] {
        let length = little(UInt64(data.count), 8)
        let sums = [length, data].map { bytes in
            little(UInt64(bytes.withUnsafeBytes { Checksum.castagnoli.masked($0) }), 4)
        }
        return length + sums[0] + data + sums[1]
    }
}
