import NIOPosix
import SweepModel
import Synchronization

/// Threads that may block, shared by everybody who asks for something: each asker has one job on them at a time, so that
/// who asks for much waits for himself and not everybody else for him.
final class FairThreads: Sendable {
    private let threads: NIOThreadPool
    /// Those who have a job, and what waits for its end; bounded by the requests that a connection may have.
    private let queues = Mutex<[ObjectIdentifier: [CheckedContinuation<Void, Never>]]>([:])

    init(count: Int) {
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
    }

    /// - Throws: what `body` throws; `CancellationError` when the task was cancelled before its turn.
    func run<T: Sendable>(for asker: ObjectIdentifier, _ body: @escaping @Sendable () throws -> T) async throws -> T {
        await turn(of: asker)
        defer { pass(asker) }
        try Task.checkCancellation()
        return try await threads.runIfActive(body)
    }

    private func turn(of asker: ObjectIdentifier) async {
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

    func finish() async { try? await threads.shutdownGracefully() }
}
