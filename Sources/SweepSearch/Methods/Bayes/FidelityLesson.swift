import Glibc
import SweepModel

/// What one Gaussian process over (point, step) is taught: what trials reached at several steps of their curves.
///
/// The step is one more feature, log(step / min) / log(max / min), so 0 for the shortest training that says anything and
/// 1 for a whole one (as A. Klein and others, "Model-based Asynchronous Hyperparameter and Neural Architecture Search",
/// 2020, MOBSTER). What all trials gain on average from step to step is taken away first, so that the process learns
/// only how points differ: a prediction at 1 of a trial that was stopped early is not mistaken for its value there.
struct FidelityLesson {
    /// Features and, last, the step's.
    private(set) var rows: [[Double]] = []
    private(set) var standardized: [Double] = []
    /// Points whose whole training is under way.
    private(set) var pending: [[Double]] = []
    /// Whether a trial gave this value; false: it failed, and the value stands for "bad".
    private(set) var isReal: [Bool] = []
    /// The best value of all, as a value of a whole training.
    private(set) var best = 0.0
    /// How many trials have a value.
    private(set) var trialCount = 0

    private let scale: FidelityMarks
    private var warp = RegretScale([], firsts: [])
    private var trend = FidelityTrend(curves: [])
    private var mean = 0.0
    private var deviation = 1.0

    /// - Parameters:
    ///   - rows: of the observations.
    ///   - limit: most values. Beyond it the best are kept, the newest, and some of the others.
    init(_ observations: [Observation], rows features: [[Double]], goal: Objective.Goal, fidelity: Fidelity, limit: Int)
    {
        scale = FidelityMarks(fidelity)
        var curves: [(row: [Double], marks: [FidelityMarks.Mark])] = []
        var failed: [[Double]] = []
        for (observation, row) in zip(observations, features) {
            let marks = scale.marks(of: observation, goal: goal)
            if !marks.isEmpty { curves.append((row, marks)) }
            switch observation.status {
            case .pending: pending.append(row + [1])
            case .failed: failed.append(row + [1])
            case .completed, .pruned: if marks.isEmpty { failed.append(row + [1]) }
            }
        }
        trialCount = curves.count
        guard trialCount > 0 else { return }
        teach(curves)
        let worst = standardized.max() ?? 0
        arrange(limit: limit)
        for row in failed.suffix(limit / 4) {
            rows.append(row)
            standardized.append(worst)
            isReal.append(false)
        }
    }

    private mutating func teach(_ curves: [(row: [Double], marks: [FidelityMarks.Mark])]) {
        let costs = curves.flatMap { $0.marks.map(\.cost) }
        warp = RegretScale(
            curves.map { curve in curve.marks.map(\.cost).min() ?? .infinity },
            firsts: curves.compactMap { $0.marks.first?.cost })
        let warped = curves.map { curve in curve.marks.map { warp($0.cost) } }
        trend = FidelityTrend(curves: zip(curves, warped).map { zip($0.marks.map(\.level), $1).map { ($0, $1) } })
        var values: [Double] = []
        for (curve, costs) in zip(curves, warped) {
            for (mark, cost) in zip(curve.marks, costs) {
                rows.append(curve.row + [mark.level])
                values.append(cost - trend(mark.level))
            }
        }
        isReal = values.map { _ in true }
        mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        deviation = max((squares / Double(values.count)).squareRoot(), 1e-9)
        standardized = values.map { ($0 - mean) / deviation }
        best = ((costs.min().map { warp($0) } ?? 0) - mean) / deviation
    }

    /// The most telling values first (the kernel's parameters are learnt from the first ones), at most `limit`: the
    /// best, the newest, and of the others some evenly.
    private mutating func arrange(limit: Int) {
        let order = rows.indices.sorted {
            standardized[$0] < standardized[$1] || standardized[$0] == standardized[$1] && $0 < $1
        }
        var kept = Array(order.prefix(limit * 3 / 8))
        var taken = Set(kept)
        for index in rows.indices.suffix(limit * 3 / 8) where taken.insert(index).inserted { kept.append(index) }
        let rest = order.filter { !taken.contains($0) }
        let wanted = min(limit - kept.count, rest.count)
        for step in 0..<wanted { kept.append(rest[step * rest.count / wanted]) }
        rows = kept.map { rows[$0] }
        standardized = kept.map { standardized[$0] }
        isReal = kept.map { isReal[$0] }
    }

    /// The objective's value, less is better, of a standardised one at a whole training.
    func cost(of standardized: Double) -> Double { warp.inverse(standardized * deviation + mean) }

    /// How much standardised values grow with the objective's, at `cost`.
    func slope(at cost: Double) -> Double { warp.slope(at: cost) / deviation }

    /// Rows (features only) of the best values, best first, one a trial.
    func good(_ count: Int) -> [[Double]] {
        var good: [[Double]] = []
        let order = standardized.indices.filter { isReal[$0] }.sorted {
            standardized[$0] < standardized[$1] || standardized[$0] == standardized[$1] && $0 < $1
        }
        for index in order where good.count < count {
            let row = Array(rows[index].dropLast())
            if !good.contains(row) { good.append(row) }
        }
        return good
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

/// Steps as levels from 0 to 1.
struct FidelityMarks: Sendable {
    struct Mark: Sendable {
        var level: Double
        /// Less is better.
        var cost: Double
    }

    private let fidelity: Fidelity
    /// The steps of a curve that are taught, beside its last.
    private let steps: [Double]

    init(_ fidelity: Fidelity) {
        self.fidelity = fidelity
        let ratio = fidelity.max / fidelity.min
        let count = max(1, min(4, (log(ratio) / log(3)).rounded()))
        steps = (0...Int(count)).map { fidelity.min * pow(ratio, Double($0) / count) }
    }

    /// What a trial says: its best value at the steps that it has reached, and at its last.
    func marks(of observation: Observation, goal: Objective.Goal) -> [Mark] {
        let sign = goal == .minimize ? 1.0 : -1
        var marks: [Mark] = []
        func add(_ level: Double, _ value: Double) {
            guard value.isFinite else { return }
            if let last = marks.last, level - last.level < 0.02 { marks.removeLast() }
            marks.append(Mark(level: level, cost: sign * value))
        }
        let curve = observation.curve
        for step in steps {
            let index = curve.partitionIndex { $0.step > step * (1 + 1e-9) }
            guard index > 0, let last = curve.last, last.step >= step * (1 - 1e-9) else { continue }
            add(fidelity.level(of: step), curve[index - 1].best)
        }
        switch observation.status {
        case .completed(let value): add(1, value)
        case .pruned(let value): if curve.isEmpty, let value { add(0.5, value) }
        case .pending, .failed: break
        }
        if let last = curve.last, case let level = fidelity.level(of: last.step), level > (marks.last?.level ?? -1) {
            add(level, last.best)
        }
        return marks
    }
}

/// What trials gain on average from a level to the last one: 0 at level 1.
struct FidelityTrend: Sendable {
    /// (level, what a value there lies above the final one), ascending.
    private var knots: [(level: Double, gap: Double)] = []

    /// - Parameter curves: of each trial its levels and values, ascending in level.
    init(curves: [[(level: Double, value: Double)]]) {
        let count = 12
        // Gains per unit of level, in bins; an imagined trial that gains nothing keeps thin bins quiet.
        var sums = [Double](repeating: 0, count: count)
        var weights = [Double](repeating: 0, count: count)
        for curve in curves {
            for (a, b) in zip(curve, curve.dropFirst()) where b.level > a.level {
                let rate = (a.value - b.value) / (b.level - a.level)
                for bin in 0..<count {
                    let (low, high) = (Double(bin) / Double(count), Double(bin + 1) / Double(count))
                    let share = max(0, min(high, b.level) - max(low, a.level)) * Double(count)
                    sums[bin] += share * rate
                    weights[bin] += share
                }
            }
        }
        var gap = 0.0
        knots = [(1, 0)]
        var rate = 0.0
        for bin in (0..<count).reversed() {
            // An empty bin gains as the one before it in the order of levels, if there is any.
            if weights[bin] > 0 { rate = sums[bin] / (weights[bin] + 1) }
            gap += rate / Double(count)
            knots.append((Double(bin) / Double(count), gap))
        }
        knots.reverse()
    }

    func callAsFunction(_ level: Double) -> Double {
        guard let first = knots.first, let last = knots.last else { return 0 }
        if level <= first.level { return first.gap }
        if level >= last.level { return last.gap }
        let upper = knots.partitionIndex { $0.level > level }
        let (a, b) = (knots[upper - 1], knots[upper])
        return a.gap + (b.gap - a.gap) * (level - a.level) / (b.level - a.level)
    }
}
