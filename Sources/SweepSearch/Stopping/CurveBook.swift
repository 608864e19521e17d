package import SweepModel

/// The learning curves of a sweep's trials, by trial number: bounded, and rebuilt on a restart from the points that
/// `take` said it kept, in the same order.
package struct CurveBook: Sendable {
    package let goal: Objective.Goal
    package private(set) var curves: [Int: TrialCurve] = [:]

    package init(goal: Objective.Goal) { self.goal = goal }

    /// Takes a report of `trial` in.
    ///
    /// - Returns: the point that was kept, to be recorded; nil when the report adds nothing (a step that is not beyond
    ///   the last kept one by enough, a value that is no number).
    package mutating func take(trial: Int, step: Double, value: Double) -> CurvePoint? {
        curves[trial, default: TrialCurve()].take(step: step, value: value, goal: goal)
    }

    /// Takes a recorded point in again.
    package mutating func restore(trial: Int, _ point: CurvePoint) {
        curves[trial, default: TrialCurve()].restore(point)
    }

    /// The trial's final state.
    package mutating func end(trial: Int, as end: TrialCurve.End) { curves[trial, default: TrialCurve()].end = end }

    /// A new attempt of the trial starts from nothing: what it reported is forgotten.
    package mutating func restart(trial: Int) { curves[trial] = nil }
}

/// One trial's curve, thinned so that a run of 10^6 steps keeps some hundred points: every step up to 64, then steps
/// that lie at least 1/32 beyond the last kept one.
package struct TrialCurve: Sendable, Hashable {
    package enum End: Sendable, Hashable {
        case completed, pruned, failed
    }

    /// Ascending in step.
    package private(set) var points: [CurvePoint] = []
    /// nil: it still runs.
    package var end: End?
    private var best: Double?

    package init() {}

    mutating func take(step: Double, value: Double, goal: Objective.Goal) -> CurvePoint? {
        guard step.isFinite, value.isFinite else { return nil }
        let best = self.best.map { goal.prefers(value, to: $0) ? value : $0 } ?? value
        self.best = best
        if let last = points.last?.step, step <= last || step > 64 && step < last * (1 + 1.0 / 32) { return nil }
        let point = CurvePoint(step: step, value: value, best: best)
        points.append(point)
        return point
    }

    mutating func restore(_ point: CurvePoint) {
        points.append(point)
        best = point.best
    }
}
