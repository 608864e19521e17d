import Glibc
package import SweepModel
import Synchronization

/// Tells at once when a shim ends: one thread that waits on all their pidfds. No polling, so no GPU idles for it.
package final class ExitWatcher: Sendable {
    private struct State {
        var watched: [Int32: AttemptID] = [:]
        var isClosed = false
    }

    /// Attempts whose shim has ended; one element for each `watch`.
    package let exits: AsyncStream<AttemptID>
    private let continuation: AsyncStream<AttemptID>.Continuation
    private let state = Mutex(State())
    /// A byte in this pipe wakes the thread: there is a new descriptor, or it is to end.
    private let wake: (read: Int32, write: Int32)

    package init() throws(SweepError) {
        (exits, continuation) = AsyncStream.makeStream()
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw SweepError(.failed, "cannot watch processes: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wake = (ends[0], ends[1])
        let error = DetachedThread.start { [self] in run() }
        guard error == 0 else {
            throw SweepError(.failed, "cannot start a thread: \(String(cString: strerror(error)))")
        }
    }

    deinit {
        Glibc.close(wake.read)
        Glibc.close(wake.write)
    }

    /// The descriptor stays the caller's, who closes it only after the exit was told.
    package func watch(_ pidfd: Int32, _ attempt: AttemptID) {
        state.withLock { $0.watched[pidfd] = attempt }
        nudge()
    }

    /// Ends the thread and the stream.
    package func close() {
        state.withLock { $0.isClosed = true }
        nudge()
        continuation.finish()
    }

    private func nudge() {
        var byte: UInt8 = 0
        // A full pipe wakes the thread as well.
        _ = Glibc.write(wake.write, &byte, 1)
    }

    private func run() {
        while true {
            let (watched, isClosed) = state.withLock { ($0.watched.keys.sorted(), $0.isClosed) }
            if isClosed { return }
            var files = ([wake.read] + watched).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&files, nfds_t(files.count), -1) > 0 else { continue }
            var bytes: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
            while Glibc.read(wake.read, &bytes, 8) == 8 {}
            for file in files.dropFirst() where file.revents != 0 {
                if let attempt = state.withLock({ $0.watched.removeValue(forKey: file.fd) }) {
                    continuation.yield(attempt)
                }
            }
        }
    }
}
