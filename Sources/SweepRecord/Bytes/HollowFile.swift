package import Glibc

/// Files that are next to nothing but holes. To make one of many terabytes costs a trial nothing; to read it would cost whoever
/// reads it days.
package enum HollowFile {
    /// Smaller files are read whatever they are.
    private static let least = 1 << 30
    /// So much of it must be on the disk. Zeros that a file system packs are, to about a thirtieth.
    private static let share = 64

    package static func `is`(_ status: stat) -> Bool {
        status.st_size >= off_t(least) && Int(status.st_blocks) * 512 < Int(status.st_size) / share
    }
}
