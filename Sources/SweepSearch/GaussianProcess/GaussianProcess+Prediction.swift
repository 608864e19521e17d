import Glibc

extension GaussianProcess {
    /// What the process thinks of one point.
    package struct Prediction {
        /// One mean for each sample of the pending points.
        package var means: [Double]
        /// Of the function, without noise.
        package var variance: Double
    }

    /// The smallest variance that is told apart from none.
    var leastVariance: Double { 1e-12 * scale + 1e-300 }

    /// - Parameter points: a row of features each.
    /// - Returns: for point i the variance `variances[i]` and its means in column i of `means`.
    package func predict(_ points: [[Double]]) -> (means: Matrix, variances: [Double]) {
        let means = Matrix(rows: sampleCount, columns: points.count)
        var variances = [Double](repeating: scale, count: points.count)
        guard count > 0 else { return (means, variances) }
        // In blocks that stay in the cache.
        let block = max(16, min(256, 65_536 / count))
        let cross = Matrix(rows: count, columns: min(block, points.count))
        var start = 0
        while start < points.count {
            let size = min(block, points.count - start)
            for index in 0..<size {
                let point = points[start + index]
                let column = cross.column(index)
                Self.squaredDistances(
                    features, weights: weights, kinds: kinds, from: 0, to: count, point: { point[$0] }, into: column)
                for row in 0..<count { column[row] = scale * Matern.value(column[row]) }
            }
            blas.multiply(
                solutions.memory, stride: count, transposed: true, cross.memory, stride: count, transposed: false,
                rows: sampleCount, columns: size, inner: count, into: means.column(start), stride: sampleCount)
            blas.solve(factor.memory, size: count, stride: count, columns: size, cross.memory, stride: count)
            for index in 0..<size {
                let column = cross.column(index)
                var explained = 0.0
                for row in 0..<count { explained += column[row] * column[row] }
                variances[start + index] = max(scale - explained, leastVariance)
            }
            start += size
        }
        return (means, variances)
    }

    /// The prediction at one point, with what is needed for its gradient.
    package func predict(at point: [Double]) -> LocalPrediction { LocalPrediction(self, at: point) }

    /// The values at the observations as the process sees them without their noise, for the first sample.
    package func smoothed(_ values: [Double]) -> [Double] {
        // y = (K + noise) α, and the function there is K α.
        values.prefix(observed).indices.map { values[$0] - parameters.noise * solutions.memory[$0] }
    }
}

/// The prediction at one point and its derivatives by the point's numeric features.
package final class LocalPrediction {
    package let means: [Double]
    package let variance: Double
    private let process: GaussianProcess
    private let point: [Double]
    /// The kernel's slopes at each observation, times the scale.
    private let slopes: Matrix
    /// K⁻¹ k.
    private let solved: Matrix

    init(_ process: GaussianProcess, at point: [Double]) {
        let count = process.count
        self.process = process
        self.point = point
        slopes = Matrix(rows: count, columns: 1)
        solved = Matrix(rows: count, columns: 1)
        let (slopes, solved) = (slopes.memory, solved.memory)
        GaussianProcess.squaredDistances(
            process.features, weights: process.weights, kinds: process.kinds, from: 0, to: count,
            point: { point[$0] }, into: slopes)
        for row in 0..<count {
            let (value, slope) = Matern.valueAndSlope(slopes[row])
            solved[row] = process.scale * value
            slopes[row] = process.scale * slope
        }
        var means = [Double](repeating: 0, count: process.sampleCount)
        process.blas.multiply(
            process.solutions.memory, rows: count, columns: process.sampleCount, stride: max(count, 1),
            transposed: true, solved, into: &means)
        process.blas.solve(process.factor.memory, size: count, stride: max(count, 1), solved)
        var explained = 0.0
        for row in 0..<count { explained += solved[row] * solved[row] }
        process.blas.solve(process.factor.memory, size: count, stride: max(count, 1), transposed: true, solved)
        self.means = means
        variance = max(process.scale - explained, process.leastVariance)
    }

    /// The gradient of a function of means and variance by the features: zero for categories.
    ///
    /// - Parameters:
    ///   - ofMeans: its derivative by each mean.
    ///   - ofVariance: its derivative by the variance.
    package func gradient(ofMeans: [Double], ofVariance: Double) -> [Double] {
        let count = process.count
        let coefficients = Matrix(rows: count, columns: 1)
        let memory = coefficients.memory
        process.blas.multiply(
            process.solutions.memory, rows: count, columns: process.sampleCount, stride: max(count, 1), ofMeans,
            into: memory)
        var total = 0.0
        for row in 0..<count {
            memory[row] = (memory[row] - 2 * ofVariance * solved.memory[row]) * slopes.memory[row]
            total += memory[row]
        }
        var products = [Double](repeating: 0, count: process.kinds.count)
        process.blas.multiply(
            process.features.memory, rows: count, columns: process.kinds.count, stride: max(count, 1),
            transposed: true, memory, into: &products)
        for (feature, kind) in process.kinds.enumerated() {
            products[feature] =
                kind == .numeric ? 2 * process.weights[feature] * (point[feature] * total - products[feature]) : 0
        }
        return products
    }
}

extension GaussianProcess {
    /// The log density of each observation as predicted from all others (Rasmussen & Williams 2006, eqs. 5.10-5.12), and
    /// the predictions themselves. Only for a process without pending points.
    package func leaveOneOut(values: [Double]) -> (logDensity: Double, means: [Double], variances: [Double])? {
        guard count == observed, count == values.count, count > 0 else { return nil }
        let inverse = Matrix(rows: count, columns: count)
        for index in 0..<(count * count) { inverse.memory[index] = factor.memory[index] }
        guard blas.invert(factor: inverse.memory, size: count, stride: count) else { return nil }
        var (means, variances, sum) = ([Double](), [Double](), 0.0)
        for index in 0..<count {
            let variance = 1 / inverse.memory[index * count + index]
            let residual = solutions.memory[index] * variance
            means.append(values[index] - residual)
            variances.append(variance)
            sum -= (log(2 * Double.pi * variance) + residual * residual / variance) / 2
        }
        return (sum, means, variances)
    }
}
