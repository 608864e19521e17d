import Foundation
import NIOCore
import SweepModel
import SweepStore
import SweepWire
import Synchronization

/// One sweep while somebody looks at it: its trials as columns, kept up to date, and the pages that are told of changes.
///
/// What changed is read once for all pages, encoded once, and sent to each; a page that takes nothing is told to load
/// anew once it does, and costs no memory until then.
final class SweepFeed: Sendable {
    private struct State {
        var columns: TrialColumns?
        var version = 0
        var listeners: [Int: AsyncStream<ByteBuffer>.Continuation] = [:]
        var next = 0
        var isClosed = false
        var lastUse = ContinuousClock.now
    }

    /// Rows that are read in one statement.
    private static let page = 500

    let id: SweepID
    private let store: Store
    private let backend: any DashboardBackend
    private let changes: any DashboardChanges
    private let state = Mutex(State())
    private let pump = Mutex<Task<Void, Never>?>(nil)

    init(_ id: SweepID, store: Store, backend: any DashboardBackend) {
        self.id = id
        self.store = store
        self.backend = backend
        changes = backend.changes(of: id)
    }

    /// Begins to tell listeners; `blocking` runs what reads the store.
    func start(
        pace: Double,
        blocking: @escaping @Sendable (@escaping @Sendable () throws(SweepError) -> [Int]) async throws -> [Int]
    ) {
        let task = Task { [self] in
            for await _ in changes.wakes {
                guard hasListeners else { continue }
                guard let dirty = try? await blocking({ [self] () throws(SweepError) in try refresh() }) else {
                    continue
                }
                await tell(dirty)
                // What comes meanwhile is told together.
                try? await Task.sleep(for: .seconds(pace))
            }
        }
        pump.withLock { $0 = task }
    }

    func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [:] }
            return state.listeners
        }
        for listener in listeners.values { listener.finish() }
        changes.close()
        pump.withLock { $0 }?.cancel()
    }

    private var hasListeners: Bool { state.withLock { !$0.listeners.isEmpty } }

    /// Nobody has listened or asked for so many seconds.
    func isIdle(for seconds: Double) -> Bool {
        state.withLock { $0.listeners.isEmpty && ContinuousClock.now - $0.lastUse > .seconds(seconds) }
    }

    /// The newest state, and its version. Blocks.
    func current() throws(SweepError) -> (columns: TrialColumns, version: Int) {
        try refresh()
        return state.withLock { state in
            state.lastUse = .now
            return (state.columns ?? TrialColumns(), state.version)
        }
    }

    /// Takes in what changed. Blocks; two at once wait for each other.
    ///
    /// - Returns: the numbers of the trials that changed.
    @discardableResult
    private func refresh() throws(SweepError) -> [Int] {
        try refreshing.withLock { _ throws(SweepError) in
            let (isSweepDirty, dirty) = changes.take()
            guard var columns = state.withLock({ $0.columns }) else {
                try loadAll()
                return []
            }
            guard isSweepDirty || !dirty.isEmpty else { return [] }
            // The only holder of the arrays is this function then, so that nothing is copied.
            state.withLock { $0.columns = nil }
            let numbers = dirty.sorted()
            // After an error half of it is taken in: then there are no columns, and the next time all are read.
            for start in stride(from: 0, to: numbers.count, by: Self.page) {
                let page = Array(numbers[start..<min(numbers.count, start + Self.page)])
                for trial in try store.trials(id, numbers: page) { columns.set(trial) }
            }
            put(columns)
            return numbers
        }
    }

    private let refreshing = Mutex(())

    private func loadAll() throws(SweepError) {
        var columns = TrialColumns()
        var after = 0
        while true {
            let trials = try store.trials(id, after: after, limit: 2000)
            for trial in trials { columns.set(trial) }
            guard trials.count == 2000, let last = trials.last else { break }
            after = last.record.id.number
        }
        put(columns)
    }

    private func put(_ columns: TrialColumns) {
        state.withLock { state in
            state.columns = columns
            state.version += 1
        }
    }

    /// A page that wants to hear of changes; nil when this feed is closed.
    func listen() -> (stream: AsyncStream<ByteBuffer>, number: Int)? {
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(8))
        return state.withLock { state in
            guard !state.isClosed else { return nil }
            state.next += 1
            state.listeners[state.next] = continuation
            continuation.yield(Self.event("hello", JSONBytes.object { $0.member("version", state.version) }))
            return (stream, state.next)
        }
    }

    func leave(_ number: Int) {
        let listener = state.withLock { state in
            state.lastUse = .now
            return state.listeners.removeValue(forKey: number)
        }
        listener?.finish()
    }

    /// Finds connections that are gone: a write to them fails.
    func ping() { send(ByteBuffer(string: ": still here\n\n")) }

    private func tell(_ numbers: [Int]) async {
        guard let row = try? await backend.sweep(id.text) else {
            send(Self.event("gone", [UInt8]("{}".utf8)))
            return
        }
        var shown = row
        shown.yaml = nil
        let sweep = (try? JSONCoding.value(of: shown)) ?? .null
        let (columns, version) = state.withLock { ($0.columns, $0.version) }
        guard let columns else { return }
        let indices = numbers.compactMap { columns.index(of: $0) }
        let strip = SweepStrip(columns, facts: backend.facts(of: id))
        let bytes = JSONBytes.object { json in
            json.member("version", version)
            json.member("sweep", sweep)
            json.object("strip") { strip.write(into: &$0) }
            json.object("trials") { columns.write(indices, metrics: nil, into: &$0) }
        }
        send(Self.event("change", bytes))
    }

    private func send(_ buffer: ByteBuffer) {
        for listener in state.withLock({ Array($0.listeners.values) }) {
            if case .dropped = listener.yield(buffer) {
                listener.yield(Self.event("reload", [UInt8]("{}".utf8)))
            }
        }
    }

    /// One server-sent event. JSON has no bare line ends, so that it is one line of data.
    private static func event(_ name: String, _ data: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
        return buffer
    }
}

extension JSONBytes {
    static func object(_ body: (inout JSONBytes) -> Void) -> [UInt8] {
        var json = JSONBytes()
        json.object(body)
        return json.bytes
    }
}
