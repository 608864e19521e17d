import SweepModel
import Synchronization

/// Tells requests that stream (`watch`, `logs --follow`) that something of a sweep changed.
///
/// A subscriber is told what changed, not what it became: it reads the newest state from the store. So a slow one misses
/// nothing that still matters, and costs no more memory than a set of trial numbers.
final class ChangeHub: Sendable {
    private struct State {
        var next = 0
        /// Transactions that were begun, and those whose changes subscribers know.
        var begun = 0
        var published = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
        var subscriptions: [SweepID: [Int: Subscription]] = [:]
    }

    private let state = Mutex(State())

    func subscribe(_ sweep: SweepID) -> Subscription {
        state.withLock { state in
            state.next += 1
            let subscription = Subscription(sweep: sweep, number: state.next)
            state.subscriptions[sweep, default: [:]][state.next] = subscription
            return subscription
        }
    }

    func unsubscribe(_ subscription: Subscription) {
        state.withLock { state in
            state.subscriptions[subscription.sweep]?[subscription.number] = nil
            if state.subscriptions[subscription.sweep]?.isEmpty == true {
                state.subscriptions[subscription.sweep] = nil
            }
        }
        subscription.finish()
    }

    /// A transaction begins: from now on the store may show what subscribers do not know yet.
    func beginning() { state.withLock { $0.begun += 1 } }

    /// Returns once everything that the store may show by now has been told.
    func settled() async {
        await withCheckedContinuation { continuation in
            let isSettled = state.withLock { state in
                if state.published == state.begun { return true }
                state.waiters.append(continuation)
                return false
            }
            if isSettled { continuation.resume() }
        }
    }

    /// These changes are durable: the transaction that began last is over.
    func committed(_ changes: [Change]) {
        tell(changes)
        let settled = state.withLock { state in
            state.published = state.begun
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in settled { waiter.resume() }
    }

    private func tell(_ changes: [Change]) {
        let interested = state.withLock { $0.subscriptions }
        guard !interested.isEmpty else { return }
        for change in changes {
            let (sweep, trial) = change.subject
            for subscription in (interested[sweep] ?? [:]).values { subscription.note(trial) }
        }
        for subscription in interested.values.flatMap(\.values) { subscription.wakeIfDirty() }
    }

    /// An attempt's log has grown.
    func logGrew(_ attempt: AttemptID) {
        let interested = state.withLock { $0.subscriptions[attempt.sweep] } ?? [:]
        for subscription in interested.values { subscription.noteLog(attempt.trial.number) }
    }
}

/// One stream's view of what has changed since it last looked.
final class Subscription: Sendable {
    struct Dirty: Sendable {
        var sweep = false
        var trials: Set<Int> = []
        var logs: Set<Int> = []

        var isEmpty: Bool { !sweep && trials.isEmpty && logs.isEmpty }
    }

    let sweep: SweepID
    let number: Int
    /// Yields when there is something to take; ends when the subscription does.
    let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let dirty = Mutex(Dirty())

    init(sweep: SweepID, number: Int) {
        self.sweep = sweep
        self.number = number
        (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What has changed since the last call.
    func take() -> Dirty {
        dirty.withLock { dirty in
            defer { dirty = Dirty() }
            return dirty
        }
    }

    func note(_ trial: Int?) {
        dirty.withLock { dirty in
            dirty.sweep = true
            if let trial { dirty.trials.insert(trial) }
        }
    }

    func noteLog(_ trial: Int) {
        dirty.withLock { _ = $0.logs.insert(trial) }
        continuation.yield()
    }

    func wakeIfDirty() {
        if dirty.withLock({ !$0.isEmpty }) { continuation.yield() }
    }

    func wake() { continuation.yield() }

    func finish() { continuation.finish() }
}

extension Change {
    /// The sweep that it changes, and the trial, where it is one's.
    var subject: (sweep: SweepID, trial: Int?) {
        switch self {
        case .sweepInserted(let record): (record.id, nil)
        case .sweepStateChanged(let id, _, _, _), .sweepDeleted(let id), .priorInserted(let id, _): (id, nil)
        case .sweepEdited(let record): (record.sweep, nil)
        case .alertRaised(let alert): (alert.sweep, nil)
        case .trialInserted(let record): (record.id.sweep, record.id.number)
        case .trialChanged(let progress): (progress.id.sweep, progress.id.number)
        case .attemptInserted(let id, _, _, _, _, _, _), .attemptStarted(let id, _, _, _, _),
            .reportsAppended(let id, _, _), .attemptEnded(let id, _, _, _, _, _), .lateResult(let id, _, _),
            .curveExtended(let id, _, _), .stopOrdered(let id, _, _, _):
            (id.sweep, id.trial.number)
        }
    }
}
