import Synchronization

/// One at a time for each asker, in the order of asking.
final class Turns: Sendable {
    /// Those who have their turn, and what waits for its end; bounded by the requests that a connection may have.
    private let queues = Mutex<[ObjectIdentifier: [CheckedContinuation<Void, Never>]]>([:])

    /// - Throws: what `body` throws; `CancellationError` when the task was cancelled before its turn.
    func hold<T>(for asker: ObjectIdentifier, _ body: () async throws -> T) async throws -> T {
        await begin(asker)
        defer { pass(asker) }
        try Task.checkCancellation()
        return try await body()
    }

    private func begin(_ asker: ObjectIdentifier) async {
        await withCheckedContinuation { continuation in
            let mayGo = queues.withLock { queues in
                if queues[asker]?.append(continuation) != nil { return false }
                queues[asker] = []
                return true
            }
            if mayGo { continuation.resume() }
        }
    }

    private func pass(_ asker: ObjectIdentifier) {
        let next: CheckedContinuation<Void, Never>? = queues.withLock { queues in
            if queues[asker]?.isEmpty == false { return queues[asker]?.removeFirst() }
            queues[asker] = nil
            return nil
        }
        next?.resume()
    }
}
