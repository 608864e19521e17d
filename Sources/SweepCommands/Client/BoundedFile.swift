import Glibc
import SweepModel
import SweepWire

/// A file that a person names, read whole.
enum BoundedFile {
    /// - Parameters:
    ///   - shown: how messages name it: "the table 'data.csv'".
    ///   - limit: most bytes.
    /// - Throws: when it is missing, unreadable, no file, or too large.
    static func read(_ path: String, shown: String, limit: Int) throws(SweepError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw SweepError(.usage, "\(shown) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        guard FileFacts(descriptor: descriptor)?.isFile == true else {
            throw SweepError(.usage, "\(shown) is no file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else {
                throw SweepError(.usage, "\(shown) is larger than \(limit >> 20) MiB")
            }
        }
        return bytes
    }
}
