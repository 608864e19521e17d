import SweepModel
package import SweepWire

/// What became of a trial's attempts, in words: "attempt 1 lost: agent gpu-box-2 silent for 90 s; attempt 2 completed".
package enum AttemptHistory {
    /// One sentence part an attempt, in order.
    package static func words(_ attempts: [AttemptRow]) -> [String] {
        attempts.map { row in
            let name = "attempt \(row.attempt)"
            guard let outcome = row.outcome else {
                return "\(name) \(row.started == nil ? "assigned to" : "running on") \(row.agent)"
            }
            // A lost attempt's reason begins with its own name.
            let prefix = "\(name) \(outcome.rawValue)"
            guard let reason = row.reason else { return prefix + late(row) }
            return (reason.hasPrefix(prefix) ? reason : "\(prefix): \(reason)") + late(row)
        }
    }

    private static func late(_ row: AttemptRow) -> String {
        row.late.map { " (it came back later with \($0), which does not count)" } ?? ""
    }

    /// Only a trial that had more than one attempt, or a late result, has a history to tell.
    static func lines(_ attempts: [AttemptRow]) -> [StyledLine] {
        guard attempts.count > 1 || attempts.contains(where: { $0.late != nil }) else { return [] }
        let words = words(attempts)
        return [StyledLine([("history", .dim)])]
            + words.enumerated().map { index, text in
                StyledLine([("  \(text)\(index < words.count - 1 ? ";" : "")", nil)])
            }
    }
}
