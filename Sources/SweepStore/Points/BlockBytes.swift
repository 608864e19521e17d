/// Writes the bytes of a block of points: whole numbers in 1 to 10 bytes (7 bits each, LEB128), doubles in 8.
struct BlockWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func count(_ value: Int) { number(UInt64(bitPattern: Int64(value))) }

    /// Small whether positive or negative.
    mutating func signed(_ value: Int64) { number(UInt64(bitPattern: value &<< 1 ^ value >> 63)) }

    /// The lowest `count` bytes of `value`.
    mutating func raw(_ value: UInt64, count: Int = 8) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8))) }
    }

    mutating func text(_ text: String) {
        count(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    /// Preceded by its length, so that a reader can step over it.
    mutating func section(_ section: BlockWriter) {
        count(section.bytes.count)
        bytes.append(contentsOf: section.bytes)
    }
}

/// A block that does not hold what its beginning promises. Only a damaged file has one.
struct BlockDamage: Error {}

/// Reads what `BlockWriter` wrote; every read is checked against the end.
struct BlockReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }
    var rest: Int { bytes.count - position }

    @inline(__always)
    mutating func byte() throws(BlockDamage) -> UInt8 {
        guard position < bytes.count else { throw BlockDamage() }
        defer { position += 1 }
        return bytes[position]
    }

    @inline(__always)
    mutating func number() throws(BlockDamage) -> UInt64 {
        let first = try byte()
        guard first >= 0x80 else { return UInt64(first) }
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while shift < 64 {
            let next = try byte()
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
        throw BlockDamage()
    }

    @inline(__always)
    mutating func signed() throws(BlockDamage) -> Int64 {
        let value = try number()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A number that is at most `most`.
    mutating func count(most: Int) throws(BlockDamage) -> Int {
        let value = try number()
        guard most >= 0, value <= UInt64(most) else { throw BlockDamage() }
        return Int(value)
    }

    /// The length of what follows.
    private mutating func length() throws(BlockDamage) -> Int {
        let value = try number()
        guard value <= UInt64(rest) else { throw BlockDamage() }
        return Int(value)
    }

    @inline(__always)
    mutating func raw(count: Int = 8) throws(BlockDamage) -> UInt64 {
        guard count <= 8, position + count <= bytes.count else { throw BlockDamage() }
        var value: UInt64 = 0
        if count == 8 {
            value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        } else {
            for index in 0..<count { value |= UInt64(bytes[position + index]) << UInt64(index * 8) }
        }
        position += count
        return value
    }

    mutating func text() throws(BlockDamage) -> String {
        let length = try length()
        defer { position += length }
        return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[position..<position + length]), as: UTF8.self)
    }

    mutating func section() throws(BlockDamage) -> BlockReader {
        let length = try length()
        defer { position += length }
        return BlockReader(UnsafeRawBufferPointer(rebasing: bytes[position..<position + length]))
    }
}
