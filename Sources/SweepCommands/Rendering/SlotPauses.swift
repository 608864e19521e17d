package import SweepModel
package import SweepWire

/// The slots that may run a sweep's trials, and how many of them take none because trials failed on them one after the other.
package struct SlotPauses: Hashable, Sendable {
    package var paused = 0
    package var total = 0
    /// Why the first paused one is.
    package var reason: String?

    /// - Parameter agent: only the agent of this name; nil: all that take trials of the sweep.
    package init(_ agents: [AgentRow], sweep: SweepID, agent: String? = nil) {
        for row in agents where row.state != .disconnected && (row.sweep == nil || row.sweep == sweep) {
            guard agent == nil || row.name == agent else { continue }
            total += row.slots.count
            let reasons = row.slots.compactMap(\.paused)
            paused += reasons.count
            reason = reason ?? reasons.first
        }
    }

    package var isAll: Bool { paused > 0 && paused == total }

    /// `2 of 4 slots paused`; of all of them also why.
    package var summary: String {
        guard isAll else { return "\(paused) of \(ValueText.plural(total, "slot")) paused" }
        let which = total == 1 ? "the only slot is" : "all \(total) slots are"
        return "\(which) paused\(reason.map { ": \($0)" } ?? "")"
    }
}
