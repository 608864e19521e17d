/// The steps at which a source has given a metric: as progressions (0, 1, 2, … or 100, 200, …), so that a million of them
/// take a few words. Bounded: where there would be too many progressions, everything up to the highest step so far
/// counts as given.
struct StepSet: Sendable {
    private static let maximumRuns = 32

    private struct Run {
        var first: Int
        var last: Int
        /// 0 for a single step.
        var stride: Int

        func contains(_ step: Int) -> Bool {
            guard step >= first, step <= last else { return false }
            return stride == 0 || (step - first) % stride == 0
        }
    }

    private var runs: [Run] = []
    /// Everything up to it counts as given; -1 for nothing.
    private var given = -1

    /// - Parameter step: not below 0.
    func contains(_ step: Int) -> Bool {
        if step <= given { return true }
        for run in runs.reversed() where run.contains(step) { return true }
        return false
    }

    mutating func insert(_ step: Int) {
        guard let last = runs.indices.last else {
            runs.append(Run(first: step, last: step, stride: 0))
            return
        }
        let ahead = step.subtractingReportingOverflow(runs[last].last)
        guard !ahead.overflow, ahead.partialValue > 0 else {
            if !contains(step) { append(step) }
            return
        }
        if runs[last].stride == 0 || runs[last].stride == ahead.partialValue {
            runs[last].stride = ahead.partialValue
            runs[last].last = step
        } else {
            append(step)
        }
    }

    private mutating func append(_ step: Int) {
        if runs.count >= Self.maximumRuns {
            given = runs.reduce(given) { max($0, $1.last) }
            runs.removeAll()
        }
        runs.append(Run(first: step, last: step, stride: 0))
    }
}
