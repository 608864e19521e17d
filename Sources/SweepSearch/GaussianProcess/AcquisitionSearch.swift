import Glibc

/// Finds the point with the largest acquisition in a mixed space: many candidates at once, then from the best ones in
/// turn by gradient over the numbers and by trying all neighbours over the discrete ones, until neither helps.
struct AcquisitionSearch {
    struct Effort {
        /// Points all over the space looked at.
        var candidates = 1024
        /// Variations of the best observations looked at.
        var variations = 256
        /// Points improved further.
        var starts = 6
        /// Of the gradient search.
        var evaluations = 40
        var rounds = 4
    }

    struct Found {
        var raw: [Double]
        var value: Double
    }

    let encoding: SpaceEncoding
    let acquisition: Acquisition
    var effort = Effort()
    /// Further features of every candidate, such as how long it is trained.
    var context: [Double] = []
    /// Bounds of the numeric dimensions.
    let lower: [Double]
    let upper: [Double]

    init(
        encoding: SpaceEncoding, acquisition: Acquisition, effort: Effort = Effort(), context: [Double] = [],
        lower: [Double]? = nil, upper: [Double]? = nil
    ) {
        self.context = context
        self.encoding = encoding
        self.acquisition = acquisition
        self.effort = effort
        self.lower = lower ?? encoding.dimensions.map { _ in 0 }
        self.upper = upper ?? encoding.dimensions.map { _ in 1 }
    }

    func row(of raw: [Double], rounded: Bool = true) -> [Double] { encoding.row(of: raw, rounded: rounded) + context }

    /// The best points found, best first; the first is the answer, the others are for when it is taken already.
    ///
    /// - Parameters:
    ///   - good: raw points of the best observations, best first.
    ///   - design: points that fill the unit cube evenly; dimensions that they lack are drawn.
    func best(near good: [[Double]], design: [[Double]], random: inout SeededRandom) -> [Found] {
        var pool = candidates(design, random: &random)
        pool += variations(of: good, random: &random)
        pool += good.prefix(4)
        let values = acquisition.values(pool.map { row(of: $0) })
        let order = pool.indices.sorted { values[$0] > values[$1] || values[$0] == values[$1] && $0 < $1 }
        var starts = chosen(order, values: values, random: &random).map { Found(raw: pool[$0], value: values[$0]) }
        if let incumbent = good.first, let value = values.last, good.count == 1 {
            starts.append(Found(raw: incumbent, value: value))
        }
        var found = starts.map { improved($0) }
        found += order.prefix(16).map { Found(raw: pool[$0], value: values[$0]) }
        return found.enumerated().sorted { a, b in
            a.element.value > b.element.value || a.element.value == b.element.value && a.offset < b.offset
        }.map(\.element)
    }

    private func candidates(_ design: [[Double]], random: inout SeededRandom) -> [[Double]] {
        let shifts = encoding.dimensions.map { _ in random.nextUnit() }
        return design.prefix(effort.candidates).map { point in
            encoding.dimensions.indices.map { dimension in
                // A rotation of its own each time (Cranley and Patterson 1976).
                var u = dimension < point.count ? point[dimension] + shifts[dimension] : random.nextUnit()
                if u >= 1 { u -= 1 }
                if encoding.kinds[dimension] == .category { return encoding.coordinate(at: u, of: dimension) }
                return lower[dimension] + u * (upper[dimension] - lower[dimension])
            }
        }
    }

    private func variations(of good: [[Double]], random: inout SeededRandom) -> [[Double]] {
        guard !good.isEmpty else { return [] }
        let share = max(0.3, 2 / Double(max(encoding.dimensions.count, 1)))
        return (0..<effort.variations).map { index in
            var raw = good[index % min(good.count, 5)]
            let width = [0.02, 0.1, 0.3][index % 3]
            for dimension in raw.indices where random.nextUnit() < share {
                if encoding.kinds[dimension] == .category {
                    raw[dimension] = encoding.coordinate(at: random.nextUnit(), of: dimension)
                } else {
                    let moved = raw[dimension] + width * NormalLaw.quantile(random.nextUnit())
                    raw[dimension] = min(max(moved, lower[dimension]), upper[dimension])
                }
            }
            return raw
        }
    }

    /// The best, some more with chances by their value, and the best observation.
    private func chosen(_ order: [Int], values: [Double], random: inout SeededRandom) -> [Int] {
        guard let first = order.first else { return [] }
        var chosen = [first]
        // Gumbel's trick: the largest of (log weight + noise) are a sample without repetition.
        let spread = max(values[first] - values[order[order.count / 2]], 1e-9)
        let keyed = order.dropFirst().map { index in
            (index, 4 * (values[index] - values[first]) / spread - log(-log(random.nextUnit())))
        }
        chosen += keyed.sorted { $0.1 > $1.1 }.prefix(max(effort.starts - 1, 0)).map(\.0)
        return chosen
    }

    private func improved(_ start: Found) -> Found {
        var best = start
        for _ in 0..<effort.rounds {
            let before = best.value
            best = improvedByGradient(best)
            best = improvedByNeighbours(best)
            if best.value <= before + 1e-6 { break }
        }
        return best
    }

    /// Moves the numbers; those that have steps are rounded at the end.
    private func improvedByGradient(_ start: Found) -> Found {
        let active = encoding.activity(start.raw)
        let moving = encoding.dimensions.indices.filter { dimension in
            guard active[dimension], encoding.kinds[dimension] == .numeric else { return false }
            // Few steps: all are tried instead.
            return (encoding.dimensions[dimension].levelCount ?? .max) > 8
        }
        guard !moving.isEmpty else { return start }
        // In units of the process's lengths.
        let units = moving.map { 1 / max(acquisition.models[0].process.weights[$0].squareRoot(), 1e-3) }
        let scaled = { (values: [Double]) in zip(moving, units).map { values[$0] / $1 } }
        var row = self.row(of: start.raw, rounded: false)
        let search = LBFGS(
            iterations: effort.evaluations, evaluations: effort.evaluations, memory: 6, tolerance: 1e-5,
            improvement: 1e-7, firstStep: 0.3)
        let minimum = search.minimize(
            from: scaled(start.raw), lower: scaled(lower), upper: scaled(upper)
        ) { point, gradient in
            for (index, dimension) in moving.enumerated() { row[dimension] = point[index] * units[index] }
            let (value, slope) = acquisition.valueAndGradient(at: row)
            for (index, dimension) in moving.enumerated() { gradient[index] = -slope[dimension] * units[index] }
            return value.isNaN ? .infinity : -value
        }
        var raw = start.raw
        for (index, dimension) in moving.enumerated() {
            raw[dimension] = min(max(minimum.point[index] * units[index], lower[dimension]), upper[dimension])
        }
        let isRounded = moving.contains { dimension in
            if case .continuous = encoding.dimensions[dimension].kind { false } else { true }
        }
        let value = isRounded ? acquisition.values([self.row(of: raw)])[0] : -minimum.value
        return value > start.value ? Found(raw: raw, value: value) : start
    }

    /// The best of all points that differ in one discrete dimension.
    private func improvedByNeighbours(_ start: Found) -> Found {
        var best = start
        for _ in 0..<3 {
            let active = encoding.activity(best.raw)
            var neighbours: [[Double]] = []
            for dimension in encoding.dimensions.indices where active[dimension] {
                for coordinate in otherCoordinates(best.raw[dimension], of: dimension) {
                    var raw = best.raw
                    raw[dimension] = coordinate
                    neighbours.append(raw)
                }
            }
            guard !neighbours.isEmpty else { return best }
            let values = acquisition.values(neighbours.map { row(of: $0) })
            guard let index = values.indices.max(by: { values[$0] < values[$1] }), values[index] > best.value else {
                return best
            }
            best = Found(raw: neighbours[index], value: values[index])
        }
        return best
    }

    /// All other levels when they are few; else some near and some far.
    private func otherCoordinates(_ coordinate: Double, of dimension: Int) -> [Double] {
        guard let count = encoding.dimensions[dimension].levelCount else { return [] }
        let level = encoding.level(coordinate, of: dimension)
        let isNumeric = encoding.kinds[dimension] == .numeric
        var levels: [Int]
        if count <= 16 {
            levels = (0..<count).filter { $0 != level }
        } else if isNumeric {
            levels = []
            var distance = 1
            while distance < count {
                levels += [level - distance, level + distance].filter { (0..<count).contains($0) }
                distance *= 2
            }
        } else {
            let step = max(count / 32, 1)
            levels = stride(from: level % step, to: count, by: step).filter { $0 != level }
        }
        return levels.map { encoding.coordinate(ofLevel: $0, of: dimension) }.filter { coordinate in
            !isNumeric || coordinate >= lower[dimension] - 1e-12 && coordinate <= upper[dimension] + 1e-12
        }
    }
}
