/// What one Gaussian process is taught: the observations that matter most, standardised.
struct Lesson {
    private(set) var rows: [[Double]]
    private(set) var standardized: [Double]
    /// Whether a trial gave this value; false: it failed, and the value stands for "bad".
    private(set) var isReal: [Bool]
    let warp: OutputWarp

    /// - Parameter limit: most observations. Beyond it the best ones are kept, the newest, and some of the others.
    init(_ evidence: Evidence, limit: Int) {
        let warp = OutputWarp(evidence.values)
        var rows = evidence.rows
        var standardized = evidence.values.map { warp($0) }
        var isReal = rows.map { _ in true }
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
        (self.rows, self.standardized, self.isReal, self.warp) = (rows, standardized, isReal, warp)
    }

    private static func kept(_ values: [Double], limit: Int) -> [Int] {
        let order = values.indices.sorted { values[$0] < values[$1] || values[$0] == values[$1] && $0 < $1 }
        let best = order.prefix(limit / 2)
        let newest = values.indices.suffix(limit / 4)
        var kept = Array(best)
        var taken = Set(best)
        for index in newest where taken.insert(index).inserted { kept.append(index) }
        // Evenly over the rest.
        let rest = order.filter { !taken.contains($0) }
        let wanted = limit - kept.count
        for step in 0..<min(wanted, rest.count) { kept.append(rest[step * rest.count / wanted]) }
        return kept
    }

    /// Indices of the best values, best first, one for each different row.
    func best(_ count: Int) -> [Int] {
        standardized.indices.filter { isReal[$0] }.sorted {
            standardized[$0] < standardized[$1] || standardized[$0] == standardized[$1] && $0 < $1
        }.prefix(count).map(\.self)
    }
}
