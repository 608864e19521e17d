import Glibc
import SweepModel

/// The state of a CMA-ES over a space, advanced by one generation at a time. A value: it follows from the generations
/// alone.
///
/// N. Hansen, "The CMA Evolution Strategy: A Tutorial" (2016), arXiv 1604.00772, with negative weights and step-size
/// control through the Cholesky factor (O. Krause, D. R. Arbonès, C. Igel, NIPS 2016); points from elsewhere are clipped
/// as in N. Hansen, "Injecting External Solutions Into CMA-ES" (2011), arXiv 1110.4181. Ordered values keep a margin (R.
/// Hamano et al., "CMA-ES with Margin", GECCO 2022), and nominal ones have probabilities of their own (R. Hamano et al.,
/// "CatCMA", GECCO 2024).
struct EvolutionStrategy: Sendable {
    let encoding: SpaceEncoding
    private let seed: UInt64
    /// Dimensions with a mean, and those with probabilities.
    private let numeric: [Int]
    private let nominal: [Int]
    /// Of the numeric dimensions with listed values.
    private let cells: [CellBounds?]
    private let ranges: [ClosedRange<Double>]

    private var run = 0
    private(set) var lambda: Int
    private var weights: Weights
    private var mean: [Double] = []
    private var sigma = 0.25
    private var covariance: SymmetricMatrix
    private var factor: LowerTriangle
    private var stepPath: [Double] = []
    private var covariancePath: [Double] = []
    private var generation = 0
    private var probabilities: [[Double]] = []
    private var best = Double.infinity
    private var improvedAt = 0

    init(encoding: SpaceEncoding, seed: UInt64) {
        self.encoding = encoding
        self.seed = seed
        var (numeric, nominal, cells) = ([Int](), [Int](), [CellBounds?]())
        for (index, dimension) in encoding.dimensions.enumerated() {
            switch dimension.kind {
            case .categories: nominal.append(index)
            case .ordinal(let places):
                numeric.append(index)
                cells.append(CellBounds(places: places))
            case .continuous, .stepped:
                numeric.append(index)
                cells.append(nil)
            }
        }
        (self.numeric, self.nominal, self.cells) = (numeric, nominal, cells)
        ranges = cells.map { $0?.whole ?? 0...1 }
        lambda = Self.lambda(dimensions: encoding.dimensions.count)
        weights = Weights(lambda: lambda, dimensions: numeric.count)
        covariance = SymmetricMatrix(identity: numeric.count)
        factor = LowerTriangle(identity: numeric.count)
        begin()
    }

    private static func lambda(dimensions: Int) -> Int { 4 + Int(3 * log(Double(max(dimensions, 1)))) }

    /// A new run: the first from the middle, later ones from anywhere, with twice the population (IPOP: A. Auger, N.
    /// Hansen, CEC 2005) up to 16 times.
    private mutating func begin() {
        var random = SeededRandom(seed: ~seed, index: run)
        if run > 0 {
            lambda = min(lambda * 2, 16 * Self.lambda(dimensions: encoding.dimensions.count))
            weights = Weights(lambda: lambda, dimensions: numeric.count)
        }
        mean = ranges.map { $0.point(at: run == 0 ? 0.5 : random.nextUnit()) }
        sigma = 0.25
        covariance = SymmetricMatrix(identity: numeric.count)
        factor = LowerTriangle(identity: numeric.count)
        stepPath = [Double](repeating: 0, count: numeric.count)
        covariancePath = stepPath
        probabilities = nominal.map { dimension in
            let count = encoding.dimensions[dimension].levelCount ?? 1
            return [Double](repeating: 1 / Double(count), count: count)
        }
        (generation, best, improvedAt) = (0, .infinity, 0)
    }

    // MARK: Drawing

    /// The raw form of a new point, as if every dimension were active.
    func draw(using random: inout SeededRandom) -> [Double] {
        var raw = [Double](repeating: 0, count: encoding.dimensions.count)
        var x = mean
        for _ in 0..<20 {
            let step = factor.times(numeric.map { _ in NormalLaw.quantile(random.nextUnit()) })
            for index in x.indices { x[index] = mean[index] + sigma * step[index] }
            if x.indices.allSatisfy({ ranges[$0].contains(x[$0]) }) { break }
        }
        for (index, dimension) in numeric.enumerated() {
            // Reflected at the bounds where no draw fell inside.
            let (low, high) = (ranges[index].lowerBound, ranges[index].upperBound)
            let inside = x[index] < low ? 2 * low - x[index] : x[index] > high ? 2 * high - x[index] : x[index]
            raw[dimension] = inside.clamped(to: ranges[index])
        }
        for (index, dimension) in nominal.enumerated() {
            var rest = random.nextUnit()
            let value = probabilities[index].firstIndex { probability in
                rest -= probability
                return rest < 0
            }
            raw[dimension] = Double(value ?? probabilities[index].count - 1)
        }
        return raw
    }

    // MARK: Learning

    /// Takes a generation in.
    ///
    /// - Parameters:
    ///   - ranked: raw points, best first; NaN where not active.
    ///   - best: the best value among them, to be minimised; nil: none has a value, and nothing is learnt.
    mutating func learn(_ ranked: [[Double]], best value: Double?) {
        generation += 1
        if let value {
            if value < best - 1e-12 * max(1, abs(best.isFinite ? best : 0)) {
                best = value
                improvedAt = generation
            }
            if !numeric.isEmpty { moveMean(ranked) }
            for index in nominal.indices { moveProbabilities(index, ranked) }
        }
        if isOver { restart() }
    }

    private mutating func restart() {
        run += 1
        begin()
    }

    /// Nothing more comes of this run: it has contracted, or has not improved for long.
    private var isOver: Bool {
        let patience = 20 + 30 * max(encoding.dimensions.count, 1) / lambda
        guard generation - improvedAt <= patience else { return true }
        guard !numeric.isEmpty else { return false }
        return sigma * (0..<numeric.count).map { covariance[$0, $0].squareRoot() }.reduce(0, max) < 1e-9
    }

    private mutating func moveMean(_ ranked: [[Double]]) {
        let n = Double(numeric.count)
        let limit = n.squareRoot() + 2 * n / (n + 2)
        var missing = [Double](repeating: 0, count: numeric.count)
        let steps = zip(ranked, weights.values).map { raw, weight -> (y: [Double], length: Double) in
            var y = [Double](repeating: 0, count: numeric.count)
            for (index, dimension) in numeric.enumerated() {
                let x = raw[dimension]
                if x.isNaN {
                    missing[index] += max(weight, 0)
                } else {
                    y[index] = (x - mean[index]) / sigma
                }
            }
            let length = factor.solve(y).reduce(0) { $0 + $1 * $1 }.squareRoot()
            let scale = length > limit ? limit / length : 1
            return (y.map { $0 * scale }, min(length, limit))
        }
        var shift = [Double](repeating: 0, count: numeric.count)
        for (step, weight) in zip(steps, weights.values) where weight > 0 {
            for index in shift.indices { shift[index] += weight * step.y[index] }
        }
        for index in mean.indices { mean[index] = (mean[index] + sigma * shift[index]).clamped(to: ranges[index]) }

        let w = weights
        let whitened = factor.solve(shift)
        let stepRate = (w.cSigma * (2 - w.cSigma) * w.muEffective).squareRoot()
        for index in stepPath.indices {
            stepPath[index] = (1 - w.cSigma) * stepPath[index] + stepRate * whitened[index]
        }
        let length = stepPath.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let decay = (1 - pow(1 - w.cSigma, 2 * Double(generation))).squareRoot()
        let isShort = length / decay < (1.4 + 2 / (n + 1)) * w.expectedLength
        let pathRate = isShort ? (w.cC * (2 - w.cC) * w.muEffective).squareRoot() : 0
        for index in covariancePath.indices {
            covariancePath[index] = (1 - w.cC) * covariancePath[index] + pathRate * shift[index]
        }
        adapt(steps, missing: missing, isShort: isShort)
        sigma = (sigma * exp(min(1, w.cSigma / w.dSigma * (length / w.expectedLength - 1)))).clamped(to: 1e-12...1)
        keepMargins()
        if let factor = covariance.cholesky() {
            self.factor = factor
        } else {
            restart()
        }
    }

    /// The covariance's update of rank one and of rank mu.
    private mutating func adapt(_ steps: [(y: [Double], length: Double)], missing: [Double], isShort: Bool) {
        let (w, n) = (weights, numeric.count)
        let total = w.values.reduce(0, +)
        let keep = 1 + (isShort ? 0 : w.c1 * w.cC * (2 - w.cC)) - w.c1 - w.cMu * total
        let old = covariance
        covariance.scale(by: keep)
        covariance.add(covariancePath, times: w.c1)
        for (step, weight) in zip(steps, w.values) {
            // A bad step counts by its direction only, so that the matrix stays positive.
            let share = weight >= 0 ? weight : weight * Double(n) / max(step.length * step.length, 1e-12)
            covariance.add(step.y, times: w.cMu * share)
        }
        // Where a parameter was not active nothing was learnt of it.
        for index in 0..<n { covariance[index, index] += w.cMu * missing[index] * old[index, index] }
    }

    /// Every ordered parameter keeps a chance of 1 / (lambda n) to leave the value that its mean has.
    private mutating func keepMargins() {
        let alpha = 1 / Double(lambda * max(numeric.count, 1))
        for (index, dimension) in numeric.enumerated() {
            guard let cells = cells[index] else { continue }
            let deviation = max(sigma * covariance[index, index].squareRoot(), 1e-300)
            let cell = encoding.level(mean[index], of: dimension)
            let (low, high) = (cells.interval(of: cell).lowerBound, cells.interval(of: cell).upperBound)
            if cell == 0 || cell == cells.count - 1 {
                let reach = -NormalLaw.quantile(alpha) * deviation
                mean[index] = cell == 0 ? max(mean[index], high - reach) : min(mean[index], low + reach)
                mean[index] = mean[index].clamped(to: low...high)
                // Wide enough to reach the bound from inside the cell.
                let needed = (cell == 0 ? high : low) - mean[index]
                if abs(needed) > reach { covariance.stretch(index, by: abs(needed) / max(reach, 1e-300)) }
            } else {
                let below = max(NormalLaw.probability(below: (low - mean[index]) / deviation), alpha / 2)
                let above = max(NormalLaw.probability(below: (mean[index] - high) / deviation), alpha / 2)
                guard below == alpha / 2 || above == alpha / 2, below + above < 1 else { continue }
                let (a, b) = (-NormalLaw.quantile(below), -NormalLaw.quantile(above))
                guard a + b > 0 else { continue }
                let wanted = (high - low) / (a + b)
                mean[index] = (low + a * wanted).clamped(to: low...high)
                covariance.stretch(index, by: wanted / deviation)
            }
        }
    }

    private mutating func moveProbabilities(_ index: Int, _ ranked: [[Double]]) {
        let count = probabilities[index].count
        let rate = weights.muEffective / (weights.muEffective + Double(count) + 2)
        var counts = [Double](repeating: 0, count: count)
        var total = 0.0
        for (raw, weight) in zip(ranked, weights.values) where weight > 0 {
            let code = raw[nominal[index]]
            guard !code.isNaN, counts.indices.contains(Int(code)) else { continue }
            counts[Int(code)] += weight
            total += weight
        }
        let floor = min(0.5, (1 - pow(0.73, 1 / Double(nominal.count)))) / Double(max(count - 1, 1))
        for value in counts.indices {
            let old = probabilities[index][value]
            probabilities[index][value] = max(old + rate * (counts[value] - total * old), old > 0 ? floor : 0)
        }
        let sum = probabilities[index].reduce(0, +)
        for value in counts.indices { probabilities[index][value] /= sum }
    }
}

extension EvolutionStrategy {
    /// The strategy's constants (tutorial, table 1).
    struct Weights: Sendable {
        /// By rank; the worse half is negative.
        let values: [Double]
        let muEffective: Double
        let cSigma: Double
        let dSigma: Double
        let cC: Double
        let c1: Double
        let cMu: Double
        /// Of a standard normal vector.
        let expectedLength: Double

        init(lambda: Int, dimensions: Int) {
            let n = Double(max(dimensions, 1))
            let raw = (1...lambda).map { log((Double(lambda) + 1) / 2) - log(Double($0)) }
            func effective(_ part: [Double]) -> Double {
                let sum = part.reduce(0, +)
                return sum * sum / max(part.reduce(0) { $0 + $1 * $1 }, 1e-300)
            }
            let (positive, negative) = (raw.filter { $0 > 0 }, raw.filter { $0 < 0 })
            muEffective = effective(positive)
            c1 = 2 / ((n + 1.3) * (n + 1.3) + muEffective)
            cMu = min(
                1 - c1, 2 * (0.25 + muEffective + 1 / muEffective - 2) / ((n + 2) * (n + 2) + muEffective))
            let alpha = min(
                1 + c1 / cMu, 1 + 2 * effective(negative) / (muEffective + 2), (1 - c1 - cMu) / (n * cMu))
            let (gain, loss) = (positive.reduce(0, +), -negative.reduce(0, +))
            values = raw.map { $0 >= 0 ? $0 / gain : alpha * $0 / max(loss, 1e-300) }
            cSigma = (muEffective + 2) / (n + muEffective + 5)
            dSigma = 1 + 2 * max(0, ((muEffective - 1) / (n + 1)).squareRoot() - 1) + cSigma
            cC = (4 + muEffective / n) / (n + 4 + 2 * muEffective / n)
            expectedLength = n.squareRoot() * (1 - 1 / (4 * n) + 1 / (21 * n * n))
        }
    }
}
