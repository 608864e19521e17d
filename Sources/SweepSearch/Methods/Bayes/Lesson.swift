import Glibc

/// What one Gaussian process is taught: the observations that matter most, standardised.
struct Lesson {
    let rows: [[Double]]
    let standardized: [Double]
    /// Whether a trial gave this value; false: it failed, and the value stands for "bad".
    let isReal: [Bool]
    let warp: OutputWarp
    let power: Double
    /// The sum of the logarithms of the warp's slopes at the values.
    let logSlopes: Double

    /// - Parameter limit: most observations. Beyond it the best ones are kept, the newest, and some of the others.
    init(_ evidence: Evidence, limit: Int, power: Double = 1) {
        let warp = OutputWarp(evidence.values, power: power)
        var rows = evidence.rows
        var standardized = evidence.values.map { warp($0) }
        var isReal = evidence.values.map { _ in true }
        logSlopes = evidence.values.reduce(0) { $0 + log(max(warp.slope(at: $1), 1e-300)) }
        // A failure teaches that its place is bad: as bad as the worst that is known.
        let worst = standardized.max() ?? 0
        for row in evidence.failed {
            rows.append(row)
            standardized.append(worst)
            isReal.append(false)
        }
        if rows.count > limit {
            let kept = Self.kept(standardized, limit: limit)
            rows = kept.map { rows[$0] }
            standardized = kept.map { standardized[$0] }
            isReal = kept.map { isReal[$0] }
        }
        (self.rows, self.standardized, self.isReal) = (rows, standardized, isReal)
        (self.warp, self.power) = (warp, power)
    }

    private static func kept(_ values: [Double], limit: Int) -> [Int] {
        let order = values.indices.sorted { values[$0] < values[$1] || values[$0] == values[$1] && $0 < $1 }
        var kept = Array(order.prefix(limit / 2))
        var taken = Set(kept)
        for index in values.indices.suffix(limit / 4) where taken.insert(index).inserted { kept.append(index) }
        // Evenly over the rest.
        let rest = order.filter { !taken.contains($0) }
        let wanted = limit - kept.count
        for step in 0..<min(wanted, rest.count) { kept.append(rest[step * rest.count / wanted]) }
        return kept
    }

    /// Indices of the best values, best first; of trials that worked if there are any.
    func best(_ count: Int) -> [Int] {
        let wantsReal = isReal.contains(true)
        return standardized.indices.filter { !wantsReal || isReal[$0] }.sorted {
            standardized[$0] < standardized[$1] || standardized[$0] == standardized[$1] && $0 < $1
        }.prefix(count).map(\.self)
    }
}
