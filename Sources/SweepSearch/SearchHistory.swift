package import SweepModel

/// The past of a sweep, in the order in which its points were suggested.
package struct SearchHistory: Sendable {
    package var observations: [Observation]
    package var goal: Objective.Goal

    package init(observations: [Observation] = [], goal: Objective.Goal = .minimize) {
        self.observations = observations
        self.goal = goal
    }
}

/// What became of a point: a search method learns from nothing else.
package struct Observation: Sendable, Hashable {
    package enum Status: Sendable, Hashable {
        case pending
        /// The objective's final value.
        case completed(Double)
        /// Ended early at a step with this value.
        case pruned(Double?)
        case failed
    }

    package var point: Point
    package var status: Status
    /// The values of the other objectives, in the order of `SearchProblem.goals` after the first; empty unless completed.
    package var further: [Double]
    /// What the trial reported at increasing steps so far, thinned (`TrialCurve`); empty where steps are not known.
    package var curve: [CurvePoint]

    package init(point: Point, status: Status, further: [Double] = [], curve: [CurvePoint] = []) {
        self.point = point
        self.status = status
        self.further = further
        self.curve = curve
    }
}

/// The objective of a trial at one step.
package struct CurvePoint: Sendable, Hashable {
    /// In the units of `Fidelity`: usually epochs.
    package var step: Double
    /// As it was reported there.
    package var value: Double
    /// The best up to there.
    package var best: Double
    /// The how many-th report of its trial it is, from 1 (W&B counts so).
    package var report: Int

    package init(step: Double, value: Double, best: Double, report: Int) {
        self.step = step
        self.value = value
        self.best = best
        self.report = report
    }
}
