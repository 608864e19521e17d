import SweepEngine
import SweepModel
import SweepWire

extension RequestDesk {
    /// Slots of the agent that a person means, by name or id, take trials again.
    func release(_ text: String, _ slot: Int?) async throws -> ReleasedSlots {
        let agents = await parts.status.newest(parts.inbox).agents
        let meant = agents.filter { $0.id.text == text || $0.name == text }
        guard let agent = meant.first(where: \.isConnected) ?? meant.first else {
            let names = agents.prefix(20).map(\.name).joined(separator: ", ")
            throw SweepError(
                .notFound, "there is no agent '\(text.prefix(80))'",
                remedy: names.isEmpty ? "no agent is connected" : "there are \(names)")
        }
        let released = agent.slots.indices.filter { (slot ?? $0) == $0 && agent.slots[$0].paused != nil }
        try await parts.inbox.perform(.slotsReleased(agent.id, slot: slot))
        return ReleasedSlots(agent: agent.name, slots: released.map { agent.slots[$0].info.label })
    }
}
