import DequeModule
import Dispatch
import SweepEngine
import SweepModel
import SweepSearch
import Synchronization

/// What the engine loop is given to do.
enum Incoming: Sendable {
    /// `replaces`: incarnations of the agent that it knows to be dead.
    case connected(PeerConnection, ConnectedAgent, replaces: [String])
    case disconnected(PeerConnection, AgentID, incarnation: String)
    /// `cost` is what the connection may have more of unfinished, once this is done.
    case message(PeerConnection, AgentID, Event, cost: Int)
    case suggested(SuggestionRequest, Suggestion)
    case request(Event, @Sendable (Result<Void, SweepError>) -> Void)
}

/// The way to the engine loop: any thread puts, the loop's thread takes all there is and wakes at once.
///
/// Bounded by those who put: a connection stops reading at `maximumUnfinished`, a client at `maximumRequests`.
final class EngineInbox: Sendable {
    private struct State {
        var entries: Deque<Incoming> = []
        var isWakeDue = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    /// - Parameter wakes: false: a call of `wakeUp` follows at once, so that what came together (an `ended` and the
    ///   `ready` after it) is done in one turn, with one fsync.
    /// - Returns: false when the loop has ended.
    @discardableResult
    func put(_ entry: Incoming, wakes: Bool = true) -> Bool {
        let (isTaken, needsWake) = state.withLock { state in
            if state.isClosed { return (false, false) }
            state.entries.append(entry)
            defer { state.isWakeDue = state.isWakeDue || wakes }
            return (true, wakes && !state.isWakeDue)
        }
        if needsWake { wake.signal() }
        if !isTaken, case .request(_, let answer) = entry { answer(.failure(Self.ended)) }
        return isTaken
    }

    /// Wakes the loop for what was put without waking it.
    func wakeUp() {
        let needsWake = state.withLock { state in
            if state.isWakeDue || state.entries.isEmpty { return false }
            state.isWakeDue = true
            return true
        }
        if needsWake { wake.signal() }
    }

    /// The loop ends once it has done what is in.
    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }

    /// Wakes the loop for something that is not in the inbox.
    func nudge() { wake.signal() }

    /// Up to `maximum` entries in the order in which they came, as soon as there are any; none at `deadline` or after a
    /// nudge. nil: closed and empty.
    func take(_ maximum: Int, until deadline: DispatchTime) -> [Incoming]? {
        if let entries = takeNow(maximum), !entries.isEmpty { return entries }
        if isFinished { return nil }
        _ = wake.wait(timeout: deadline)
        let entries = takeNow(maximum) ?? []
        return entries.isEmpty && isFinished ? nil : entries
    }

    /// Entries that wait.
    var count: Int { state.withLock { $0.entries.count } }

    /// Answers every request that waits, because none can be done for now.
    func refuseRequests(_ error: SweepError) {
        let refused = state.withLock { state in
            var kept: Deque<Incoming> = []
            var refused: [@Sendable (Result<Void, SweepError>) -> Void] = []
            for entry in state.entries {
                if case .request(_, let answer) = entry { refused.append(answer) } else { kept.append(entry) }
            }
            if !refused.isEmpty { state.entries = kept }
            return refused
        }
        for answer in refused { answer(.failure(error)) }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    private var isFinished: Bool { state.withLock { $0.isClosed && $0.entries.isEmpty } }

    private func takeNow(_ maximum: Int) -> [Incoming]? {
        state.withLock { state in
            state.isWakeDue = false
            let count = min(maximum, state.entries.count)
            let taken = Array(state.entries.prefix(count))
            state.entries.removeFirst(count)
            return taken
        }
    }

    static let ended = SweepError(.unavailable, "the controller is ending", remedy: "start it and try again")
}

extension EngineInbox {
    /// Has the engine take `event`, and waits until what follows from it is durable.
    ///
    /// - Throws: why it cannot be done.
    func perform(_ event: Event) async throws(SweepError) {
        let result = await withCheckedContinuation { continuation in
            _ = put(.request(event) { continuation.resume(returning: $0) })
        }
        try result.get()
    }
}
