import SweepModel
import SweepSearch

/// What a sweep's finished trials say of its pace and its progress. Made again from the record at a restart.
struct ProgressGauge: Sendable {
    private var seconds = 0.0
    private var trials = 0
    /// The best value, and how many points have finished since.
    private var best: Double?
    private(set) var sinceImprovement = 0

    mutating func noteTrial(lasting duration: Double) {
        guard duration >= 0, duration.isFinite else { return }
        seconds += duration
        trials += 1
    }

    /// Seconds that a trial takes, in the mean; nil until one has ended.
    var meanDuration: Double? { trials > 0 ? seconds / Double(trials) : nil }

    mutating func forgetPoints() { (best, sinceImprovement) = (nil, 0) }

    /// A point was finished with this value; nil: with none.
    mutating func notePoint(_ value: Double?, _ goal: Objective.Goal) {
        sinceImprovement += 1
        guard let value, value.isFinite else { return }
        if let best, !goal.prefers(value, to: best) { return }
        best = value
        sinceImprovement = 0
    }
}
