import NIOPosix
import SweepModel
import SweepStore
import Synchronization

/// The feeds of the sweeps that somebody looks at, bounded in number.
final class FeedBook: Sendable {
    /// At most so many sweeps are in memory.
    static let maximum = 16
    /// A feed goes when nobody has used it for so long, in seconds.
    static let idleTime = 60.0

    private let store: Store
    private let backend: any DashboardBackend
    private let threads: NIOThreadPool
    private let pace: Double
    private let feeds = Mutex<[SweepID: SweepFeed]>([:])

    init(store: Store, backend: any DashboardBackend, threads: NIOThreadPool, pace: Double) {
        self.store = store
        self.backend = backend
        self.threads = threads
        self.pace = pace
    }

    func feed(of id: SweepID) -> SweepFeed {
        let (feed, isNew) = feeds.withLock { feeds in
            if let feed = feeds[id] { return (feed, false) }
            if feeds.count >= Self.maximum, let idle = feeds.first(where: { $0.value.isIdle(for: 0) }) {
                feeds[idle.key] = nil
                idle.value.close()
            }
            let feed = SweepFeed(id, store: store, backend: backend)
            feeds[id] = feed
            return (feed, true)
        }
        if isNew {
            feed.start(pace: pace) { [threads] body in try await threads.runIfActive { try body() } }
        }
        return feed
    }

    /// Pings all pages and lets idle feeds go; called every few seconds.
    func tick() {
        let (live, idle) = feeds.withLock { feeds in
            let idle = feeds.filter { $0.value.isIdle(for: Self.idleTime) }
            for id in idle.keys { feeds[id] = nil }
            return (Array(feeds.values), Array(idle.values))
        }
        for feed in live { feed.ping() }
        for feed in idle { feed.close() }
    }

    func close() {
        let all = feeds.withLock { feeds in
            defer { feeds = [:] }
            return Array(feeds.values)
        }
        for feed in all { feed.close() }
    }
}
