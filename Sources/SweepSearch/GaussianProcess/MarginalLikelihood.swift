import Glibc

/// The negative log density of (values, parameters) under the process: what the best parameters minimise.
///
/// Rasmussen & Williams 2006, eqs. 5.8 and 5.9. What depends on the data alone, the squared differences of all pairs in
/// each feature, is computed once; each evaluation then costs a product with that table, a factorisation and an inverse.
package final class MarginalLikelihood {
    private let blas: OpenBLAS
    private let prior: KernelPrior
    private let count: Int
    private let pairCount: Int
    private let values: [Double]
    /// For each pair i > j, column by column of the lower triangle, its squared difference in each feature.
    private let differences: Matrix
    // Room for one evaluation.
    private let squared: Matrix
    private let slopes: Matrix
    private let kernel: Matrix
    private let solution: Matrix

    package init(_ training: TrainingSet, prior: KernelPrior, blas: OpenBLAS) {
        self.blas = blas
        self.prior = prior
        count = training.count
        values = training.values
        pairCount = count * (count - 1) / 2
        differences = Matrix(rows: pairCount, columns: training.kinds.count)
        squared = Matrix(rows: pairCount, columns: 1)
        slopes = Matrix(rows: pairCount, columns: 1)
        kernel = Matrix(rows: count, columns: count)
        solution = Matrix(rows: count, columns: 1)
        for (feature, kind) in training.kinds.enumerated() where pairCount > 0 {
            let (column, out) = (training.features.column(feature), differences.column(feature))
            var pair = 0
            for j in 0..<count {
                let other = column[j]
                for i in (j + 1)..<max(count, j + 1) {
                    let difference = column[i] - other
                    out[pair] = kind == .numeric ? difference * difference : difference == 0 ? 0 : 1
                    pair += 1
                }
            }
        }
    }

    /// The value at `vector` (as `KernelParameters.vector`), its gradient in `gradient`; infinite where the kernel's
    /// matrix is not positive definite.
    package func evaluate(_ vector: [Double], gradient: inout [Double]) -> Double {
        evaluate(vector, gradient: &gradient, wantsGradient: true)
    }

    private func evaluate(_ vector: [Double], gradient: inout [Double], wantsGradient: Bool) -> Double {
        let features = prior.kinds.count
        for index in gradient.indices { gradient[index] = 0 }
        let penalty = prior.penalty(vector, gradient: &gradient)
        guard count > 0 else { return penalty }
        let (scale, noise) = (exp(vector[features]), exp(vector[features + 1]))
        let weights = vector.prefix(features).map { exp($0) }
        blas.multiply(
            differences.memory, rows: pairCount, columns: features, stride: max(pairCount, 1), weights,
            into: squared.memory)
        fillKernel(scale: scale, noise: noise)
        guard blas.factor(kernel.memory, size: count, stride: count) else { return .infinity }
        var logDeterminant = 0.0
        for index in 0..<count {
            logDeterminant += log(kernel.memory[index * count + index])
            solution.memory[index] = values[index]
        }
        blas.solve(kernel.memory, size: count, stride: count, solution.memory)
        blas.solve(kernel.memory, size: count, stride: count, transposed: true, solution.memory)
        var fit = 0.0
        for index in 0..<count { fit += values[index] * solution.memory[index] }
        if wantsGradient {
            guard blas.invert(factor: kernel.memory, size: count, stride: count) else { return .infinity }
            addGradient(weights: weights, scale: scale, noise: noise, to: &gradient)
        }
        let value = penalty + fit / 2 + logDeterminant + Double(count) * log(2 * Double.pi) / 2
        return value.isFinite ? value : .infinity
    }

    /// The lower triangle of the kernel's matrix, and the kernel's slopes for each pair.
    private func fillKernel(scale: Double, noise: Double) {
        let (kernel, squared, slopes) = (kernel.memory, squared.memory, slopes.memory)
        var pair = 0
        for j in 0..<count {
            let column = kernel + j * count
            column[j] = scale + noise
            for i in (j + 1)..<max(count, j + 1) {
                let (value, slope) = Matern.valueAndSlope(squared[pair])
                column[i] = scale * value
                slopes[pair] = scale * slope
                pair += 1
            }
        }
    }

    /// ½ tr((K⁻¹ - αα') ∂K/∂θ) for each parameter; `kernel` holds K⁻¹, `solution` α.
    private func addGradient(weights: [Double], scale: Double, noise: Double, to gradient: inout [Double]) {
        let (inverse, alpha, slopes) = (kernel.memory, solution.memory, slopes.memory)
        let features = weights.count
        var pair = 0
        var (traceOfInverse, squares, productWithK) = (0.0, 0.0, 0.0)
        for j in 0..<count {
            let column = inverse + j * count
            let own = alpha[j]
            traceOfInverse += column[j]
            squares += own * own
            for i in (j + 1)..<max(count, j + 1) {
                slopes[pair] *= column[i] - alpha[i] * own
                pair += 1
            }
        }
        for index in 0..<count { productWithK += values[index] * alpha[index] }
        // tr((K⁻¹ - αα') K) = n - y'α, and K = (part of the scale) + noise · 1.
        let ofNoise = noise * (traceOfInverse - squares)
        gradient[features] += (Double(count) - productWithK - ofNoise) / 2
        gradient[features + 1] += ofNoise / 2
        var ofWeights = [Double](repeating: 0, count: features)
        blas.multiply(
            differences.memory, rows: pairCount, columns: features, stride: max(pairCount, 1), transposed: true, slopes,
            into: &ofWeights)
        for feature in 0..<features { gradient[feature] += weights[feature] * ofWeights[feature] }
    }
}

extension MarginalLikelihood {
    /// The most likely parameters.
    ///
    /// - Parameters:
    ///   - starts: where to look from; the best of what is found counts.
    ///   - evaluations: most evaluations for each start.
    package func bestParameters(from starts: [KernelParameters], evaluations: Int) -> (KernelParameters, Double) {
        let (lower, upper) = prior.bounds
        var best: (KernelParameters, Double) = (starts.first ?? prior.mode, .infinity)
        let search = LBFGS(iterations: evaluations, evaluations: evaluations, tolerance: 1e-2, improvement: 1e-5)
        for start in starts {
            let found = search.minimize(from: start.vector, lower: lower, upper: upper) { vector, gradient in
                evaluate(vector, gradient: &gradient)
            }
            if found.value < best.1 { best = (KernelParameters(vector: found.point), found.value) }
        }
        return best
    }

    /// The value at `parameters`.
    package func value(at parameters: KernelParameters) -> Double {
        var gradient = [Double](repeating: 0, count: prior.kinds.count + 2)
        return evaluate(parameters.vector, gradient: &gradient, wantsGradient: false)
    }
}

extension MarginalLikelihood {
    /// Parameters drawn in proportion to their density, beginning at the most likely ones.
    func draws(_ count: Int, from best: KernelParameters, random: inout SeededRandom) -> [KernelParameters] {
        let (lower, upper) = prior.bounds
        let start = zip(best.vector, zip(lower, upper)).map { min(max($0, $1.0), $1.1) }
        return ParameterSampler().draws(count, from: start, lower: lower, upper: upper, random: &random) {
            evaluate($0, gradient: &$1)
        }.map { KernelParameters(vector: $0) }
    }
}
