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

extension ByteSearch {
    /// What comes after the first `word` in `slice`.
    static func after(_ word: [UInt8], in slice: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let first = word.first else { return slice }
        var rest = slice
        while let start = firstIndex(of: first, in: rest) {
            if rest[start...].starts(with: word) { return rest[(start + word.count)...] }
            rest = rest[(start + 1)...]
        }
        return nil
    }
}
