import Glibc
package import SweepModel

/// A sweep file on disk.
package enum SpecFile {
    /// The file's text. It is refused by its size before anything is read.
    ///
    /// - Throws: one clear error for a file that is missing, unreadable, a directory, too large, or not UTF-8.
    package static func read(path: String) throws(SweepError) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(errno, path) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            throw SweepError(
                .usage, "'\(path)' is a directory", remedy: "give the sweep file in it, such as \(path)/sweep.yaml")
        // A pipe (`<(…)`, /dev/stdin) has no size to look at; what is read of it is bounded below.
        case S_IFREG, S_IFIFO, S_IFCHR: break
        default: throw SweepError(.usage, "'\(path)' is no file", remedy: "give a sweep file")
        }
        guard status.st_size <= SpecParser.maximumSize else { throw tooLarge(path, Int(status.st_size)) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(errno, path)
            }
            bytes += chunk.prefix(count)
            guard bytes.count <= SpecParser.maximumSize else { throw tooLarge(path, nil) }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SweepError(
                .usage, "'\(path)' is not UTF-8 text", remedy: "is it a binary file? save it as UTF-8")
        }
        return text
    }

    /// The folder that `path` lies in, absolute: what a relative `workdir` starts from.
    package static func folder(of path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        let absolute = String(cString: resolved)
        guard let slash = absolute.lastIndex(of: "/") else { return nil }
        return slash == absolute.startIndex ? "/" : String(absolute[..<slash])
    }

    private static func tooLarge(_ path: String, _ size: Int?) -> SweepError {
        SweepError(
            .usage,
            "'\(path)' is too large for a sweep file"
                + (size.map { " (\($0) bytes)" } ?? "") + ": at most \(SpecParser.maximumSize) bytes",
            remedy: "is it the right file?")
    }

    private static func failure(_ code: CInt, _ path: String) -> SweepError {
        switch code {
        case ENOENT, ENOTDIR:
            SweepError(.usage, "there is no file '\(path)'", remedy: "'sweep init' writes one to begin with")
        case EACCES, EPERM: SweepError(.denied, "'\(path)' must not be read", remedy: "check its permissions")
        default: SweepError(.failed, "'\(path)' cannot be read: \(String(cString: strerror(code)))")
        }
    }
}
