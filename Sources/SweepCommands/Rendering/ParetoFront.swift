package import SweepModel

/// Of several objectives: what nothing else is better than in all of them.
package enum ParetoFront {
    /// The indices of the rows that no other row dominates: at least as good in every objective, and better in one. A row
    /// that lacks a finite value of an objective is never among them.
    package static func members(of rows: [[Double?]], _ goals: [Objective.Goal]) -> Set<Int> {
        var front: [(index: Int, costs: [Double])] = []
        for (index, row) in rows.enumerated() {
            guard row.count == goals.count else { continue }
            let costs = zip(row, goals).compactMap { value, goal in
                value.flatMap { $0.isFinite ? (goal == .minimize ? $0 : -$0) : nil }
            }
            guard costs.count == goals.count, !front.contains(where: { dominates($0.costs, costs) }) else { continue }
            front.removeAll { dominates(costs, $0.costs) }
            front.append((index, costs))
        }
        return Set(front.map(\.index))
    }

    private static func dominates(_ a: [Double], _ b: [Double]) -> Bool {
        zip(a, b).allSatisfy { $0 <= $1 } && zip(a, b).contains { $0 < $1 }
    }
}
