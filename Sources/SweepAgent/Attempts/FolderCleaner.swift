import DequeModule
import Glibc
import SweepWire
import Synchronization
import TrialShim

/// Removes the folders of delivered attempts, when the machine has nothing better to do: no slot waits for it.
///
/// One thread under the idle policy. It begins when no folder has come for `quiet` seconds, or too many are there.
final class FolderCleaner: Sendable {
    static let quiet = 0.5
    /// Empty folders of an attempt take some 30 kB of a disk. Not removed among launches: an ext4 without a journal
    /// passes over every inode that was freed in the last minute, one by one, for each new file.
    static let maximumWaiting = 2500
    /// Seconds without a new folder after which a machine that is never idle removes them all the same.
    static let patience = 3.0

    private struct State {
        var waiting: Deque<AttemptFolder> = []
        /// Not waited with, and no other attempt's: what takes space is to be free.
        var large: Deque<AttemptFolder> = []
        var latest = 0.0
        var hasThread = false
        var isHurried = false
    }

    private let state = Mutex(State())
    private let idles: Bool

    /// - Parameter idles: false: nothing is removed unless somebody hurries; for tests.
    init(idles: Bool = true) { self.idles = idles }

    /// - Parameter isLarge: it holds enough to be removed at once.
    func remove(_ folder: AttemptFolder, isLarge: Bool = false) {
        let startsThread = state.withLock { state in
            if isLarge { state.large.append(folder) } else { state.waiting.append(folder) }
            state.latest = Self.seconds()
            defer { state.hasThread = true }
            return !state.hasThread
        }
        guard startsThread, idles else { return }
        if DetachedThread.start({ [self] in run() }) != 0 {
            state.withLock { $0.hasThread = false }
            finish()
        }
    }

    /// A folder that need not be removed, because another attempt can have it: the oldest, if it is fit for that.
    func take() -> AttemptFolder? {
        guard let folder = state.withLock({ $0.waiting.popFirst() }) else { return nil }
        if folder.isPlain { return folder }
        remove(folder)
        return nil
    }

    /// Called now and then: on a machine that is busy with trainings the thread under the idle policy gets nowhere, so what has
    /// waited for long, or is too much, is removed by another one.
    func hurry() {
        let isLate = state.withLock { state in
            let isLate =
                state.waiting.count > 2 * Self.maximumWaiting
                || !state.waiting.isEmpty && Self.seconds() - state.latest >= Self.patience
            guard isLate, !state.isHurried else { return false }
            state.isHurried = true
            return true
        }
        guard isLate else { return }
        let end: @Sendable () -> Void = { [self] in state.withLock { $0.isHurried = false } }
        let hasBegun =
            DetachedThread.start({ [self] in
                while let folder = next(isUrgent: false) { folder.remove() }
                end()
            }) == 0
        if !hasBegun { end() }
    }

    /// Removes all that is left, in the caller's thread.
    func finish() { while let folder = next(isUrgent: true) { folder.remove() } }

    /// Ends when nothing is left.
    private func run() {
        // Best effort: at worst it competes with the launches.
        _ = trial_shim_run_when_idle()
        while true {
            if let folder = next(isUrgent: false) {
                folder.remove()
                continue
            }
            let isDone = state.withLock { state in
                if state.waiting.isEmpty, state.large.isEmpty { state.hasThread = false }
                return !state.hasThread
            }
            if isDone { return }
            usleep(100_000)
        }
    }

    private func next(isUrgent: Bool) -> AttemptFolder? {
        state.withLock { state in
            if let folder = state.large.popFirst() { return folder }
            let isDue =
                isUrgent || state.waiting.count > Self.maximumWaiting
                || Self.seconds() - state.latest >= Self.quiet
            return isDue ? state.waiting.popFirst() : nil
        }
    }

    private static func seconds() -> Double { Double(MachineClock.monotonic) / 1e9 }
}
