import OrderedCollections
import SweepModel

/// Slots that take no trial for a while, and how they come back.
extension Engine {
    /// The agent knows of its machine what nobody else does; it offers the slot again by itself.
    mutating func slotReported(_ id: SlotID, problem: String?) -> [Effect] {
        guard slot(id) != nil else { return [] }
        agents[id.agent]?.slots[id.index].problem = problem
        if problem != nil { setIdle(id, false) }
        return []
    }

    /// A person says that what was wrong is mended: the breaker begins anew, and what the agent holds back it offers.
    mutating func slotsReleased(_ id: AgentID, slot index: Int?, now: Now) -> [Effect] {
        guard let agent = agents[id] else {
            return [.refuse(SweepError(.notFound, "there is no agent '\(id)'", remedy: "see 'sweep agents'"))]
        }
        if let index, !agent.slots.indices.contains(index) {
            return [
                .refuse(
                    SweepError(
                        .notFound, "agent \(agent.name) has no slot \(index)",
                        remedy: "its slots are 0 to \(max(0, agent.slots.count - 1))"))
            ]
        }
        var effects: [Effect] = []
        for index in index.map({ $0...$0 }).map(Array.init) ?? Array(agent.slots.indices) {
            agents[id]?.slots[index].breaker.release()
            if agents[id]?.slots[index].problem != nil { effects.append(.send(id, .release(slot: index))) }
        }
        return effects + fillIdleSlots(now: now)
    }
}
