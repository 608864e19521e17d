import Glibc
import SweepModel

/// Lines of a file descriptor, each as soon as it is there. Keeps no more than one line and a chunk.
struct LineInput {
    enum Line: Equatable {
        case line([UInt8])
        /// Longer than allowed: skipped to its end.
        case tooLong
    }

    private let descriptor: Int32
    private let longest: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    /// - Parameter longest: most bytes of a line.
    init(descriptor: Int32, longest: Int) {
        self.descriptor = descriptor
        self.longest = longest
    }

    /// The next line, without its line feed; nil at the end. A last line needs no line feed.
    ///
    /// - Throws: when the input cannot be read.
    mutating func next() throws(SweepError) -> Line? {
        var searched = start
        var isSkipping = false
        while true {
            if let feed = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[start..<feed])
                start = feed + 1
                return isSkipping || line.count > longest ? .tooLong : .line(line)
            }
            if buffer.count - start > longest {
                isSkipping = true
                start = buffer.count
            }
            buffer.removeSubrange(..<start)
            start = 0
            searched = buffer.count
            if isAtEnd {
                let rest = buffer
                buffer = []
                return isSkipping ? .tooLong : rest.isEmpty ? nil : .line(rest)
            }
            try fill()
        }
    }

    private mutating func fill() throws(SweepError) {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(descriptor, &chunk, chunk.count)
        if count > 0 {
            buffer += chunk.prefix(count)
        } else if count == 0 {
            isAtEnd = true
        } else if errno != EINTR {
            throw SweepError(.failed, "standard input cannot be read: \(String(cString: strerror(errno)))")
        }
    }
}
