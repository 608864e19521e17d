import Glibc

/// memchr(3): a trial that prints gigabytes is read at the speed of memory, in debug builds as well.
enum ByteSearch {
    static func firstIndex(of byte: UInt8, in slice: ArraySlice<UInt8>) -> Int? {
        slice.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let found = memchr(base, Int32(byte), buffer.count) else { return nil }
            return slice.startIndex + base.distance(to: UnsafeRawPointer(found))
        }
    }

    static func contains(_ byte: UInt8, in slice: ArraySlice<UInt8>) -> Bool { firstIndex(of: byte, in: slice) != nil }
}
