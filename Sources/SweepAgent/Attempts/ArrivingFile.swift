import Glibc

/// A file that this agent writes into a folder which a trial may change at the same time, as whatever account: no link there
/// is followed, so that nothing is written anywhere else. It lies aside, under its name and `.part`, until it is whole.
final class ArrivingFile {
    private let folder: Int32
    private let name: String
    private let descriptor: Int32
    private var isPlaced = false

    private var aside: String { name + ".part" }

    /// Makes the folders on the way that are missing.
    ///
    /// - Parameter path: from `base`; without `.` and `..`.
    /// - Returns: nil where it cannot be made, or would lie elsewhere.
    init?(_ path: String, in base: String) {
        let parts = path.split(separator: "/").map(String.init)
        guard let last = parts.last, var place = Self.folder(AT_FDCWD, base) else { return nil }
        for part in parts.dropLast() {
            mkdirat(place, part, 0o700)
            let next = Self.folder(place, part)
            close(place)
            guard let next else { return nil }
            place = next
        }
        (folder, name) = (place, last)
        unlinkat(place, last + ".part", 0)
        descriptor = openat(
            place, last + ".part", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600 as mode_t)
        guard descriptor >= 0 else { return nil }
    }

    deinit {
        if !isPlaced { unlinkat(folder, aside, 0) }
        if descriptor >= 0 { close(descriptor) }
        close(folder)
    }

    private static func folder(_ place: Int32, _ name: String) -> Int32? {
        let folder = openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        return folder >= 0 ? folder : nil
    }

    func append(_ bytes: [UInt8]) -> Bool { DiskFile.append(descriptor, bytes) }

    /// It is whole.
    func place() -> Bool {
        isPlaced = renameat(folder, aside, folder, name) == 0
        return isPlaced
    }
}
