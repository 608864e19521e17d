import Glibc
import SweepModel

/// What a history says to a model: rows of features with values, lower is better.
struct Evidence: Sendable {
    /// Rows with a finite value, in the order of the history (earlier sweeps' first). Where trials have a length, the
    /// last feature says how long this value's was, and a trial has several.
    private(set) var rows: [[Double]] = []
    private(set) var values: [Double] = []
    /// For each value: whether it is a trial's final one.
    private(set) var isFinal: [Bool] = []
    /// Rows of trials that failed, diverged, or were ended without a value.
    private(set) var failed: [[Double]] = []
    private(set) var pending: [[Double]] = []
    /// Final values in the order of the history, of this sweep only.
    private(set) var sequence: [Double] = []
    /// How many values are of earlier sweeps.
    private(set) var priorCount = 0

    private let scale: FidelityScale?
    let goal: Objective.Goal

    init(goal: Objective.Goal, scale: FidelityScale? = nil) {
        self.goal = goal
        self.scale = scale
    }

    /// - Parameter row: the features of its point, without its length.
    mutating func add(_ observation: Observation, row: [Double], isPrior: Bool = false) {
        if let scale { addCurve(observation.curve, row: row, scale: scale, isOver: observation.status != .pending) }
        let full = scale == nil ? row : row + [1]
        switch observation.status {
        case .pending: pending.append(full)
        case .completed(let value): addFinal(value, row: full, isPrior: isPrior)
        case .pruned(let value):
            // Its curve has said what there is to say.
            guard scale == nil || observation.curve.isEmpty else { return }
            addFinal(value ?? .nan, row: full, isPrior: isPrior)
        case .failed: failed.append(full)
        }
    }

    private mutating func addFinal(_ value: Double, row: [Double], isPrior: Bool) {
        guard value.isFinite else {
            failed.append(row)
            return
        }
        let signed = goal == .minimize ? value : -value
        rows.append(row)
        values.append(signed)
        isFinal.append(true)
        if isPrior { priorCount += 1 } else { sequence.append(signed) }
    }

    private mutating func addCurve(_ curve: [CurvePoint], row: [Double], scale: FidelityScale, isOver: Bool) {
        for point in scale.telling(curve) where point.best.isFinite {
            let level = scale.fidelity.level(of: point.step)
            guard level < 1 else { continue }
            rows.append(row + [level])
            values.append(goal == .minimize ? point.best : -point.best)
            isFinal.append(false)
        }
    }
}

extension Fidelity {
    /// A trial's length as a feature: 0 at the shortest that says anything (and below), 1 at the full one, by logarithm.
    func level(of step: Double) -> Double {
        guard step > min else { return 0 }
        let span = log(max / min)
        guard span > 0, span.isFinite else { return 1 }
        return Swift.min(1, log(step / min) / span)
    }
}

/// Which lengths of a trial a model of whole trainings is told.
struct FidelityScale: Sendable {
    let fidelity: Fidelity

    /// The points of a curve that a model is told: the first at or beyond each power of 3 of the shortest length, and
    /// the last.
    func telling(_ curve: [CurvePoint]) -> [CurvePoint] {
        var told: [CurvePoint] = []
        var rung = max(fidelity.min, 1e-300)
        for point in curve where point.step >= rung {
            told.append(point)
            while rung <= point.step { rung *= 3 }
        }
        if let last = curve.last, last.step >= fidelity.min, told.last?.step != last.step { told.append(last) }
        return told
    }
}
