import Logging
import NIOCore
import Synchronization

/// What waits to be taken by all peers together. Each has a bound of its own; this one is for many that take nothing at the
/// same time: whoever has taken nothing for longest is disconnected until the rest is within the bound.
final class Backlog: Sendable {
    private struct Waiting {
        var connection: PeerConnection
        var bytes: Int
        /// When it last took something, or began to have something to take.
        var since: NIODeadline
    }

    private struct State {
        var bytes = 0
        var waiting: [ObjectIdentifier: Waiting] = [:]
    }

    private let state = Mutex(State())
    private let maximum: Int
    private let logger: Logger

    init(maximum: Int, logger: Logger) {
        self.maximum = maximum
        self.logger = logger
    }

    /// Bytes that wait.
    var bytes: Int { state.withLock { $0.bytes } }

    func add(_ count: Int, for connection: PeerConnection) {
        let deaf = state.withLock { state in
            let fresh = Waiting(connection: connection, bytes: 0, since: .now())
            state.bytes += count
            state.waiting[ObjectIdentifier(connection), default: fresh].bytes += count
            var deaf: [PeerConnection] = []
            while state.bytes > maximum, let (key, oldest) = state.waiting.min(by: { $0.value.since < $1.value.since })
            {
                state.waiting[key] = nil
                state.bytes -= oldest.bytes
                deaf.append(oldest.connection)
            }
            return deaf
        }
        for connection in deaf {
            logger.notice(
                "a peer is disconnected: too much waits for all together, and it has read nothing for longest")
            connection.close()
        }
    }

    func taken(_ count: Int, by connection: PeerConnection) {
        state.withLock { state in
            let key = ObjectIdentifier(connection)
            // Not there: it was disconnected, and no longer counts.
            guard let waiting = state.waiting[key] else { return }
            let part = min(count, waiting.bytes)
            state.bytes -= part
            state.waiting[key]?.bytes -= part
            state.waiting[key]?.since = .now()
            if part == waiting.bytes { state.waiting[key] = nil }
        }
    }

    func closed(_ connection: PeerConnection) {
        state.withLock { state in
            if let waiting = state.waiting.removeValue(forKey: ObjectIdentifier(connection)) {
                state.bytes -= waiting.bytes
            }
        }
    }
}
