import Glibc

/// How much a point is worth trying, as a function of what the process predicts there: the logarithm of the expected
/// improvement, averaged over the samples of the pending points.
struct Acquisition {
    let process: GaussianProcess
    /// For each sample: what a value must be below to be an improvement.
    let thresholds: [Double]
    /// Whether trials work, where some failed: a process of its own over 0 (failed) and 1, and its mean.
    var feasibility: Feasibility?
    /// Features of the process that no point has: the step of a whole training.
    var suffix: [Double] = []

    /// - Parameter best: the best value known; the samples of the pending points may be better.
    init(process: GaussianProcess, best: Double) {
        self.process = process
        thresholds = (0..<process.sampleCount).map { sample in
            var threshold = best
            for row in 0..<process.samples.rows { threshold = min(threshold, process.samples[row, sample]) }
            return threshold
        }
    }

    func values(_ rows: [[Double]]) -> [Double] {
        let (means, variances) = process.predict(suffix.isEmpty ? rows : rows.map { $0 + suffix })
        var values = [Double](repeating: 0, count: rows.count)
        var column = [Double](repeating: 0, count: thresholds.count)
        for index in rows.indices {
            for sample in thresholds.indices { column[sample] = means.memory[index * thresholds.count + sample] }
            values[index] = value(means: column, variance: variances[index])
        }
        if let feasibility {
            for (index, chance) in feasibility.logChances(rows).enumerated() { values[index] += chance }
        }
        return values
    }

    private func value(means: [Double], variance: Double) -> Double {
        if means.count == 1 {
            return ExpectedImprovement.logValue(mean: means[0], variance: variance, threshold: thresholds[0]).value
        }
        let values = means.indices.map {
            ExpectedImprovement.logValue(mean: means[$0], variance: variance, threshold: thresholds[$0]).value
        }
        return Self.logMean(values)
    }

    /// The value at a row of features, and its gradient by the numeric ones.
    func valueAndGradient(at row: [Double]) -> (value: Double, gradient: [Double]) {
        let prediction = process.predict(at: row + suffix)
        let parts = prediction.means.indices.map {
            ExpectedImprovement.logValue(
                mean: prediction.means[$0], variance: prediction.variance, threshold: thresholds[$0])
        }
        let value = Self.logMean(parts.map(\.value))
        let shares = parts.map { exp($0.value - value) / Double(parts.count) }
        let ofMeans = zip(parts, shares).map { $0.ofMean * $1 }
        let ofVariance = zip(parts, shares).reduce(0.0) { $0 + $1.0.ofVariance * $1.1 }
        var gradient = prediction.gradient(ofMeans: ofMeans, ofVariance: ofVariance)
        guard let feasibility else { return (value, gradient) }
        let (chance, slope) = feasibility.logChanceAndGradient(at: row)
        for index in gradient.indices { gradient[index] += slope[index] }
        return (value + chance, gradient)
    }

    static func logMean(_ values: [Double]) -> Double {
        guard values.count > 1, let largest = values.max(), largest.isFinite else { return values.first ?? 0 }
        return largest + log(values.reduce(0) { $0 + exp($1 - largest) } / Double(values.count))
    }
}

/// The chance that a trial works, from those that did and those that failed.
struct Feasibility {
    /// Over 1 (worked) and 0 (failed), less their mean.
    private let process: GaussianProcess
    private let mean: Double

    /// - Parameter like: the parameters of the objective's process: what matters there is taken to matter here.
    init?(kinds: [FeatureKind], worked: [[Double]], failed: [[Double]], like: KernelParameters, blas: OpenBLAS) {
        let total = Double(worked.count + failed.count)
        guard total > 0 else { return nil }
        mean = (Double(worked.count) + 1) / (total + 2)
        let values = worked.map { [mean] _ in 1 - mean } + failed.map { [mean] _ in -mean }
        var parameters = like
        parameters.logScale = log(0.25)
        parameters.logNoise = log(0.05)
        let training = TrainingSet(kinds: kinds, rows: worked + failed, values: values)
        guard let process = GaussianProcess(training, parameters: parameters, blas: blas) else { return nil }
        self.process = process
    }

    func logChances(_ rows: [[Double]]) -> [Double] {
        let (means, _) = process.predict(rows)
        return rows.indices.map { Self.logChance(mean + means.memory[$0]).value }
    }

    func logChanceAndGradient(at row: [Double]) -> (Double, [Double]) {
        let prediction = process.predict(at: row)
        let (value, slope) = Self.logChance(mean + prediction.means[0])
        return (value, prediction.gradient(ofMeans: [slope], ofVariance: 0))
    }

    /// log of the chance, never below one in a hundred: Φ of its distance from one half.
    private static func logChance(_ share: Double) -> (value: Double, slope: Double) {
        let z = (share - 0.5) / 0.25
        let chance = 0.01 + 0.99 * NormalLaw.probability(below: z)
        let density = 0.99 * exp(-z * z / 2) / (2 * Double.pi).squareRoot() / 0.25
        return (log(chance), density / chance)
    }
}
