import NIOPosix
import SweepModel

/// Threads that may block, shared by everybody who asks for something: each asker has one job on them at a time, so that
/// who asks for much waits for himself and not everybody else for him.
final class FairThreads: Sendable {
    private let threads: NIOThreadPool
    private let turns = Turns()

    init(count: Int) {
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
    }

    /// - Throws: what `body` throws; `CancellationError` when the task was cancelled before its turn.
    func run<T: Sendable>(for asker: ObjectIdentifier, _ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await turns.hold(for: asker) { try await threads.runIfActive(body) }
    }

    func finish() async { try? await threads.shutdownGracefully() }
}
