import Glibc

/// Numbers as programs print them.
enum NumberText {
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    static func parse(_ bytes: ArraySlice<UInt8>) -> Double? { bytes.withUnsafeBytes { parse($0) } }

    /// The decimal number, NaN or infinity that fills `bytes`, as Python, C and JavaScript print them (`3.` and `.5`
    /// too); nil for anything else. No hexadecimal, no underscores, no spaces.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> Double? {
        var index = 0
        var isNegative = false
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            index = 1
        }
        guard index < bytes.count, bytes.count <= 64 else { return nil }
        if bytes[index] | 0x20 >= UInt8(ascii: "a") { return word(bytes, from: index, isNegative) }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        var isExact = true
        func add(_ byte: UInt8) {
            digits += 1
            if mantissa < 100_000_000_000_000_000 {
                mantissa = mantissa * 10 + UInt64(byte &- 48)
            } else {
                isExact = false
            }
        }
        while index < bytes.count, bytes[index] &- 48 < 10 {
            add(bytes[index])
            index += 1
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            while index < bytes.count, bytes[index] &- 48 < 10 {
                add(bytes[index])
                exponent -= 1
                index += 1
            }
        }
        guard digits > 0 else { return nil }
        if index < bytes.count {
            guard bytes[index] | 0x20 == UInt8(ascii: "e"), let power = power(bytes, from: index + 1) else {
                return nil
            }
            exponent += power
        }
        // Both are exact doubles, so that the one operation rounds once (Clinger, How to Read Floating Point Numbers
        // Accurately, 1990).
        if isExact, mantissa <= 1 << 53, abs(exponent) <= 22 {
            let value = exponent < 0 ? Double(mantissa) / powers[-exponent] : Double(mantissa) * powers[exponent]
            return isNegative ? -value : value
        }
        return slow(bytes)
    }

    private static func power(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        var isNegative = false
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
            isNegative = bytes[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < bytes.count else { return nil }
        var value = 0
        while index < bytes.count {
            guard bytes[index] &- 48 < 10 else { return nil }
            value = min(value * 10 + Int(bytes[index] &- 48), 100_000)
            index += 1
        }
        return isNegative ? -value : value
    }

    /// What is beyond the exact cases above; `bytes` is known to be a decimal number, which strtod takes in each form (no
    /// program of ours calls setlocale, so the point is a point).
    private static func slow(_ bytes: UnsafeRawBufferPointer) -> Double {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
            for index in bytes.indices { text[index] = CChar(bitPattern: bytes[index]) }
            text[bytes.count] = 0
            return text.baseAddress.map { strtod($0, nil) } ?? .nan
        }
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, from start: Int, _ isNegative: Bool) -> Double? {
        func matches(_ word: StaticString) -> Bool {
            guard bytes.count - start == word.utf8CodeUnitCount else { return false }
            return (0..<word.utf8CodeUnitCount).allSatisfy { bytes[start + $0] | 0x20 == word.utf8Start[$0] }
        }
        if matches("nan") { return .nan }
        guard matches("inf") || matches("infinity") else { return nil }
        return isNegative ? -.infinity : .infinity
    }
}
