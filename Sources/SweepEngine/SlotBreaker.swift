import SweepModel

/// Pauses a slot on which trials fail one after the other soon after their start, so that one broken machine cannot eat a
/// sweep. After the pause one more trial is tried.
struct SlotBreaker: Sendable {
    private(set) var failuresInARow = 0
    private var pauses = 0
    private(set) var pausedUntil: Instant?
    private(set) var reason: String?

    /// An attempt on the slot failed; `duration` is its length in seconds.
    mutating func failed(after duration: Double, why: String, _ configuration: EngineConfiguration, now: Now) {
        guard duration <= configuration.breakerWindow else { return succeeded() }
        failuresInARow += 1
        guard failuresInARow >= configuration.breakerFailures else { return }
        let pause = min(
            configuration.breakerPause * Double(1 << min(pauses, 20)), configuration.breakerLongestPause)
        pauses += 1
        pausedUntil = now.instant + pause
        reason =
            "\(failuresInARow) trials in a row failed within \(Int(configuration.breakerWindow)) s of their start; "
            + "next try in \(Int(pause.rounded(.up))) s; last: \(why)"
    }

    /// An attempt on the slot ended in some other way.
    mutating func succeeded() { self = SlotBreaker() }

    /// A person has mended what was wrong.
    mutating func release() { self = SlotBreaker() }

    /// The pause is over: the slot may be tried again. The next failure pauses it at once, for longer.
    mutating func expire(now: Instant) -> Bool {
        guard let until = pausedUntil, until <= now else { return false }
        pausedUntil = nil
        reason = nil
        return true
    }

    var isPaused: Bool { pausedUntil != nil }
}
