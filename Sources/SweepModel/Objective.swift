/// What a sweep searches for.
package struct Objective: Hashable, Sendable, Codable {
    package enum Goal: String, Sendable, Codable, CaseIterable {
        case minimize
        case maximize

        /// Whether `a` is strictly better than `b`.
        package func prefers(_ a: Double, to b: Double) -> Bool { self == .minimize ? a < b : a > b }
    }

    /// Which of a trial's reported values is its final one.
    package enum Summary: String, Sendable, Codable, CaseIterable {
        case last, min, max, mean
    }

    package var metric: String
    package var goal: Goal
    /// The sweep ends when a trial reaches it.
    package var target: Double?
    package var summary: Summary

    package init(metric: String, goal: Goal = .minimize, target: Double? = nil, summary: Summary = .last) {
        self.metric = metric
        self.goal = goal
        self.target = target
        self.summary = summary
    }
}

/// The running summary of one trial's objective: constant space, whatever the number of reports.
package struct ObjectiveSummary: Hashable, Sendable {
    package private(set) var count = 0
    package private(set) var last: Double?
    package private(set) var lastStep: Int?
    package private(set) var min: Double?
    package private(set) var max: Double?
    private var sum = 0.0

    package init() {}

    /// Takes the next value in the order of reporting. NaN and infinities count as `last` and as nothing else.
    package mutating func add(_ value: Double, step: Int?) {
        count += 1
        last = value
        lastStep = step ?? lastStep
        guard value.isFinite else { return }
        min = Swift.min(min ?? value, value)
        max = Swift.max(max ?? value, value)
        sum += value
        finiteCount += 1
    }

    private var finiteCount = 0

    /// The final value under `summary`; nil when nothing was reported, or for min, max and mean nothing finite.
    package func value(_ summary: Objective.Summary) -> Double? {
        switch summary {
        case .last: last
        case .min: min
        case .max: max
        case .mean: finiteCount > 0 ? sum / Double(finiteCount) : nil
        }
    }

    /// The best finite value so far for `goal`.
    package func best(_ goal: Objective.Goal) -> Double? { goal == .minimize ? min : max }
}
