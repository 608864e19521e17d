import SweepModel

/// The steps at which trials are compared: min, min·eta, min·eta², … below max.
struct RungLadder: Sendable, Hashable {
    /// Ascending; the full length is none.
    let levels: [Double]

    init(from first: Double, below last: Double?, eta: Double) {
        var levels: [Double] = []
        var level = first
        while level < (last ?? .infinity), level.isFinite, levels.count < 200 {
            levels.append(level)
            level *= eta
        }
        self.levels = levels
    }

    private init(levels: [Double]) { self.levels = levels }

    /// Without its lowest `count` rungs; the last one stays.
    func dropping(_ count: Int) -> RungLadder { RungLadder(levels: Array(levels.suffix(max(1, levels.count - count)))) }

    /// The rung that the curve's newest point is the first to reach; nil: it was judged there before, or has not come
    /// that far. Of several rungs in one stride the highest counts.
    func reached(by curve: TrialCurve) -> Double? {
        guard let newest = curve.points.last else { return nil }
        let index = levels.partitionIndex { $0 > newest.step }
        guard index > 0 else { return nil }
        let level = levels[index - 1]
        if let before = curve.points.dropLast().last, before.step >= level { return nil }
        return level
    }

    /// The highest rung that the curve has reached; nil: none yet.
    func level(of curve: TrialCurve) -> Double? {
        guard let newest = curve.points.last else { return nil }
        let index = levels.partitionIndex { $0 > newest.step }
        return index > 0 ? levels[index - 1] : nil
    }

    /// Where a curve stood when it reached `level`; nil if it never did, or strode past it to a higher one.
    func point(of curve: TrialCurve, at level: Double) -> CurvePoint? {
        guard let point = curve.point(from: level) else { return nil }
        let next = levels.partitionIndex { $0 > level }
        return next < levels.count && point.step >= levels[next] ? nil : point
    }
}

/// What trials had reached at one rung, best first.
struct RungStanding: Sendable {
    struct Entry: Sendable, Hashable {
        var trial: Int
        /// Less is better.
        var cost: Double
    }

    let entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries.sorted { ($0.cost, $0.trial) < ($1.cost, $1.trial) } }

    /// The best values up to `level` of all trials for which `belongs`. One that failed afterwards has been there, and
    /// comes last whatever its value was: it takes nobody's place among the best.
    init(of book: CurveBook, at level: Double, on ladder: RungLadder, where belongs: (Int) -> Bool = { _ in true }) {
        var entries: [Entry] = []
        for (trial, curve) in book.curves where belongs(trial) {
            if let point = ladder.point(of: curve, at: level) {
                entries.append(Entry(trial: trial, cost: curve.end == .failed ? .infinity : book.cost(point.best)))
            }
        }
        self.init(entries)
    }

    func cost(of trial: Int) -> Double? { entries.first { $0.trial == trial }?.cost }

    /// How many are strictly better than `cost`.
    func countBetter(than cost: Double) -> Int { entries.partitionIndex { $0.cost >= cost } }

    func neighbours(of trial: Int) -> [Int] {
        Array(entries.lazy.map(\.trial).filter { $0 != trial }.prefix(10))
    }
}
