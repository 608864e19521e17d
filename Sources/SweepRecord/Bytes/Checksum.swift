/// CRC-32 over bytes, eight at a time ("slicing by 8": Kounavis and Berry, A Systematic Approach to Building High
/// Performance Software-Based CRC Generators, 2005).
package struct Checksum: Sendable {
    /// Of zlib, PNG and W&B's files (polynomial 0x04C11DB7, reflected).
    static let ieee = Checksum(polynomial: 0xEDB8_8320)
    /// CRC-32C, of TFRecord files (polynomial 0x1EDC6F41, reflected).
    package static let castagnoli = Checksum(polynomial: 0x82F6_3B78)

    /// Eight tables of 256.
    private let tables: [UInt32]

    private init(polynomial: UInt32) {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? (value >> 1) ^ polynomial : value >> 1 }
            tables[byte] = value
        }
        for byte in 0..<256 {
            for table in 1..<8 {
                let before = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = (before >> 8) ^ tables[Int(before & 0xFF)]
            }
        }
        self.tables = tables
    }

    func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var value: UInt32 = 0xFFFF_FFFF
            var index = 0
            while bytes.count - index >= 8 {
                let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)) ^ value
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index + 4, as: UInt32.self))
                value =
                    tables[7 * 256 + Int(low & 0xFF)] ^ tables[6 * 256 + Int(low >> 8 & 0xFF)]
                    ^ tables[5 * 256 + Int(low >> 16 & 0xFF)] ^ tables[4 * 256 + Int(low >> 24)]
                value ^=
                    tables[3 * 256 + Int(high & 0xFF)] ^ tables[2 * 256 + Int(high >> 8 & 0xFF)]
                    ^ tables[256 + Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
                index += 8
            }
            while index < bytes.count {
                value = (value >> 8) ^ tables[Int((value ^ UInt32(bytes[index])) & 0xFF)]
                index += 1
            }
            return ~value
        }
    }

    /// As LevelDB and TFRecord store it, so that a checksum of data with checksums inside stays a good one.
    package func masked(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let value = of(bytes)
        return ((value >> 15) | (value << 17)) &+ 0xA282_EAD8
    }
}
