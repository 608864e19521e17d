import Foundation
import ServiceLifecycle
import SweepEngine
import SweepModel
import SweepWire

/// The engine loop's thread, from start to end.
struct EngineLoopService: Service {
    let parts: EngineLoop.Parts
    let engine: Engine

    func run() async throws {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await withCheckedContinuation { continuation in
                    let thread = Thread { [parts, engine] in
                        var loop = EngineLoop(parts, engine: engine, now: SystemClock.now())
                        loop.run()
                        continuation.resume()
                    }
                    thread.name = "engine"
                    thread.stackSize = 8 << 20
                    thread.start()
                }
            } onGracefulShutdown: {
                parts.inbox.close()
            }
        } onCancel: {
            parts.inbox.close()
        }
    }
}

/// Waits for the end, then does its part of it.
struct FinishService: Service {
    let finish: @Sendable () async -> Void

    func run() async throws {
        try? await gracefulShutdown()
        await finish()
    }
}

/// Says that everything runs, and then waits for the end.
struct AnnounceService: Service {
    let announce: @Sendable () async throws -> Void

    func run() async throws {
        try await announce()
        try? await gracefulShutdown()
    }
}

/// Ends the group when asked.
final class ShutdownService: Service {
    private let stream = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    func trigger() { stream.continuation.yield() }

    func run() async throws {
        for await _ in stream.stream.cancelOnGracefulShutdown() { return }
    }
}
