import Logging
import NIOPosix
import ServiceLifecycle
import SweepModel
import SweepStore
import SweepWire
import Synchronization

/// Tells people: takes the alerts that are durable and not yet told, delivers each to the targets that want its kind, and
/// writes down what became of it. What a controller leaves untold the next one tells, so a target may hear of an alert twice
/// and never not at all.
final class AlertDesk: Service {
    struct Parts: Sendable {
        var store: Store
        var catalogue: SweepCatalogue
        var sender: AlertSender
        var logger: Logger
        /// Seconds between the tries of one delivery; after them it is given up.
        var pauses: [Double]
        /// Where the pages are, once that is known.
        var page: @Sendable () async -> String?
    }

    /// Alerts that are being told at once. Others wait in the store.
    private static let maximumAtOnce = 32
    /// Seconds after which nobody wants to hear of it any more.
    private static let maximumAge = 86_400.0

    private struct Place: Hashable {
        var sweep: SweepID
        var target: Int
    }

    private struct State {
        var inHand: Set<AlertRecord> = []
        var last: [Place: (at: Instant, heldBack: Int)] = [:]
    }

    private let parts: Parts
    private let state = Mutex(State())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(_ parts: Parts) {
        self.parts = parts
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        // What an earlier controller has left.
        wake.yield()
    }

    /// These changes are durable.
    func committed(_ changes: [Change]) {
        let isNews = changes.contains { if case .alertRaised = $0 { true } else { false } }
        if isNews { wake.yield() }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                for await _ in wakes {
                    for alert in await next() {
                        // Here and not beside each other: what was held back before one is told with it.
                        let deliveries = deliveries(of: alert)
                        group.addTask { await self.tell(alert, deliveries) }
                    }
                }
                group.cancelAll()
            }
        }
    }

    /// Alerts to be told, as many as there is room for.
    private func next() async -> [AlertRecord] {
        let (inHand, room) = state.withLock { ($0.inHand, Self.maximumAtOnce - $0.inHand.count) }
        guard room > 0 else { return [] }
        do {
            let found = try await NIOThreadPool.singleton.runIfActive { [store = parts.store] in
                try store.alertsToTell(limit: inHand.count + room)
            }
            let fresh = found.filter { !inHand.contains($0) }.prefix(room)
            state.withLock { $0.inHand.formUnion(fresh) }
            return Array(fresh)
        } catch {
            parts.logger.error("alerts cannot be read: \(error)")
            return []
        }
    }

    private func tell(_ alert: AlertRecord, _ deliveries: [Delivery]) async {
        let outcome = await outcome(of: alert, deliveries)
        guard !Task.isCancelled else { return }
        for line in outcome {
            parts.logger.info("alert \(alert.sweep)!\(alert.number) (\(alert.kind.rawValue)): \(line)")
        }
        do {
            try await NIOThreadPool.singleton.runIfActive { [store = parts.store] in
                try store.settleAlert(alert.sweep, alert.number, outcome: outcome)
            }
        } catch {
            // It stays in hand: told again by the next controller, not by this one at each wake.
            parts.logger.error("what became of alert \(alert.sweep)!\(alert.number) cannot be written: \(error)")
            return
        }
        state.withLock { _ = $0.inHand.remove(alert) }
        wake.yield()
    }

    /// To one target that wants the alert.
    private struct Delivery {
        var target: NotifyTarget
        /// How many were held back since the last; nil: this one is to be, too.
        var heldBack: Int?
    }

    private func isTooOld(_ alert: AlertRecord) -> Bool {
        SystemClock.now().wall.seconds(since: alert.time) >= Self.maximumAge
    }

    private func deliveries(of alert: AlertRecord) -> [Delivery] {
        guard !isTooOld(alert) else { return [] }
        let targets = parts.catalogue[alert.sweep]?.notify?.targets ?? []
        return targets.enumerated().filter { $1.kinds.contains(alert.kind) }
            .map { Delivery(target: $1, heldBack: admit(alert, $1, $0)) }
    }

    /// A line for each target that wants it.
    private func outcome(of alert: AlertRecord, _ deliveries: [Delivery]) async -> [String] {
        guard !isTooOld(alert) else { return ["not told: it is more than a day old"] }
        let name = parts.catalogue[alert.sweep]?.launch.sweepName
        return await withTaskGroup(of: (Int, String).self) { group in
            for (index, delivery) in deliveries.enumerated() {
                group.addTask { (index, await self.deliver(alert, name, delivery)) }
            }
            var lines: [(Int, String)] = []
            for await line in group { lines.append(line) }
            return lines.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func deliver(_ alert: AlertRecord, _ name: String?, _ delivery: Delivery) async -> String {
        let target = delivery.target
        guard let heldBack = delivery.heldBack else {
            return "\(target.label): held back, another was told less than \(Int(target.every)) s before"
        }
        let message = AlertMessage(alert: alert, name: name, page: await page(alert.sweep), heldBack: heldBack)
        var tries = 0
        while true {
            let why: String
            var pause: Double?
            switch await parts.sender.send(message, to: target.way) {
            case .told: return "\(target.label): told" + (tries > 0 ? " at try \(tries + 1)" : "")
            case .refused(let reason): return "\(target.label): not told: \(reason)"
            case .again(let reason, let after): (why, pause) = (reason, after)
            }
            guard tries < parts.pauses.count, !Task.isCancelled else {
                return "\(target.label): given up after \(tries + 1) tries: \(why)"
            }
            // Shortened at random, so that a server which comes back is not met by all at once.
            let wait = pause ?? parts.pauses[tries] * Double.random(in: 0.7...1)
            tries += 1
            try? await Task.sleep(for: .seconds(wait))
        }
    }

    /// - Returns: how many were held back since the last; nil: this one is to be, too. The end of a sweep never is.
    private func admit(_ alert: AlertRecord, _ target: NotifyTarget, _ index: Int) -> Int? {
        let place = Place(sweep: alert.sweep, target: index)
        let now = SystemClock.now().instant
        return state.withLock { state in
            if let last = state.last[place], alert.kind != .finished, now.seconds(since: last.at) < target.every {
                state.last[place]?.heldBack += 1
                return nil
            }
            defer { state.last[place] = (now, 0) }
            return state.last[place]?.heldBack ?? 0
        }
    }

    private func page(_ sweep: SweepID) async -> String? { await parts.page().map { "\($0)/sweeps/\(sweep)" } }

    // MARK: By hand

    /// A try of every target, once; a line for each.
    func test(_ sweep: SweepID, at time: Timestamp) async throws(SweepError) -> [String] {
        guard let targets = parts.catalogue[sweep]?.notify?.targets, !targets.isEmpty else {
            throw SweepError(
                .conflict, "sweep \(sweep) notifies nobody",
                remedy: "add 'notify: [{webhook: \"https://…\"}]' to its file: sweep edit \(sweep)")
        }
        let alert = AlertRecord(
            sweep: sweep, number: 0, kind: .test, text: "a test: alerts of this sweep come here", time: time)
        let message = AlertMessage(
            alert: alert, name: parts.catalogue[sweep]?.launch.sweepName, page: await page(sweep))
        var lines: [String] = []
        for target in targets {
            switch await parts.sender.send(message, to: target.way) {
            case .told: lines.append("\(target.label): told")
            case .again(let why, _), .refused(let why): lines.append("\(target.label): not told: \(why)")
            }
        }
        return lines
    }
}
