import Synchronization

/// How many pages hold a stream open, bounded.
final class StreamCount: Sendable {
    private let count = Mutex(0)
    private let maximum: Int

    init(maximum: Int) { self.maximum = maximum }

    /// nil: too many already.
    func enter() -> Place? {
        count.withLock { count in
            guard count < maximum else { return nil }
            count += 1
            return Place(streams: self)
        }
    }

    struct Place: Sendable {
        fileprivate var streams: StreamCount

        func leave() { streams.count.withLock { $0 -= 1 } }
    }
}
