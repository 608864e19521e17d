import Glibc
import Synchronization

/// Where a command's text goes: a file descriptor, or memory in tests. Buffered; the end of a pipe's reader ends the
/// program without a word, as it ends `cat`.
package final class Output: Sendable {
    /// nil: kept in memory.
    private let descriptor: Int32?
    private let bytes = Mutex<[UInt8]>([])
    /// What is known of the other side: nil where it is no terminal.
    package let terminal: Terminal?

    private static let bufferLimit = 1 << 16

    package init(descriptor: Int32, environment: [String: String]) {
        self.descriptor = descriptor
        self.terminal = Terminal(descriptor: descriptor, environment: environment)
    }

    /// Keeps everything, for tests.
    package init(terminal: Terminal? = nil) {
        self.descriptor = nil
        self.terminal = terminal
    }

    package func write(_ text: String) {
        bytes.withLock { bytes in
            bytes.append(contentsOf: text.utf8)
            if bytes.count > Self.bufferLimit { drain(&bytes) }
        }
    }

    package func write(_ added: [UInt8]) {
        bytes.withLock { bytes in
            bytes.append(contentsOf: added)
            if bytes.count > Self.bufferLimit { drain(&bytes) }
        }
    }

    package func flush() { bytes.withLock { drain(&$0) } }

    /// Everything that was written, where it is kept.
    package var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    private func drain(_ bytes: inout [UInt8]) {
        guard let descriptor else { return }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count > 0 {
                written += count
            } else if errno == EPIPE {
                // 128 + SIGPIPE, what a shell shows for a program that the signal ended.
                _exit(141)
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, 1000)
            } else if errno != EINTR {
                break
            }
        }
        bytes.removeAll(keepingCapacity: true)
    }
}
