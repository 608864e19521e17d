package import SweepModel

/// The learning curves of a sweep's trials, by trial number: bounded, and rebuilt on a restart from the points that
/// `take` said it kept, in the same order. (Of a trial that still runs all reports may be taken again instead: then the
/// count of its reports is exact as well.)
package struct CurveBook: Sendable {
    package let goal: Objective.Goal
    /// Ordinal numbers of reports whose points are kept whatever their step (`StoppingRule.marks`), ascending.
    package let marks: [Int]
    package private(set) var curves: [Int: TrialCurve] = [:]

    package init(goal: Objective.Goal, marks: [Int] = []) {
        self.goal = goal
        self.marks = marks
    }

    /// Takes a report of `trial` in.
    ///
    /// - Returns: the point that was kept, to be recorded; nil when the report adds nothing (a step that is not beyond
    ///   the last kept one by enough, a value that is no number).
    package mutating func take(trial: Int, step: Double, value: Double) -> CurvePoint? {
        curves[trial, default: TrialCurve()].take(step: step, value: value, goal: goal, marks: marks)
    }

    /// Takes a recorded point in again.
    package mutating func restore(trial: Int, _ point: CurvePoint) {
        curves[trial, default: TrialCurve()].restore(point)
    }

    /// The trial's final state.
    package mutating func end(trial: Int, as end: TrialCurve.End) { curves[trial, default: TrialCurve()].end = end }

    /// A new attempt of the trial reports from `step` on: what was kept there and beyond is forgotten, and the trial runs.
    package mutating func rewind(trial: Int, to step: Double) { curves[trial]?.rewind(to: step) }

    /// A new attempt of the trial starts from nothing: what it reported is forgotten.
    package mutating func restart(trial: Int) { curves[trial] = nil }

    package subscript(trial: Int) -> TrialCurve? { curves[trial] }

    /// `value` such that less is better.
    func cost(_ value: Double) -> Double { goal == .minimize ? value : -value }

    /// The trial with the best value so far (the first of equals), and that value; of those that have not failed.
    var leader: (trial: Int, value: Double)? {
        var leader: (trial: Int, value: Double)?
        for (trial, curve) in curves where curve.end != .failed {
            guard let best = curve.points.last?.best else { continue }
            if let known = leader,
                !goal.prefers(best, to: known.value) && (best != known.value || trial > known.trial)
            {
                continue
            }
            leader = (trial, best)
        }
        return leader
    }
}

/// One trial's curve, thinned so that a run of 10^6 reports keeps some hundred points: the first 64, then those whose
/// step lies at least 1/32 beyond the last kept one.
package struct TrialCurve: Sendable, Hashable {
    package enum End: Sendable, Hashable {
        case completed, pruned, failed
    }

    /// More points than any sensible curve needs: what comes after is dropped.
    static let limit = 4096

    /// Ascending in step.
    package private(set) var points: [CurvePoint] = []
    /// nil: it still runs.
    package var end: End?
    /// How many reports counted: numbers, at a step beyond the one before.
    package private(set) var reportCount = 0
    private var lastStep = -Double.infinity
    private var best: Double?

    package init() {}

    mutating func take(step: Double, value: Double, goal: Objective.Goal, marks: [Int]) -> CurvePoint? {
        guard step.isFinite, value.isFinite, step > lastStep else { return nil }
        lastStep = step
        reportCount += 1
        let best = self.best.map { goal.prefers(value, to: $0) ? value : $0 } ?? value
        self.best = best
        guard points.count < Self.limit else { return nil }
        if reportCount > 64, let last = points.last?.step, step - last < abs(last) / 32, !marks.has(reportCount) {
            return nil
        }
        let point = CurvePoint(step: step, value: value, best: best, report: reportCount)
        points.append(point)
        return point
    }

    mutating func restore(_ point: CurvePoint) {
        guard point.step > lastStep else { return }
        points.append(point)
        best = point.best
        lastStep = point.step
        reportCount = max(point.report, reportCount + 1)
    }

    /// What was taken and not kept is forgotten too: the record does not have it, and a restart must not change anything.
    mutating func rewind(to step: Double) {
        points.removeSubrange(points.partitionIndex { $0.step >= step }...)
        best = points.last?.best
        lastStep = points.last?.step ?? -.infinity
        reportCount = points.last?.report ?? 0
        end = nil
    }

    /// The last point at a step of at most `step`.
    package func point(upTo step: Double) -> CurvePoint? {
        let count = points.partitionIndex { $0.step > step }
        return count > 0 ? points[count - 1] : nil
    }

    /// The first point at a step of at least `step`.
    package func point(from step: Double) -> CurvePoint? {
        let index = points.partitionIndex { $0.step >= step }
        return index < points.count ? points[index] : nil
    }

    /// The point of the `report`-th report, where it was kept.
    func point(ofReport report: Int) -> CurvePoint? {
        let index = points.partitionIndex { $0.report >= report }
        return index < points.count && points[index].report == report ? points[index] : nil
    }
}

extension Array {
    /// The index of the first element with `belongsAfter`; all those after it have it as well.
    func partitionIndex(where belongsAfter: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if belongsAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension [Int] {
    /// Whether `number` is one of these, which ascend.
    fileprivate func has(_ number: Int) -> Bool {
        let index = partitionIndex { $0 >= number }
        return index < count && self[index] == number
    }
}
