import Glibc
package import SweepModel
import SweepRecord
import TrialShim

/// A file that a trial offers (its metrics, an artifact), opened so that it can be nothing but a file of its own: it lies in
/// the folder that the trial was given, links included, is a regular file, and belongs to whom it should.
package final class OfferedFile {
    package let descriptor: Int32
    /// Bytes, when it was opened.
    package let size: Int
    /// Next to none of them were there.
    package let isHollow: Bool

    /// - Parameters:
    ///   - path: from `folder`.
    ///   - owner: whom it must belong to; nil: whoever may have put it there.
    ///   - limit: bytes; nil: the reader has a bound of its own.
    /// - Throws: `.notFound` where there is nothing, `.denied` where it is not taken.
    package static func open(
        _ path: String, in folder: String, owner: UInt32? = nil, limit: Int? = nil
    ) throws(SweepError) -> OfferedFile {
        let place = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard place >= 0 else { throw failure(path, errno) }
        defer { close(place) }
        let descriptor = trial_shim_open_beneath(place, path)
        guard descriptor >= 0 else { throw failure(path, -descriptor) }
        return try check(descriptor, path, owner, limit)
    }

    /// A file anywhere, which must be the trial's where that has another account.
    package static func open(anywhere path: String, owner: UInt32?) throws(SweepError) -> OfferedFile {
        let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        return try check(descriptor, path, owner, nil)
    }

    private static func check(
        _ descriptor: Int32, _ path: String, _ owner: UInt32?, _ limit: Int?
    ) throws(SweepError) -> OfferedFile {
        var status = stat()
        var problem: String?
        if fstat(descriptor, &status) != 0 {
            problem = String(cString: strerror(errno))
        } else if status.st_mode & S_IFMT != S_IFREG {
            problem = "it is no regular file"
        } else if let owner, status.st_uid != owner {
            problem = "it belongs to another account"
        } else if let limit, status.st_size > limit {
            problem = "it has \(status.st_size) bytes, and \(limit) are taken"
        }
        if let problem {
            close(descriptor)
            throw SweepError(.denied, "'\(path)' is not taken: \(problem)")
        }
        return OfferedFile(descriptor, status)
    }

    private init(_ descriptor: Int32, _ status: stat) {
        self.descriptor = descriptor
        size = Int(status.st_size)
        isHollow = HollowFile.is(status)
    }

    /// A descriptor of its own, for the caller to close.
    func copy() throws(SweepError) -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SweepError(.failed, String(cString: strerror(errno))) }
        return copy
    }

    deinit { close(descriptor) }

    private static func failure(_ path: String, _ number: Int32) -> SweepError {
        switch number {
        case ENOENT: SweepError(.notFound, "'\(path)' is not there")
        case EXDEV, ELOOP, EINVAL:
            SweepError(.denied, "'\(path)' is not taken: it leads out of the trial's own folder")
        default: SweepError(.denied, "'\(path)' is not taken: \(String(cString: strerror(number)))")
        }
    }
}

/// A folder of a trial's, looked at beneath the one that it was given.
enum OfferedFolder {
    /// What is in it, by name; empty where it is none, or leads elsewhere.
    static func entries(of path: String, in base: String) -> [(name: String, isFolder: Bool)] {
        let place = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard place >= 0 else { return [] }
        defer { close(place) }
        let descriptor = trial_shim_open_beneath(place, path)
        guard descriptor >= 0 else { return [] }
        guard let folder = fdopendir(descriptor) else {
            close(descriptor)
            return []
        }
        defer { closedir(folder) }
        var entries: [(name: String, isFolder: Bool)] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var status = stat()
            guard name != ".", name != "..", fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                continue
            }
            entries.append((name, status.st_mode & S_IFMT == S_IFDIR))
        }
        return entries.sorted { $0.name < $1.name }
    }
}
