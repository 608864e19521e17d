import OrderedCollections
import SweepModel
import SweepSearch

/// Suggestions of slow methods: asked for ahead of need, taken when they come.
extension Engine {
    /// Asks for what running sweeps will want next. Only where an agent is there that may run it.
    mutating func requestSuggestions(now: Instant) -> [Effect] {
        var effects: [Effect] = []
        for id in slowSweeps {
            guard sweeps[id]?.ahead.asked == nil, isServed(id) else { continue }
            guard let request = sweeps[id]?.ask(requestCount + 1, now: now) else { continue }
            requestCount += 1
            effects.append(.suggest(request))
        }
        return effects
    }

    private func isServed(_ id: SweepID) -> Bool {
        agents.values.contains { $0.isConnected && ($0.sweep == nil || $0.sweep == id) }
    }

    /// An answer that nobody waits for any more changes nothing.
    mutating func suggested(_ id: SweepID, _ number: Int, _ suggestion: Suggestion, now: Now) -> [Effect] {
        guard let asked = sweeps[id]?.ahead.asked, asked.number == number else { return [] }
        sweeps[id]?.take(suggestion, now: now.instant)
        return finishIfDone(id, now: now) + fillIdleSlots(now: now)
    }
}
