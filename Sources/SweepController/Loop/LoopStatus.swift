import SweepEngine
import SweepModel
import Synchronization

/// What the engine loop shows of itself, so that reading never goes through the engine.
final class LoopStatus: Sendable {
    struct Snapshot: Sendable {
        var agents: [AgentView] = []
        var liveTrials = 0
        var sweeps = 0
        /// Why nothing is handed out, when nothing is.
        var problem: String?
    }

    private struct State {
        var snapshot = Snapshot()
        var waiters: [CheckedContinuation<Snapshot, Never>] = []
    }

    private let state = Mutex(State())

    /// As the loop stands now; while it cannot write, as it stood before.
    func newest(_ inbox: EngineInbox) async -> Snapshot {
        await withCheckedContinuation { continuation in
            let old = state.withLock { state -> Snapshot? in
                if state.snapshot.problem != nil { return state.snapshot }
                state.waiters.append(continuation)
                return nil
            }
            if let old { continuation.resume(returning: old) } else { inbox.nudge() }
        }
    }

    /// For the loop: whether somebody waits for a snapshot.
    var isWanted: Bool { state.withLock { !$0.waiters.isEmpty } }

    /// For the loop: gives all who wait `snapshot`.
    func publish(_ snapshot: Snapshot) {
        let waiters = state.withLock { state in
            state.snapshot = snapshot
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: snapshot) }
    }

    /// For the loop: it cannot write for now. Who waits gets the last snapshot, with the problem.
    func report(problem: String?) {
        let (waiters, snapshot) = state.withLock { state in
            state.snapshot.problem = problem
            defer { state.waiters = [] }
            return (state.waiters, state.snapshot)
        }
        for waiter in waiters { waiter.resume(returning: snapshot) }
    }
}
