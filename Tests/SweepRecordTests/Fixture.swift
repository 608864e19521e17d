import Glibc
import SweepRecord

/// Files beside the tests.
enum Fixture {
    static func read(_ name: String) -> [UInt8]? {
        let folder = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
        guard let file = fopen("/\(folder)/Fixtures/\(name)", "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }
}

/// Writes a `.wandb` file by the book (LevelDB's log, zlib's CRC-32), apart from the code that reads it.
struct WandbFile {
    enum Value {
        case varint(UInt64)
        case double(Double)
        case text(String)
    }

    var bytes: [UInt8] = Array(":W&B".utf8) + [0xE1, 0xBE, 0]

    mutating func history(step: Int, name: String, json: String) {
        history(step: step, fields: [(2, .text(name)), (16, .text(json))])
    }

    mutating func history(step: Int, fields: [(Int, Value)]) {
        let item = fields.flatMap { Self.field($0.0, $0.1) }
        let history =
            Self.field(1, bytes: item)
            + Self.field(2, bytes: step == 0 ? [] : Self.field(1, .varint(UInt64(step))))
        append(Self.field(2, bytes: history))
    }

    /// `define_metric(name, step_metric=step)`; a name that ends with a star stands for many.
    mutating func define(_ name: String, over step: String) {
        append(Self.field(12, bytes: Self.field(name.hasSuffix("*") ? 2 : 1, .text(name)) + Self.field(4, .text(step))))
    }

    /// One row of several values.
    mutating func row(step: Int, _ values: [(name: String, json: String)]) {
        let items = values.flatMap {
            Self.field(1, bytes: Self.field(2, .text($0.name)) + Self.field(16, .text($0.json)))
        }
        append(Self.field(2, bytes: items + Self.field(2, bytes: Self.field(1, .varint(UInt64(step))))))
    }

    func metrics() -> [Double] { readings().flatMap { $0.metrics.map(\.value) } }

    func steps(of name: String) -> [Int] {
        readings().filter { $0.metrics.contains { $0.name == name } }.compactMap(\.step)
    }

    private func readings() -> [MetricReading] {
        var source = WandbFileSource(prefix: "")
        var readings: [MetricReading] = []
        source.read(bytes) { if case .metrics(let reading) = $0 { readings.append(reading) } }
        return readings
    }

    private mutating func append(_ record: [UInt8]) {
        var rest = record[...]
        var isFirst = true
        repeat {
            let left = 32768 - bytes.count % 32768
            if left < 7 {
                bytes += [UInt8](repeating: 0, count: left)
                continue
            }
            let data = Array(rest.prefix(left - 7))
            rest = rest.dropFirst(data.count)
            let type: UInt8 = isFirst ? (rest.isEmpty ? 1 : 2) : (rest.isEmpty ? 4 : 3)
            isFirst = false
            let sum = Self.crc([type] + data)
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
            bytes += [UInt8(data.count & 255), UInt8(data.count >> 8), type] + data
        } while !rest.isEmpty
    }

    private static func field(_ number: Int, _ value: Value) -> [UInt8] {
        switch value {
        case .varint(let value): varint(UInt64(number << 3)) + varint(value)
        case .double(let value):
            varint(UInt64(number << 3 | 1)) + (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
        case .text(let text): field(number, bytes: Array(text.utf8))
        }
    }

    private static func field(_ number: Int, bytes: [UInt8]) -> [UInt8] {
        varint(UInt64(number << 3 | 2)) + varint(UInt64(bytes.count)) + bytes
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var value = value
        while value > 127 {
            bytes.append(UInt8(value & 127 | 128))
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }

    /// Bit by bit.
    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var value: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ 0xEDB8_8320 : value >> 1 }
        }
        return ~value
    }
}
