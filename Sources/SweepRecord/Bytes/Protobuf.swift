/// The fields of one protobuf message in the order of its bytes (protobuf.dev, Encoding). Every length is checked; a
/// message that is cut or none at all just ends.
struct Protobuf {
    struct Field {
        let number: Int
        let value: Value
    }

    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// Text, bytes, a message, or a packed list.
        case bytes(UnsafeRawBufferPointer)
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// The bytes were no message.
    private(set) var isDamaged = false

    /// `bytes` must live as long as whatever is read from them.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> Field? {
        guard position < bytes.count, !isDamaged else { return nil }
        guard let key = varint(), let number = Int(exactly: key >> 3), number > 0 else { return damaged() }
        switch key & 7 {
        case 0:
            guard let value = varint() else { return damaged() }
            return Field(number: number, value: .varint(value))
        case 1:
            guard bytes.count - position >= 8 else { return damaged() }
            let value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
            return Field(number: number, value: .fixed64(value))
        case 2:
            guard let length = varint(), length <= UInt64(bytes.count - position) else { return damaged() }
            let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + Int(length))])
            position += Int(length)
            return Field(number: number, value: .bytes(slice))
        case 5:
            guard bytes.count - position >= 4 else { return damaged() }
            let value = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            position += 4
            return Field(number: number, value: .fixed32(value))
        default: return damaged()
        }
    }

    private mutating func damaged() -> Field? {
        isDamaged = true
        return nil
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { return nil }
        }
        return nil
    }
}

extension Protobuf.Value {
    /// A message, text or packed list; empty for anything else.
    var content: UnsafeRawBufferPointer {
        if case .bytes(let bytes) = self { bytes } else { UnsafeRawBufferPointer(start: nil, count: 0) }
    }

    var text: String { String(decoding: content, as: UTF8.self) }

    /// `int32` and `int64`: two's complement in 64 bits.
    var integer: Int? {
        if case .varint(let value) = self { Int(Int64(bitPattern: value)) } else { nil }
    }

    /// `sint64`: zigzag.
    var zigzag: Int? {
        guard case .varint(let value) = self else { return nil }
        return Int(Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
    }

    var double: Double? {
        if case .fixed64(let bits) = self { Double(bitPattern: bits) } else { nil }
    }

    var float: Double? {
        if case .fixed32(let bits) = self { Double(Float(bitPattern: bits)) } else { nil }
    }
}

extension UnsafeRawBufferPointer {
    /// The fields of the message that these bytes are.
    func eachField(_ body: (Int, Protobuf.Value) -> Void) {
        var message = Protobuf(self)
        while let field = message.next() { body(field.number, field.value) }
    }

    /// Little-endian numbers one after the other, at most `limit`; what does not fill one is left out.
    func numbers<T: FixedWidthInteger>(_ type: T.Type, limit: Int) -> [T] {
        let size = MemoryLayout<T>.size
        return (0..<Swift.min(count / size, limit)).map {
            T(littleEndian: loadUnaligned(fromByteOffset: $0 * size, as: T.self))
        }
    }
}
