import Glibc

/// A density over a space, relative to the laws' own: a mixture of one kernel an observation, and the laws themselves as
/// one kernel more.
///
/// A kernel is a product over the dimensions: a normal law truncated to the range (numbers), its mass on the intervals of
/// the values (ordered lists), or a smoothed one-hot vector (categories). Where the observation was not active, its
/// kernel is the law itself, so that one mixture holds conditional parameters too. S. Watanabe, "Tree-structured Parzen
/// Estimator: Understanding Its Algorithm Components and Their Roles" (2023), arXiv 2304.11127.
struct ParzenMixture: Sendable {
    private let dimensions: [Dimension]
    private let kernels: Int
    /// Logarithms of the weights; the laws' own is the last.
    private let logWeights: [Double]
    /// Running totals of the weights.
    private let totals: [Double]

    /// What the kernels are in one dimension.
    private struct Dimension: Sendable {
        enum Kind: Sendable {
            case numeric(CellBounds?, bandwidths: [Double], logNorms: [Double])
            /// The probability of a kernel's own value beyond that of any value, and the log densities by which it is.
            case nominal(count: Int, same: Double, logOwn: Double, logOther: Double)
        }

        var kind: Kind
        /// The observations' coordinates; NaN where not active.
        var raw: [Double]
    }

    /// - Parameters:
    ///   - observations: raw points, NaN where not active.
    ///   - weights: one each, above 0; the laws' own weighs 1.
    init(encoding: SpaceEncoding, observations: [[Double]], weights: [Double]) {
        kernels = observations.count
        let total = weights.reduce(1, +)
        let shares = (weights + [1]).map { $0 / total }
        logWeights = shares.map { log($0) }
        var running = 0.0
        totals = shares.map { share in
            running += share
            return running
        }
        let count = Double(max(observations.count, 1))
        dimensions = encoding.dimensions.enumerated().map { index, dimension in
            let raw = observations.map { $0[index] }
            switch dimension.kind {
            case .continuous, .stepped: return Self.numeric(raw, nil)
            case .ordinal(let places): return Self.numeric(raw, CellBounds(places: places))
            case .categories(let values):
                // One observation is spread over all values, shared by the kernels.
                let smoothing = Double(values) / count
                let same = 1 / (1 + smoothing)
                let other = max(1 - same, 1e-300)
                return Dimension(
                    kind: .nominal(
                        count: values, same: same, logOwn: log(other + same * Double(values)), logOther: log(other)),
                    raw: raw)
            }
        }
    }

    private static func numeric(_ raw: [Double], _ cells: CellBounds?) -> Dimension {
        let range = cells?.whole ?? 0...1
        let bandwidths = Self.bandwidths(raw, range)
        let norms = zip(raw, bandwidths).map { mean, bandwidth in
            guard !mean.isNaN else { return 0.0 }
            let mass = max(Self.mass(range, mean, bandwidth), 1e-300)
            // Relative to the law, which is uniform over the range.
            let scale = cells == nil ? bandwidth * (2 * Double.pi).squareRoot() : 1
            return log(mass * scale / (range.upperBound - range.lowerBound))
        }
        return Dimension(kind: .numeric(cells, bandwidths: bandwidths, logNorms: norms), raw: raw)
    }

    /// The farther of a kernel's two neighbours (the middle is one of them), between 1 / (n + 2), no less than 1/100, and
    /// the whole range. NaN where not active.
    private static func bandwidths(_ means: [Double], _ range: ClosedRange<Double>) -> [Double] {
        let width = range.upperBound - range.lowerBound
        let order = means.indices.filter { !means[$0].isNaN }.sorted { (means[$0], $0) < (means[$1], $1) }
        var result = [Double](repeating: .nan, count: means.count)
        let least = width / min(100, Double(order.count) + 2)
        let center = (range.lowerBound + range.upperBound) / 2
        let sorted = order.map { means[$0] }
        let middle = sorted.firstIndex { $0 >= center } ?? sorted.count
        let all = sorted[..<middle] + [center] + sorted[middle...]
        for (position, index) in order.enumerated() {
            let place = position < middle ? position : position + 1
            let left = place > 0 ? all[place] - all[place - 1] : 0
            let right = place + 1 < all.count ? all[place + 1] - all[place] : 0
            result[index] = max(left, right).clamped(to: least...width)
        }
        return result
    }

    private static func mass(_ range: ClosedRange<Double>, _ mean: Double, _ bandwidth: Double) -> Double {
        NormalLaw.probability(below: (range.upperBound - mean) / bandwidth)
            - NormalLaw.probability(below: (range.lowerBound - mean) / bandwidth)
    }

    /// The logarithm of the density at a raw point (NaN where not active) over that of the laws.
    func logDensity(at point: [Double], of encoding: SpaceEncoding) -> Double {
        var logs = logWeights
        for (index, (dimension, x)) in zip(dimensions, point).enumerated() where !x.isNaN {
            let raw = dimension.raw
            switch dimension.kind {
            case .numeric(nil, let bandwidths, let norms):
                for kernel in 0..<kernels {
                    let z = (x - raw[kernel]) / bandwidths[kernel]
                    if !z.isNaN { logs[kernel] -= 0.5 * z * z + norms[kernel] }
                }
            case .numeric(let cells?, let bandwidths, let norms):
                let interval = cells.interval(of: encoding.level(x, of: index))
                let width = max(interval.upperBound - interval.lowerBound, 1e-300)
                for kernel in 0..<kernels where !raw[kernel].isNaN {
                    let mass = Self.mass(interval, raw[kernel], bandwidths[kernel])
                    logs[kernel] += log(max(mass, 1e-300) / width) - norms[kernel]
                }
            case .nominal(_, _, let own, let other):
                for kernel in 0..<kernels where !raw[kernel].isNaN { logs[kernel] += raw[kernel] == x ? own : other }
            }
        }
        let largest = logs.max() ?? 0
        return largest + log(logs.reduce(0) { $0 + exp($1 - largest) })
    }

    /// A draw: the raw form of a point, as if every dimension were active.
    func draw(using random: inout SeededRandom) -> [Double] {
        let u = random.nextUnit()
        let kernel = totals.firstIndex { u < $0 } ?? kernels
        return dimensions.map { dimension in
            let v = random.nextUnit()
            let own = kernel < kernels ? dimension.raw[kernel] : .nan
            switch dimension.kind {
            case .numeric(let cells, let bandwidths, _):
                let range = cells?.whole ?? 0...1
                guard !own.isNaN else { return range.lowerBound + v * (range.upperBound - range.lowerBound) }
                let low = NormalLaw.probability(below: (range.lowerBound - own) / bandwidths[kernel])
                let high = NormalLaw.probability(below: (range.upperBound - own) / bandwidths[kernel])
                let z = NormalLaw.quantile((low + v * (high - low)).insideUnit)
                return (own + bandwidths[kernel] * z).clamped(to: range)
            case .nominal(let count, let same, _, _):
                if !own.isNaN, v < same { return own }
                let rest = own.isNaN ? v : (v - same) / (1 - same)
                return Double(min(Int(rest * Double(count)), count - 1))
            }
        }
    }
}
