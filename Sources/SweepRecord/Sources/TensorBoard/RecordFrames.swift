/// The framing of a TFRecord file: length (8 bytes), its masked CRC-32C, the data, its masked CRC-32C.
struct RecordFrames: Sendable {
    /// A longer record (an image, an embedding) is passed over without being held.
    static let maximumRecord = 1 << 20

    private var buffer: [UInt8] = []
    /// Of a long record, what is still to be passed over.
    private var skipping: UInt64 = 0
    /// A length is wrong: where records begin from here on cannot be known.
    private(set) var isBroken = false
    /// Records that were left out.
    private(set) var damaged = 0

    mutating func take(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
        guard !isBroken else { return }
        var start = 0
        if skipping > 0 {
            start = Int(min(skipping, UInt64(bytes.count)))
            skipping -= UInt64(start)
            if skipping > 0 { return }
        }
        let held: [UInt8]
        if buffer.isEmpty, start == 0 {
            held = bytes
        } else {
            buffer.append(contentsOf: bytes[start...])
            held = buffer
            buffer = []
        }
        var position = 0
        held.withUnsafeBytes { held in
            while position < held.count, let next = frame(held, at: position, body) { position = next }
        }
        buffer = isBroken || position >= held.count ? [] : Array(held[position...])
    }

    /// Takes the record at `position`, and says where the next one begins; nil where bytes are missing.
    private mutating func frame(
        _ bytes: UnsafeRawBufferPointer, at position: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Int? {
        let available = bytes.count - position
        guard available >= 12, !isBroken else { return nil }
        let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        let lengthSum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 8, as: UInt32.self))
        guard
            Checksum.castagnoli.masked(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + 8)])) == lengthSum,
            length < 1 << 40
        else {
            isBroken = true
            return nil
        }
        if length > UInt64(Self.maximumRecord) {
            damaged += 1
            let whole = length + 16
            skipping = whole > UInt64(available) ? whole - UInt64(available) : 0
            return position + Int(min(whole, UInt64(available)))
        }
        let size = Int(length)
        guard available >= size + 16 else { return nil }
        let data = UnsafeRawBufferPointer(rebasing: bytes[(position + 12)..<(position + 12 + size)])
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 12 + size, as: UInt32.self))
        if Checksum.castagnoli.masked(data) == sum { body(data) } else { damaged += 1 }
        return position + size + 16
    }
}
