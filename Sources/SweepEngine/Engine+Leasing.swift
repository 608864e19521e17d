import OrderedCollections
import SweepModel

/// Leases, and what time alone does.
extension Engine {
    /// Ends leases that ran out, tries paused slots again, and forgets agents that are gone for long.
    mutating func tick(now: Now) -> [Effect] {
        defer { lastTick = now.instant }
        wakeAt = nil
        if let last = lastTick {
            // The controller itself slept (a stopped process, a busy disk): nobody's silence is proved by that.
            let gap = now.instant.seconds(since: last)
            if gap > configuration.stall { extendLeases(by: gap) }
        }
        var effects: [Effect] = []
        let silence = Int(configuration.lease.rounded())
        let expired = sweeps.values.flatMap { sweep in
            sweep.live.values.filter { $0.leaseEnds <= now.instant }.sorted { $0.attempt < $1.attempt }
        }
        for live in expired {
            effects += lost(
                live.attempt, why: "agent \(name(of: live.slot.agent)) silent for \(silence) s", now: now)
        }
        effects += noteLost(expired, after: silence, now: now)
        for id in agents.ids {
            for index in agents[id]?.slots.indices ?? 0..<0 {
                _ = agents[id]?.slots[index].breaker.expire(now: now.instant)
            }
        }
        forgetAgents(now: now)
        for id in Array(activeSweeps) where sweeps[id]?.definition.limits.timeBudget != nil {
            sweeps[id]?.noteTime(now)
            effects += finishIfDone(id, now: now)
        }
        effects += noteStalled(now: now)
        return effects + fillIdleSlots(now: now)
    }

    /// The infrastructure lost an attempt: no failure of the trial, which waits again within its limit.
    mutating func lost(_ id: AttemptID, why: String, now: Now) -> [Effect] {
        guard let live = sweeps[id.sweep]?.live[id.trial.number], live.attempt == id else { return [] }
        return conclude(live, .lost, reason: "attempt \(id.number) lost: \(why)", end: nil, sequence: nil, now: now)
    }

    private mutating func extendLeases(by seconds: Double) {
        for id in sweeps.ids where sweeps[id]?.live.isEmpty == false {
            for number in Array(sweeps[id]?.live.keys ?? [:].keys) {
                guard let ends = sweeps[id]?.live[number]?.leaseEnds else { continue }
                sweeps[id]?.live[number]?.leaseEnds = ends + seconds
            }
        }
    }

    /// A disconnected agent without leases is shown for an hour.
    private mutating func forgetAgents(now: Now) {
        for agent in agents.values
        where !agent.isConnected && now.instant.seconds(since: agent.lastSeen.instant) > 3600 {
            if liveAttempts(on: agent.id).isEmpty { agents[agent.id] = nil }
        }
    }
}
