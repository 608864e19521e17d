import Glibc

/// What the system says of a file.
///
/// Here, and not where it is asked: `struct stat` belongs to whichever C module a target loads first, and in a target that
/// imports many, that is none which could be named.
package struct FileFacts: Hashable, Sendable {
    /// In bytes, with holes.
    package var size: Int
    /// Bytes that take space.
    package var storedBytes: Int
    package var isFolder: Bool
    /// No folder, device, pipe or socket.
    package var isFile: Bool
    /// Permission bits.
    package var mode: UInt32
    /// The account that owns it.
    package var owner: UInt32

    /// nil: there is nothing there, or it cannot be looked at (see `errno`).
    package init?(_ path: String, followsLinks: Bool = true) {
        var status = stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        self.init(status)
    }

    package init?(descriptor: Int32) {
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        size = Int(status.st_size)
        storedBytes = Int(status.st_blocks) * 512
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isFile = status.st_mode & S_IFMT == S_IFREG
        mode = status.st_mode & 0o7777
        owner = status.st_uid
    }
}
