import Glibc

/// How much a point is worth trying: the logarithm of the improvement that is expected, averaged over several processes
/// (the same data under different parameters). Within one, the improvement is averaged over the samples of the pending
/// points.
struct Acquisition {
    struct Model {
        let process: GaussianProcess
        /// For each sample: what a value must be below to be an improvement.
        let thresholds: [Double]

        /// - Parameter best: the best value known; the samples of the pending points may be better.
        init(process: GaussianProcess, best: Double) {
            self.process = process
            thresholds = (0..<process.sampleCount).map { sample in
                var threshold = best
                for row in 0..<process.samples.rows { threshold = min(threshold, process.samples[row, sample]) }
                return threshold
            }
        }
    }

    /// At least one.
    let models: [Model]
    /// Whether trials work, where some failed.
    var feasibility: Feasibility?

    init(models: [Model], feasibility: Feasibility? = nil) {
        self.models = models
        self.feasibility = feasibility
    }

    /// Of logarithms, so that no process outweighs the others by its optimism.
    private func average(_ values: [Double]) -> Double { values.reduce(0, +) / Double(max(values.count, 1)) }

    func values(_ rows: [[Double]]) -> [Double] {
        var ofModels: [[Double]] = []
        for model in models {
            let (means, variances) = model.process.predict(rows)
            let count = model.thresholds.count
            var parts = [Double](repeating: 0, count: count)
            ofModels.append(
                rows.indices.map { index in
                    for sample in 0..<count {
                        parts[sample] =
                            ExpectedImprovement.logValue(
                                mean: means.memory[index * count + sample], variance: variances[index],
                                threshold: model.thresholds[sample]
                            ).value
                    }
                    return Self.logMean(parts)
                })
        }
        var values =
            ofModels.count == 1 ? ofModels[0] : rows.indices.map { index in average(ofModels.map { $0[index] }) }
        if let feasibility {
            for (index, chance) in feasibility.logChances(rows).enumerated() { values[index] += chance }
        }
        return values
    }

    /// The value at a row of features, and its gradient by the numeric ones.
    func valueAndGradient(at row: [Double]) -> (value: Double, gradient: [Double]) {
        let ofModels = models.map { Self.valueAndGradient($0, at: row) }
        let value = average(ofModels.map(\.value))
        var gradient = [Double](repeating: 0, count: row.count)
        for model in ofModels {
            let share = 1 / Double(ofModels.count)
            for index in gradient.indices { gradient[index] += share * model.gradient[index] }
        }
        guard let feasibility else { return (value, gradient) }
        let (chance, slope) = feasibility.logChanceAndGradient(at: row)
        for index in gradient.indices { gradient[index] += slope[index] }
        return (value + chance, gradient)
    }

    private static func valueAndGradient(_ model: Model, at row: [Double]) -> (value: Double, gradient: [Double]) {
        let prediction = model.process.predict(at: row)
        let parts = prediction.means.indices.map {
            ExpectedImprovement.logValue(
                mean: prediction.means[$0], variance: prediction.variance, threshold: model.thresholds[$0])
        }
        let value = logMean(parts.map(\.value))
        let shares = parts.map { exp($0.value - value) / Double(parts.count) }
        let ofVariance = zip(parts, shares).reduce(0.0) { $0 + $1.0.ofVariance * $1.1 }
        return (value, prediction.gradient(ofMeans: zip(parts, shares).map { $0.ofMean * $1 }, ofVariance: ofVariance))
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
