import Glibc
import SweepWire

/// Memory that is held and that nobody uses: malloc's, and that of code which has run for good.
///
/// Glibc's module does not show <malloc.h>; its calls are found by name, in any C library that has them. Without them
/// nothing happens.
enum SpareMemory {
    /// What a thread's heap may hold free at its end before it goes back to the system, and what is big enough to be a
    /// mapping of its own; bytes. Glibc raises both to sizes that it has seen freed, a grown array's tens of megabytes, and
    /// `malloc_trim` passes over the end of every heap but the first: what reading the record took would stay for good.
    static let threshold: Int32 = 1 << 20

    /// Holds malloc to `threshold` from now on. Before threads begin.
    static func bound() {
        guard let symbol = dlsym(nil, "mallopt") else { return }
        typealias Option = @convention(c) (Int32, Int32) -> Int32
        let set = unsafeBitCast(symbol, to: Option.self)
        for option in [trimThreshold, mapThreshold] { _ = set(option, threshold) }
    }

    /// Gives it back to the system: after a record was read, of which only a small part stays.
    static func giveBack() {
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        typealias Trim = @convention(c) (Int) -> Int32
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
    }

    /// Lets go of the program's code, of which the start has touched much that nothing needs again: what does is mapped anew,
    /// from the system's cache, as it is next used. Code is read only and holds no relocations, so nothing can be lost.
    static func forgetCode() {
        guard let maps = PrivateFile.read("/proc/self/maps") else { return }
        for line in maps.split(separator: UInt8(ascii: "\n")) {
            // FROM-TO PERMISSIONS OFFSET DEVICE INODE PATH (proc(5))
            let fields = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 5)
            guard fields.count == 6, fields[1] == "r-xp", fields[5].drop(while: { $0 == " " }).first == "/" else {
                continue
            }
            let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard bounds.count == 2, bounds[0] < bounds[1] else { continue }
            madvise(UnsafeMutableRawPointer(bitPattern: bounds[0]), Int(bounds[1] - bounds[0]), MADV_DONTNEED)
        }
    }

    /// `M_TRIM_THRESHOLD` and `M_MMAP_THRESHOLD` of <malloc.h>.
    private static let trimThreshold: Int32 = -1
    private static let mapThreshold: Int32 = -3
}
