import Logging
import NIOCore
import SweepModel
import SweepStore
import SweepWire
import Synchronization

/// Answers clients: each request is a task of its own, cancelled when its connection closes and awaited at the end.
///
/// Reads go to the store, on threads of their own; only what changes something goes to the engine loop.
final class RequestDesk: Sendable {
    struct Parts: Sendable {
        var configuration: ControllerConfiguration
        var store: Store
        var catalogue: SweepCatalogue
        var hub: ChangeHub
        var inbox: EngineInbox
        var status: LoopStatus
        var intake: LogIntake
        var artifacts: ArtifactIntake
        var alerts: AlertDesk
        var logger: Logger
        var started: Timestamp
        var tokens: TokenRegistry
        var certificate: ControllerCertificate
        /// Ends the controller in good order.
        var shutDown: @Sendable () -> Void
        /// Where the controller listens, once it does.
        var address: @Sendable () -> String
        /// Where its pages are, once that is known; nil when there are none.
        var dashboard: @Sendable () async -> String?
    }

    private struct State {
        var next = 0
        var tasks: [ObjectIdentifier: [Int: Task<Void, Never>]] = [:]
        var isClosed = false
    }

    let parts: Parts
    private let threads = FairThreads(count: 4)
    /// Whose answer is being made: a connection's long ones one after the other, as the network takes them. A client that
    /// reads nothing costs one page, however much it asks for.
    private let turns = Turns()
    private let state = Mutex(State())
    /// Whose request is being answered.
    @TaskLocal private static var asker: ObjectIdentifier?

    init(_ parts: Parts) { self.parts = parts }

    func take(_ id: Int, _ request: ClientRequest, _ connection: PeerConnection, cost: Int) {
        answer(connection, cost: cost) { [self] in
            let answer = Answer(
                id: id, connection: connection, timeout: parts.configuration.writeTimeout, threads: threads,
                turns: turns, logger: parts.logger)
            await perform(request, answer)
        }
    }

    /// Does what a connection asks for, unless it ends before.
    func answer(_ connection: PeerConnection, cost: Int, _ body: @escaping @Sendable () async -> Void) {
        let key = ObjectIdentifier(connection)
        // A client at its limit is not read further: each request weighs its share of what may be unfinished.
        let weight = max(cost, parts.configuration.maximumUnfinished / max(1, parts.configuration.maximumRequests))
        connection.send([], finishing: cost - weight)
        state.withLock { state in
            guard !state.isClosed else { return }
            state.next += 1
            let number = state.next
            state.tasks[key, default: [:]][number] = Task { [self] in
                await Self.$asker.withValue(key) { await body() }
                connection.send([], finishing: weight)
                self.state.withLock { state in
                    state.tasks[key]?[number] = nil
                    if state.tasks[key]?.isEmpty == true { state.tasks[key] = nil }
                }
            }
        }
    }

    func closed(_ connection: PeerConnection) {
        let tasks = state.withLock { $0.tasks[ObjectIdentifier(connection)] } ?? [:]
        for task in tasks.values { task.cancel() }
    }

    /// Cancels what is still being answered, and waits for its end.
    func finish() async {
        let tasks = state.withLock { state in
            state.isClosed = true
            return state.tasks.values.flatMap(\.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        await threads.finish()
    }

    private func perform(_ request: ClientRequest, _ answer: Answer) async {
        do {
            if request.isAnsweredAlone {
                try await answer.inTurn { try await handle(request, answer) }
            } else {
                try await handle(request, answer)
            }
            try await answer.done()
            if case .shutdown = request { parts.shutDown() }
        } catch let error as SweepError {
            answer.failed(error)
        } catch is CancellationError {
            // The client went away.
        } catch {
            // The connection broke while the answer was on its way.
            parts.logger.debug("a request was left: \(error)")
        }
    }

    /// Requests that are being answered.
    var requestCount: Int { state.withLock { $0.tasks.values.reduce(0) { $0 + $1.count } } }

    /// Runs what blocks on a thread that may block.
    func blocking<T: Sendable>(_ body: @escaping @Sendable () throws(SweepError) -> T) async throws -> T {
        try await threads.run(for: Self.asker ?? ObjectIdentifier(self)) { try body() }
    }
}

/// The answer to one request, on its way to the client.
struct Answer: Sendable {
    let id: Int
    let connection: PeerConnection
    let timeout: Double
    let threads: FairThreads
    let turns: Turns
    let logger: Logger

    /// Sends items, and waits until the network has taken them.
    func send(_ items: [some Encodable & Sendable]) async throws {
        guard !items.isEmpty else { return }
        let bytes = try await threads.run(for: ObjectIdentifier(connection)) { [id, logger] in
            var bytes = ByteBuffer()
            for item in items {
                // One tree at a time: they are many times the size of their bytes.
                let line = ControllerLine.client(.item(request: id, try JSONCoding.value(of: item)))
                bytes.writeBytes(line.bounded(logger))
            }
            return bytes
        }
        try await connection.deliver(bytes, timeout: timeout)
    }

    func send(_ item: some Encodable & Sendable) async throws { try await send([item]) }

    func done() async throws { try await connection.deliver(nil, [.client(.done(request: id))], timeout: timeout) }

    /// Makes and sends a part while no other answer of the connection is in its turn. Not to be nested.
    func inTurn<T>(_ body: () async throws -> T) async throws -> T {
        try await turns.hold(for: ObjectIdentifier(connection), body)
    }

    func failed(_ error: SweepError) { connection.send([.client(.failed(request: id, error))]) }
}

extension ClientRequest {
    /// Whether its answer has an end and may be long: those of one connection are made one after the other. What goes on for
    /// long takes turns by the piece; what only changes something has next to no answer.
    fileprivate var isAnsweredAlone: Bool {
        switch self {
        case .list, .show, .trials, .leaderboard, .trial, .reports, .matching, .export, .query, .remarks, .agents: true
        default: false
        }
    }
}
