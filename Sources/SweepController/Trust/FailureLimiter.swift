import SweepModel
import Synchronization

/// Slows those down who are refused again and again, address by address, and keeps them from filling the log.
///
/// It never keeps a good token out: 256 random bits are not guessed however fast, while an address that others share (a
/// gateway, a machine with many agents) would be locked out by whoever wants it.
final class FailureLimiter: Sendable {
    struct Answer: Equatable {
        /// Seconds before the refusal is said.
        var delay: Double
        /// The refusals that were not logged since the last one that was, with this one; nil: not to be logged.
        var count: Int?
    }

    /// Failures in a row that are answered at once.
    static let burst = 10.0
    /// Failures a second that stay without consequence.
    static let rate = 0.1
    static let delay = 1.0
    /// Of an address beyond its burst one line is logged so often, in seconds.
    static let logPause = 60.0
    static let maximumAddresses = 4096

    private struct Entry {
        var credit: Double
        var last: Instant
        var logged: Instant?
        var silent = 0
    }

    private let entries = Mutex<[String: Entry]>([:])

    /// The number of addresses that are remembered.
    var count: Int { entries.withLock { $0.count } }

    /// A peer at `address` was refused.
    func failed(_ address: String, now: Instant) -> Answer {
        entries.withLock { entries in
            if entries[address] == nil, entries.count >= Self.maximumAddresses {
                entries = entries.filter { Self.credit(of: $0.value, now: now) < Self.burst }
                // A whole network of strangers: all of them are slowed, none is logged.
                guard entries.count < Self.maximumAddresses else { return Answer(delay: Self.delay) }
            }
            var entry = entries[address] ?? Entry(credit: Self.burst, last: now)
            entry.credit = Self.credit(of: entry, now: now) - 1
            entry.last = now
            let isBeyond = entry.credit < 0
            entry.credit = max(entry.credit, -1)
            entry.silent += 1
            var answer = Answer(delay: isBeyond ? Self.delay : 0)
            if !isBeyond || entry.logged.map({ now.seconds(since: $0) >= Self.logPause }) ?? true {
                answer.count = entry.silent
                entry.silent = 0
                entry.logged = now
            }
            entries[address] = entry
            return answer
        }
    }

    private static func credit(of entry: Entry, now: Instant) -> Double {
        min(burst, entry.credit + max(0, now.seconds(since: entry.last)) * rate)
    }
}
