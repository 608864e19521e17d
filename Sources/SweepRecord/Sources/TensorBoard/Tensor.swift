import SweepModel

/// The few tensors that event files hold: `TensorProto` with dtype = 1, shape = 2 {dim = 2 {size = 1}}, tensor_content = 4,
/// float_val = 5, double_val = 6, int_val = 7, string_val = 8, int64_val = 10, bool_val = 11.
struct Tensor {
    /// More numbers than a histogram has are not read.
    private static let maximumCount = 3 * 1024

    /// Of a tensor with strings, the first ones, joined.
    private(set) var text: String?
    private(set) var numbers: [Double] = []

    /// The one number that it holds.
    var scalar: Double? { numbers.count == 1 ? numbers[0] : nil }

    init(_ message: UnsafeRawBufferPointer) {
        var type = 0
        var content = UnsafeRawBufferPointer(start: nil, count: 0)
        message.eachField { number, value in
            switch number {
            case 1: type = value.integer ?? 0
            case 4: content = value.content
            case 5: add(value, UInt32.self) { Double(Float(bitPattern: $0)) }
            case 6: add(value, UInt64.self) { Double(bitPattern: $0) }
            case 7, 10, 11: integers(value)
            case 8 where (text?.utf8.count ?? 0) < RunDetail.maximumSize:
                text = text.map { $0 + "\n" + value.text } ?? value.text
            default: break
            }
        }
        if !content.isEmpty { raw(content, type) }
    }

    private mutating func add<T: FixedWidthInteger>(_ value: Protobuf.Value, _ type: T.Type, _ number: (T) -> Double) {
        switch value {
        case .fixed32(let bits): numbers.append(number(T(truncatingIfNeeded: bits)))
        case .fixed64(let bits): numbers.append(number(T(truncatingIfNeeded: bits)))
        case .bytes(let packed): numbers += packed.numbers(type, limit: Self.maximumCount).map(number)
        case .varint: break
        }
    }

    private mutating func integers(_ value: Protobuf.Value) {
        if let number = value.integer { numbers.append(Double(number)) }
        guard case .bytes(let packed) = value else { return }
        // Packed varints read like fields without keys.
        var number: UInt64 = 0
        var shift: UInt64 = 0
        for byte in packed where numbers.count < Self.maximumCount {
            if shift < 64 { number |= UInt64(byte & 0x7F) << shift }
            shift += 7
            if byte < 0x80 {
                numbers.append(Double(Int64(bitPattern: number)))
                (number, shift) = (0, 0)
            }
        }
    }

    /// `tensor_content`, little-endian. Types: 1 float, 2 double, 3 int32, 4 uint8, 6 int8, 9 int64, 10 bool, 14 bfloat16,
    /// 19 half.
    private mutating func raw(_ content: UnsafeRawBufferPointer, _ type: Int) {
        let limit = Self.maximumCount
        switch type {
        case 1: numbers = content.numbers(UInt32.self, limit: limit).map { Double(Float(bitPattern: $0)) }
        case 2: numbers = content.numbers(UInt64.self, limit: limit).map { Double(bitPattern: $0) }
        case 3: numbers = content.numbers(Int32.self, limit: limit).map(Double.init)
        case 4, 10: numbers = content.numbers(UInt8.self, limit: limit).map(Double.init)
        case 6: numbers = content.numbers(Int8.self, limit: limit).map(Double.init)
        case 9: numbers = content.numbers(Int64.self, limit: limit).map(Double.init)
        case 14:
            numbers = content.numbers(UInt16.self, limit: limit).map { Double(Float(bitPattern: UInt32($0) << 16)) }
        case 19: numbers = content.numbers(UInt16.self, limit: limit).map(Self.half)
        default: break
        }
    }

    /// IEEE 754 binary16.
    private static func half(_ bits: UInt16) -> Double {
        let sign: Double = bits & 0x8000 == 0 ? 1 : -1
        let fraction = Double(bits & 0x3FF)
        switch bits >> 10 & 0x1F {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        case let exponent:
            return sign * (1 + fraction / 1024) * Double(sign: .plus, exponent: Int(exponent) - 15, significand: 1)
        }
    }
}

/// Histograms as W&B writes them: `{"_type": "histogram", "bins": [n + 1 edges], "values": [n counts]}`.
enum HistogramText {
    /// `HistogramProto`: min = 1, max = 2, bucket_limit = 6, bucket = 7 (packed doubles).
    static func legacy(_ message: UnsafeRawBufferPointer) -> [String] {
        var minimum = 0.0
        var maximum = 0.0
        var limits: [Double] = []
        var counts: [Double] = []
        message.eachField { number, value in
            switch number {
            case 1: minimum = value.double ?? 0
            case 2: maximum = value.double ?? 0
            case 6: limits += doubles(value)
            case 7: counts += doubles(value)
            default: break
            }
        }
        guard limits.count == counts.count, let last = counts.lastIndex(where: { $0 != 0 }),
            let first = counts.firstIndex(where: { $0 != 0 })
        else { return [] }
        // The outer edges are ±1.8e308 in most files; the values' own range says more.
        let lower = first > 0 ? max(limits[first - 1], minimum) : minimum
        let edges = [lower] + limits[first..<last] + [min(limits[last], maximum)]
        return [json(edges, Array(counts[first...last]))]
    }

    /// The histograms plugin's tensor: rows of left edge, right edge, count.
    static func tensor(_ tensor: Tensor) -> [String] {
        let rows = tensor.numbers.count / 3
        guard rows > 0, tensor.numbers.count == rows * 3 else { return [] }
        let edges = (0..<rows).map { tensor.numbers[3 * $0] } + [tensor.numbers[3 * rows - 2]]
        return [json(edges, (0..<rows).map { tensor.numbers[3 * $0 + 2] })]
    }

    private static func doubles(_ value: Protobuf.Value) -> [Double] {
        if let number = value.double { return [number] }
        return value.content.numbers(UInt64.self, limit: 2048).map { Double(bitPattern: $0) }
    }

    private static func json(_ bins: [Double], _ values: [Double]) -> String {
        ParameterValue.object([
            .init("_type", "histogram"), .init("bins", .list(bins.map(ParameterValue.double))),
            .init("values", .list(values.map(ParameterValue.double))),
        ]).json()
    }
}
