/// The framing of a `.wandb` file: a header of 7 bytes, then blocks of 32 KiB with chunks that never cross a block, as in
/// LevelDB's log (its doc/log_format.md), but with zlib's CRC-32, unmasked, over type and data.
struct WandbLog: Sendable {
    static let block = 32 << 10
    static let header: [UInt8] = Array(":W&B".utf8) + [0xE1, 0xBE, 0]
    /// A longer record is left out: histories are far shorter.
    static let maximumRecord = 4 << 20

    private enum Kind: UInt8 {
        case full = 1
        case first, middle, last
    }

    /// Bytes that were not taken apart yet, and where in the file they begin.
    private var buffer: [UInt8] = []
    private var offset = 0
    /// The chunks so far of a record that goes on in the next block.
    private var record: [UInt8]?
    /// Another kind of file.
    private(set) var isForeign = false
    /// Chunks and records that were left out.
    private(set) var damaged = 0

    mutating func take(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) -> Void) {
        guard !isForeign else { return }
        buffer.append(contentsOf: bytes)
        // Out of the property while it is read, so that nothing is copied.
        let held = buffer
        buffer = []
        var position = 0
        held.withUnsafeBytes { held in
            if offset == 0 {
                guard held.count >= Self.header.count else { return }
                guard held.prefix(Self.header.count).elementsEqual(Self.header) else {
                    isForeign = true
                    return
                }
                position = Self.header.count
            }
            while let next = chunk(held, at: position, body) { position = next }
        }
        guard !isForeign else { return }
        offset += position
        buffer = position == 0 ? held : Array(held[position...])
    }

    /// Takes the chunk at `position`, and says where the next one begins; nil where bytes are missing.
    private mutating func chunk(
        _ bytes: UnsafeRawBufferPointer, at position: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> Int? {
        let available = bytes.count - position
        let left = Self.block - (offset + position) % Self.block
        if left < 7 { return available >= left ? position + left : nil }
        guard available >= 7 else { return nil }
        let length = Int(bytes[position + 4]) | Int(bytes[position + 5]) << 8
        let kind = Kind(rawValue: bytes[position + 6])
        let isPossible = 7 + length <= left && kind != nil
        guard !isPossible || available >= 7 + length else { return nil }
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
        guard isPossible, let kind,
            Checksum.ieee.of(UnsafeRawBufferPointer(rebasing: bytes[(position + 6)..<(position + 7 + length)]))
                == stored
        else {
            // Where the next chunk begins cannot be known: on with the next block, once this one is complete.
            guard available >= left else { return nil }
            damaged += 1
            record = nil
            return position + left
        }
        let data = UnsafeRawBufferPointer(rebasing: bytes[(position + 7)..<(position + 7 + length)])
        switch kind {
        case .full:
            record = nil
            body(data)
        case .first: record = Array(data)
        case .middle: extend(data)
        case .last:
            extend(data)
            record?.withUnsafeBytes(body)
            record = nil
        }
        return position + 7 + length
    }

    private mutating func extend(_ data: UnsafeRawBufferPointer) {
        guard let count = record?.count else { return }
        if count + data.count > Self.maximumRecord {
            damaged += 1
            record = nil
        } else {
            record?.append(contentsOf: data)
        }
    }
}
