import Glibc

/// How a feature's values are compared.
package enum FeatureKind: Sendable, Hashable {
    /// A coordinate, about 0...1: by its squared difference.
    case numeric
    /// The number of a category: 0 when the same, else 1.
    case category
}

/// What the Gaussian process learns: all logarithms, in the units of standardised values.
package struct KernelParameters: Sendable, Hashable {
    /// 1 / l² of each feature.
    package var logWeights: [Double]
    /// The variance of the function.
    package var logScale: Double
    /// The variance of the noise.
    package var logNoise: Double

    package init(logWeights: [Double], logScale: Double = 0, logNoise: Double = log(1e-3)) {
        self.logWeights = logWeights
        self.logScale = logScale
        self.logNoise = logNoise
    }

    package init(features: Int, weight: Double = 1, scale: Double = 1, noise: Double = 1e-3) {
        self.init(
            logWeights: Array(repeating: log(weight), count: features), logScale: log(scale), logNoise: log(noise))
    }

    var weights: [Double] { logWeights.map { exp($0) } }
    var scale: Double { exp(logScale) }
    package var noise: Double { exp(logNoise) }

    /// As one vector: the weights, the scale, the noise.
    var vector: [Double] { logWeights + [logScale, logNoise] }

    init(vector: [Double]) {
        logWeights = Array(vector.dropLast(2))
        logScale = vector[vector.count - 2]
        logNoise = vector[vector.count - 1]
    }
}

/// What is thought likely before any data, and the bounds beyond which nothing is looked for.
package struct KernelPrior: Sendable, Hashable {
    package var kinds: [FeatureKind]
    /// Weight of the penalty on lengths far from 1 (`0.1 w + 0.1 / w`).
    var pull = 0.1
    /// The rate of the noise's gamma law: the larger, the less noise is expected.
    var noiseRate = 30.0
    /// From this many numeric features on their lengths grow with the square root of the dimension.
    var manyFeatures = 20

    package init(kinds: [FeatureKind]) { self.kinds = kinds }

    private var numericCount: Int { kinds.count { $0 == .numeric } }

    /// Lower and upper bounds of `KernelParameters.vector`.
    var bounds: (lower: [Double], upper: [Double]) {
        let count = kinds.count
        return (
            Array(repeating: log(1e-5), count: count) + [log(1e-3), log(1e-6)],
            Array(repeating: log(1600), count: count) + [log(1e3), log(1)]
        )
    }

    /// Where a search for the best parameters begins when nothing is known.
    package var mode: KernelParameters {
        let numeric = numericCount
        guard numeric > manyFeatures else { return KernelParameters(features: kinds.count) }
        let far = -2 * Self.typicalLogLength(numeric)
        return KernelParameters(logWeights: kinds.map { $0 == .numeric ? far : 0 })
    }

    /// -log of the density (without its constant), and its derivative by `KernelParameters.vector`, which is added.
    ///
    /// Lengths: the symmetric penalty of Optuna's GPSampler, or in many dimensions log l ~ N(√2 + log(D) / 2, 3) of
    /// Hvarfner, Hellsten, Nardi, "Vanilla Bayesian Optimization Performs Great in High Dimensions", 2024. Scale:
    /// Gamma(2, 1). Noise: Gamma(1.1, 30), wide enough for a half of the variance when the data say so.
    func penalty(_ vector: [Double], gradient: inout [Double]) -> Double {
        let numeric = numericCount
        let isWide = numeric > manyFeatures
        var sum = 0.0
        for (index, kind) in kinds.enumerated() {
            if isWide, kind == .numeric {
                let deviation = -vector[index] / 2 - Self.typicalLogLength(numeric)
                sum += deviation * deviation / (2 * 3)
                gradient[index] += -deviation / (2 * 3)
            } else {
                let weight = exp(vector[index])
                sum += pull * (weight + 1 / weight)
                gradient[index] += pull * (weight - 1 / weight)
            }
        }
        let (scaleIndex, noiseIndex) = (kinds.count, kinds.count + 1)
        let (scale, noise) = (exp(vector[scaleIndex]), exp(vector[noiseIndex]))
        sum += scale - vector[scaleIndex]
        gradient[scaleIndex] += scale - 1
        sum += noiseRate * noise - 0.1 * vector[noiseIndex]
        gradient[noiseIndex] += noiseRate * noise - 0.1
        return sum
    }

    private static func typicalLogLength(_ dimensions: Int) -> Double { 2.0.squareRoot() + log(Double(dimensions)) / 2 }
}
