/// Doubles as bytes, in whichever of three codings takes the least room:
///
/// - decimal: a value that was printed with few digits is a whole number of 10⁻ᵉ (after ALP, Afroozeh et al., SIGMOD 2023,
///   but with differences of those numbers); what is none (NaN, a full-precision value) stands in a list beside it;
/// - xor: the bytes in which a value differs from the one before; a 32-bit float from TensorBoard takes 5 bytes;
/// - raw: 8 bytes each.
///
/// All give back each value bit by bit.
enum ValueColumn {
    private enum Coding: UInt8 {
        case raw = 0
        case xor = 1
        case decimal = 2
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
    ]
    /// Whole numbers below it are exact in a double.
    private static let exact = 9_007_199_254_740_992.0
    /// Of a decimal column at most one value in so many is no decimal.
    private static let exceptions = 16
    private static let sampled = 48

    static func encode(_ values: [Double]) -> BlockWriter {
        var best = xor(values)
        if let decimal = decimal(values), decimal.bytes.count < best.bytes.count { best = decimal }
        guard best.bytes.count > 8 * values.count else { return best }
        var raw = BlockWriter()
        raw.byte(Coding.raw.rawValue)
        for value in values { raw.raw(value.bitPattern) }
        return raw
    }

    static func append(_ reader: BlockReader, _ count: Int, to values: inout [Double]) throws(BlockDamage) {
        var reader = reader
        switch Coding(rawValue: try reader.byte()) {
        case .raw: for _ in 0..<count { values.append(Double(bitPattern: try reader.raw())) }
        case .xor: try appendXor(&reader, count, to: &values)
        case .decimal: try appendDecimal(&reader, count, to: &values)
        case nil: throw BlockDamage()
        }
    }

    // MARK: xor

    /// A byte says how many bytes of the difference are left out above (high half) and below (low half); 0x80: none is
    /// left, and a count says for how many values.
    private static func xor(_ values: [Double]) -> BlockWriter {
        var writer = BlockWriter()
        writer.byte(Coding.xor.rawValue)
        var last: UInt64 = 0
        var same = 0
        for value in values {
            let difference = value.bitPattern ^ last
            last = value.bitPattern
            guard difference != 0 else {
                same += 1
                continue
            }
            writer.same(same)
            same = 0
            let above = difference.leadingZeroBitCount / 8
            let below = difference.trailingZeroBitCount / 8
            writer.byte(UInt8(above << 4 | below))
            writer.raw(difference >> UInt64(below * 8), count: 8 - above - below)
        }
        writer.same(same)
        return writer
    }

    private static func appendXor(
        _ reader: inout BlockReader, _ count: Int, to values: inout [Double]
    ) throws(BlockDamage) {
        let end = values.count + count
        var last: UInt64 = 0
        while values.count < end {
            let control = try reader.byte()
            if control == 0x80 {
                let same = try reader.count(most: end - values.count)
                for _ in 0..<same { values.append(Double(bitPattern: last)) }
                continue
            }
            let below = Int(control & 0x0F)
            let bytes = 8 - Int(control >> 4) - below
            guard bytes > 0, below < 8 else { throw BlockDamage() }
            last ^= try reader.raw(count: bytes) << UInt64(below * 8)
            values.append(Double(bitPattern: last))
        }
    }

    // MARK: decimal

    private static func whole(_ value: Double, _ power: Double) -> Int64? {
        let scaled = (value * power).rounded()
        guard scaled.magnitude < exact else { return nil }
        let whole = Int64(scaled)
        // Minus zero and NaN are not what they give back.
        return (Double(whole) / power).bitPattern == value.bitPattern ? whole : nil
    }

    /// The lowest power under which all but few values of a sample are whole.
    private static func power(for values: [Double]) -> Int? {
        let stride = max(1, values.count / sampled)
        var exponent = 0
        var misses = 0
        for index in Swift.stride(from: 0, to: values.count, by: stride) where values[index].isFinite {
            guard let fits = powers[exponent...].firstIndex(where: { whole(values[index], $0) != nil }) else {
                misses += 1
                if misses > sampled / exceptions { return nil }
                continue
            }
            exponent = fits
        }
        return exponent
    }

    private static func decimal(_ values: [Double]) -> BlockWriter? {
        guard let exponent = power(for: values) else { return nil }
        var numbers = BlockWriter()
        var odd = BlockWriter()
        var oddCount = 0
        var last: Int64 = 0
        for (index, value) in values.enumerated() {
            let number: Int64
            if let whole = whole(value, powers[exponent]) {
                number = whole
            } else {
                oddCount += 1
                guard oddCount <= values.count / exceptions + 1 else { return nil }
                odd.count(index)
                odd.raw(value.bitPattern)
                number = last
            }
            numbers.signed(number &- last)
            last = number
        }
        var writer = BlockWriter()
        writer.byte(Coding.decimal.rawValue)
        writer.byte(UInt8(exponent))
        writer.section(numbers)
        writer.count(oddCount)
        writer.section(odd)
        return writer
    }

    private static func appendDecimal(
        _ reader: inout BlockReader, _ count: Int, to values: inout [Double]
    ) throws(BlockDamage) {
        let exponent = Int(try reader.byte())
        guard powers.indices.contains(exponent) else { throw BlockDamage() }
        let power = powers[exponent]
        var numbers = try reader.section()
        let start = values.count
        var last: Int64 = 0
        for _ in 0..<count {
            last &+= try numbers.signed()
            values.append(Double(last) / power)
        }
        let oddCount = try reader.count(most: count)
        var odd = try reader.section()
        for _ in 0..<oddCount {
            let index = try odd.count(most: count - 1)
            values[start + index] = Double(bitPattern: try odd.raw())
        }
    }
}

extension BlockWriter {
    fileprivate mutating func same(_ number: Int) {
        guard number > 0 else { return }
        byte(0x80)
        count(number)
    }
}
