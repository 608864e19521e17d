import Glibc
package import SweepModel

/// How much of the objective's variation each parameter explains by itself (functional analysis of variance).
///
/// A random forest is fitted to the trials; a parameter's share is the variance of the forest's mean as that parameter
/// alone is moved through its law, over the variance of the forest over the whole space: F. Hutter, H. Hoos, K.
/// Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014. A conditional parameter is
/// moved only where it takes part, and its share is weighted by how often that is; that it takes part at all is what its
/// parent explains.
package struct Importance: Sendable, Hashable, Codable {
    package struct Share: Sendable, Hashable, Codable {
        /// The parameter; of a coupling all its names.
        package var name: String
        /// Of the variation, in 0...1.
        package var share: Double
        /// The standard deviation over the forest's trees.
        package var deviation: Double
        /// How often it takes part, in 0...1.
        package var active: Double
    }

    /// Largest first.
    package var shares: [Share]
    /// What no parameter explains alone: two or more together.
    package var together: Double
    /// How many trials it was learnt from.
    package var learntFrom: Int

    /// Fewer trials than these show nothing.
    package static let least = 10
    /// Most trials that are used: evenly over the history.
    static let limit = 1000
    private static let trees = 32
    /// Points over which each parameter's effect is averaged, and places at which it is tried.
    private static let points = 128
    private static let places = 12

    /// - Throws: with too few trials that have a value, or nothing to choose.
    package init(space: SearchSpace, history: SearchHistory, seed: UInt64 = 0) throws(SweepError) {
        let encoding = SpaceEncoding(space)
        let (points, values) = Self.evidence(history)
        guard !encoding.dimensions.isEmpty else {
            throw SweepError(.conflict, "the sweep has no parameter with a choice")
        }
        guard points.count >= Self.least else {
            throw SweepError(
                .conflict, "\(points.count) trials have a value, \(Self.least) are needed",
                remedy: "ask again when more trials are done")
        }
        learntFrom = points.count
        let scale = Scale(encoding, points: points, values: values)
        let forest = RandomForest(
            rows: points.map { scale.features(of: encoding.raw(of: $0)) }, values: values, trees: Self.trees, seed: seed
        )
        var random = SeededRandom(seed: ~seed, index: 0)
        let base = (0..<Self.points).map { _ in
            encoding.dimensions.indices.map { encoding.coordinate(at: random.nextUnit(), of: $0) }
        }
        let active = base.map { encoding.activity($0) }
        let whole = forest.trees.map { tree in
            Self.variance(zip(base, active).map { tree.value(at: scale.features(raw: $0, active: $1)) })
        }
        var shares: [Share] = []
        for (index, dimension) in encoding.dimensions.enumerated() {
            let members = base.indices.filter { active[$0][index] }
            let part = Double(members.count) / Double(base.count)
            let places = Self.places(of: index, encoding)
            var means = [[Double]](repeating: [], count: forest.trees.count)
            for place in places {
                let features = members.map { member -> [Double] in
                    var raw = base[member]
                    raw[index] = place
                    return scale.features(
                        raw: raw, active: encoding.isUnconditional ? active[member] : encoding.activity(raw))
                }
                for (tree, model) in forest.trees.enumerated() where !features.isEmpty {
                    means[tree].append(features.reduce(0) { $0 + model.value(at: $1) } / Double(features.count))
                }
            }
            let own = zip(means, whole).map { $1 > 0 ? min(part * Self.variance($0) / $1, 1) : 0 }
            shares.append(
                Share(
                    name: dimension.members.map { space.parameters[$0].name }.joined(separator: " + "),
                    share: own.reduce(0, +) / Double(own.count), deviation: Self.variance(own).squareRoot(),
                    active: part))
        }
        let total = shares.reduce(0) { $0 + $1.share }
        // Sampled points may make the parts add up to a little more than the whole.
        if total > 1 { for index in shares.indices { shares[index].share /= total } }
        together = max(0, 1 - total)
        self.shares = shares.sorted { ($1.share, $0.name) < ($0.share, $1.name) }
    }

    private static func variance(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let mean = values.reduce(0, +) / Double(values.count)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }

    /// Raw coordinates that stand for the whole law: each value of a short list, or the middles of equal shares.
    private static func places(of index: Int, _ encoding: SpaceEncoding) -> [Double] {
        if let count = encoding.dimensions[index].levelCount, count <= 4 * places {
            return (0..<count).map { encoding.coordinate(ofLevel: $0, of: index) }
        }
        return (0..<places).map { encoding.coordinate(at: (Double($0) + 0.5) / Double(places), of: index) }
    }

    /// Trials with a value. Diverged ones (far beyond the others) count as bad, not by their size.
    private static func evidence(_ history: SearchHistory) -> (points: [Point], values: [Double]) {
        var found = history.observations.compactMap { observation in
            observation.status.value.flatMap { $0.isFinite ? (observation.point, $0) : nil }
        }
        if found.count > limit {
            let all = found
            found = (0..<limit).map { all[$0 * all.count / limit] }
        }
        let sorted = found.map(\.1).sorted()
        guard sorted.count >= 4 else { return (found.map(\.0), found.map(\.1)) }
        let (low, high) = (sorted[sorted.count / 4], sorted[sorted.count * 3 / 4])
        let reach = 5 * (high - low)
        guard reach > 0, reach.isFinite else { return (found.map(\.0), found.map(\.1)) }
        return (found.map(\.0), found.map { min(max($0.1, low - reach), high + reach) })
    }

    /// Raw points as features whose law is uniform over 0...1; -1 where a parameter takes no part. Categories are in the
    /// order of their mean value, so that a tree can part them by a threshold.
    private struct Scale {
        private let encoding: SpaceEncoding
        private let rankOf: [[Double]]

        init(_ encoding: SpaceEncoding, points: [Point], values: [Double]) {
            self.encoding = encoding
            let raws = points.map { encoding.raw(of: $0) }
            let overall = values.reduce(0, +) / Double(max(values.count, 1))
            rankOf = encoding.dimensions.enumerated().map { index, dimension in
                guard case .categories(let count) = dimension.kind else { return [] }
                var (sums, counts) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
                for (raw, value) in zip(raws, values) {
                    guard let own = raw[index] else { continue }
                    let level = encoding.level(own, of: index)
                    sums[level] += value
                    counts[level] += 1
                }
                let means = zip(sums, counts).map { $1 > 0 ? $0 / $1 : overall }
                var ranks = [Double](repeating: 0, count: count)
                for (rank, level) in means.indices.sorted(by: { (means[$0], $0) < (means[$1], $1) }).enumerated() {
                    ranks[level] = (Double(rank) + 0.5) / Double(count)
                }
                return ranks
            }
        }

        func features(of raw: [Double?]) -> [Double] {
            raw.enumerated().map { index, coordinate in coordinate.map { feature($0, index) } ?? -1 }
        }

        func features(raw: [Double], active: [Bool]) -> [Double] {
            raw.indices.map { active[$0] ? feature(raw[$0], $0) : -1 }
        }

        private func feature(_ raw: Double, _ index: Int) -> Double {
            switch encoding.dimensions[index].kind {
            case .continuous, .stepped: raw
            case .ordinal(let places): (Double(encoding.level(raw, of: index)) + 0.5) / Double(places.count)
            case .categories: rankOf[index][encoding.level(raw, of: index)]
            }
        }
    }
}
