import DequeModule
import Foundation
import Glibc
import SweepEngine
import SweepModel
import SweepSearch
import Synchronization

/// Computes suggestions of slow methods beside the engine loop, on threads of low priority.
///
/// At most one request of a sweep is under way (the engine sees to that), and requests are served in turn, so that one
/// sweep with a slow search delays the others by one of its suggestions at most; and not even that while there are threads
/// left. Bounded by the number of sweeps. Closing it waits for nothing: what is being computed then is dropped.
final class SuggestionDesk: Sendable {
    /// Most suggestions at once. Beside the trainings there is little to spare, and each takes one core.
    static let mostThreads = 4

    typealias Answer = @Sendable (SuggestionRequest, Suggestion) -> Void

    private struct State {
        var waiting: Deque<SuggestionRequest> = []
        var threads = 0
        var idle = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let compute: @Sendable (SuggestionRequest) -> Suggestion
    private let answer: Answer

    /// - Parameters:
    ///   - compute: asks the method.
    ///   - answer: called on the desk's threads.
    init(compute: @escaping @Sendable (SuggestionRequest) -> Suggestion, answer: @escaping Answer) {
        self.compute = compute
        self.answer = answer
    }

    func ask(_ requests: [SuggestionRequest]) {
        for request in requests { ask(request) }
    }

    private func ask(_ request: SuggestionRequest) {
        let needsThread = state.withLock { state in
            guard !state.isClosed else { return false }
            // What the engine asks anew counts instead of what it asked before.
            state.waiting.removeAll { $0.sweep == request.sweep }
            state.waiting.append(request)
            guard state.idle < state.waiting.count, state.threads < Self.mostThreads else { return false }
            state.threads += 1
            return true
        }
        if needsThread { startThread() }
        wake.signal()
    }

    /// Ends the threads, each after what it computes now; their answers come to nothing.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            state.waiting.removeAll()
            return state.threads
        }
        for _ in 0..<threads { wake.signal() }
    }

    private func startThread() {
        let thread = Thread { [self] in
            // Of this thread alone: Linux keeps a priority for each.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
            work()
        }
        thread.name = "search"
        thread.stackSize = 8 << 20
        thread.start()
    }

    private func work() {
        while true {
            state.withLock { $0.idle += 1 }
            wake.wait()
            let (request, isClosed) = state.withLock { state in
                state.idle -= 1
                return (state.waiting.popFirst(), state.isClosed)
            }
            if isClosed { return }
            guard let request else { continue }
            let suggestion = compute(request)
            if state.withLock({ $0.isClosed }) { return }
            answer(request, suggestion)
        }
    }
}
