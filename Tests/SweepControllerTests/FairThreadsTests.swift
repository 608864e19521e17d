import Dispatch
import Testing

@testable import SweepController

@Suite struct FairThreadsTests {
    private final class Asker: Sendable {}

    @Test func `who asks for much leaves a thread to who asks for one thing`() async throws {
        let threads = FairThreads(count: 2)
        let (greedy, modest) = (Asker(), Asker())
        let isServed = DispatchSemaphore(value: 0)
        let hasBegun = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await threads.run(for: ObjectIdentifier(greedy)) {
                        hasBegun.continuation.finish()
                        // Until the other one is served, and then the next of these.
                        defer { isServed.signal() }
                        return isServed.wait(timeout: .now() + 10) == .success
                    }
                }
            }
            for await _ in hasBegun.stream {}
            group.addTask {
                try await threads.run(for: ObjectIdentifier(modest)) {
                    isServed.signal()
                    return true
                }
            }
            for try await wasInTime in group { #expect(wasInTime) }
        }
        await threads.finish()
    }

    @Test func `what was cancelled before its turn is not run`() async throws {
        let threads = FairThreads(count: 1)
        let asker = Asker()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await threads.run(for: ObjectIdentifier(asker)) { true }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await threads.run(for: ObjectIdentifier(asker)) { true })
        await threads.finish()
    }
}
