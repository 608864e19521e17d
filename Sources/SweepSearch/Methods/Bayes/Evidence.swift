import Glibc
import SweepModel

/// What a history says to a model: rows of features with values, lower is better.
struct Evidence: Sendable {
    /// Rows with a finite value, in the order of the history (earlier sweeps' first).
    private(set) var rows: [[Double]] = []
    private(set) var values: [Double] = []
    /// Rows of trials that failed, diverged, or were ended without a value.
    private(set) var failed: [[Double]] = []
    private(set) var pending: [[Double]] = []
    /// The values of this sweep only.
    private(set) var sequence: [Double] = []
    /// How many values are of earlier sweeps.
    private(set) var priorCount = 0

    let goal: Objective.Goal

    init(goal: Objective.Goal) { self.goal = goal }

    /// - Parameter row: the features of its point.
    mutating func add(_ observation: Observation, row: [Double], isPrior: Bool = false) {
        switch observation.status {
        case .pending: pending.append(row)
        case .completed(let value): add(value, row: row, isPrior: isPrior)
        case .pruned(let value): add(value ?? .nan, row: row, isPrior: isPrior)
        case .failed: failed.append(row)
        }
    }

    private mutating func add(_ value: Double, row: [Double], isPrior: Bool) {
        guard value.isFinite else {
            failed.append(row)
            return
        }
        let signed = goal == .minimize ? value : -value
        rows.append(row)
        values.append(signed)
        if isPrior { priorCount += 1 } else { sequence.append(signed) }
    }
}
