import Glibc

/// A Gaussian process conditioned on observations: what it thinks of the function anywhere.
///
/// Matérn 5/2 over the weighted distance (numeric features by squared difference, categories by 0 or 1), mean 0, one
/// noise for all. Further points without a value (pending trials) can be added with joint samples of theirs: then there
/// is one mean for each sample, and one variance.
package final class GaussianProcess {
    package let kinds: [FeatureKind]
    package let parameters: KernelParameters
    let blas: OpenBLAS
    let weights: [Double]
    let scale: Double
    /// Observations and pending points.
    let count: Int
    /// How many of them are observations.
    let observed: Int
    /// A column for each feature.
    let features: Matrix
    /// The Cholesky factor of the kernel's matrix in the lower triangle.
    let factor: Matrix
    /// K⁻¹ y, a column for each sample of the pending points.
    let solutions: Matrix
    /// The values that the samples gave to the pending points: a row for each point, a column for each sample.
    package let samples: Matrix

    package var sampleCount: Int { solutions.columns }

    /// - Parameters:
    ///   - pending: the features of points whose values are not known yet.
    ///   - normals: standard normal numbers, one array for each sample with one number for each pending point.
    /// - Returns: nil when the kernel's matrix cannot be factored even with more noise.
    package convenience init?(
        _ training: TrainingSet, parameters: KernelParameters, pending: [[Double]] = [], normals: [[Double]] = [],
        blas: OpenBLAS
    ) {
        var parameters = parameters
        for _ in 0..<8 {
            if let factor = Self.factor(training, parameters: parameters, pending: pending, blas: blas) {
                self.init(training, parameters: parameters, factor: factor, normals: normals, blas: blas)
                return
            }
            parameters.logNoise = max(parameters.logNoise, parameters.logScale - 14) + 2.3
        }
        return nil
    }

    /// The factor of the observations' matrix, extended by the pending points' rows: L₂₁ = K₂₁ L₁₁⁻ᵀ, and the factor
    /// of K₂₂ - L₂₁ L₂₁'.
    private static func factor(
        _ training: TrainingSet, parameters: KernelParameters, pending: [[Double]], blas: OpenBLAS
    ) -> (features: Matrix, factor: Matrix)? {
        let count = training.count + pending.count
        let features = Matrix(rows: count, columns: training.kinds.count)
        for feature in training.kinds.indices {
            let (from, to) = (training.features.column(feature), features.column(feature))
            for row in 0..<training.count { to[row] = from[row] }
            for (index, row) in pending.enumerated() { to[training.count + index] = row[feature] }
        }
        let matrix = Matrix(rows: count, columns: count)
        let (weights, scale) = (parameters.weights, parameters.scale)
        for column in 0..<count {
            let out = matrix.memory + column * count
            squaredDistances(
                features, weights: weights, kinds: training.kinds, from: column, to: count,
                point: { features.memory[$0 * count + column] }, into: out)
            for row in column..<count { out[row] = scale * Matern.value(out[row]) }
            out[column] = scale + parameters.noise
        }
        guard blas.factor(matrix.memory, size: count, stride: count) else { return nil }
        return (features, matrix)
    }

    private init(
        _ training: TrainingSet, parameters: KernelParameters, factor: (features: Matrix, factor: Matrix),
        normals: [[Double]], blas: OpenBLAS
    ) {
        self.blas = blas
        self.parameters = parameters
        kinds = training.kinds
        weights = parameters.weights
        scale = parameters.scale
        features = factor.features
        self.factor = factor.factor
        count = features.rows
        observed = training.count
        let pendingCount = count - observed
        let sampleCount = pendingCount > 0 ? max(normals.count, 1) : 1
        solutions = Matrix(rows: count, columns: sampleCount)
        samples = Matrix(rows: pendingCount, columns: sampleCount)
        // L⁻¹ y of the observations, and z itself for the pending points: L (L⁻¹ y, z) are values that fit together.
        for sample in 0..<sampleCount {
            let column = solutions.column(sample)
            for row in 0..<observed { column[row] = training.values[row] }
            blas.solve(self.factor.memory, size: observed, stride: max(count, 1), column)
            for row in 0..<pendingCount {
                column[observed + row] =
                    sample < normals.count && row < normals[sample].count ? normals[sample][row] : 0
            }
            for row in 0..<pendingCount {
                var value = 0.0
                for index in 0...(observed + row) {
                    value += self.factor.memory[index * count + observed + row] * column[index]
                }
                samples.memory[sample * pendingCount + row] = value
            }
        }
        blas.solve(
            self.factor.memory, size: count, stride: max(count, 1), transposed: true, columns: sampleCount,
            solutions.memory, stride: max(count, 1))
    }

    /// The weighted squared distances between a point and rows `from..<to` of `features`, into `out[from..<to]`.
    static func squaredDistances(
        _ features: Matrix, weights: [Double], kinds: [FeatureKind], from: Int, to: Int, point: (Int) -> Double,
        into out: UnsafeMutablePointer<Double>
    ) {
        for row in from..<to { out[row] = 0 }
        for (feature, kind) in kinds.enumerated() {
            let (column, weight, own) = (features.column(feature), weights[feature], point(feature))
            if kind == .numeric {
                for row in from..<to {
                    let difference = column[row] - own
                    out[row] += weight * difference * difference
                }
            } else {
                for row in from..<to { out[row] += column[row] == own ? 0 : weight }
            }
        }
    }
}
