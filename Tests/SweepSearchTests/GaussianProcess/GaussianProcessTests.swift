import Glibc
import SweepModel
import Testing

@testable import SweepSearch

/// Rows with numbers and one category, and values that depend on both.
struct Sample {
    static let kinds: [FeatureKind] = [.numeric, .numeric, .category]

    var rows: [[Double]]
    var values: [Double]

    init(_ count: Int, seed: UInt64 = 1) {
        var random = SeededRandom(seed: seed, index: 0)
        rows = (0..<count).map { _ in [random.nextUnit(), random.nextUnit(), (random.nextUnit() * 3).rounded(.down)] }
        values = rows.map { sin(5 * $0[0]) + $0[1] * $0[1] + 0.4 * $0[2] - 1 }
    }

    var training: TrainingSet { TrainingSet(kinds: Self.kinds, rows: rows, values: values) }
}

@Suite struct GaussianProcessTests {
    let blas: OpenBLAS
    let parameters = KernelParameters(
        logWeights: [log(3), log(0.7), log(1.3)], logScale: log(1.4), logNoise: log(0.02))

    init() throws { blas = try OpenBLAS.load() }

    func process(_ sample: Sample) throws -> GaussianProcess {
        try #require(GaussianProcess(sample.training, parameters: parameters, blas: blas))
    }

    @Test func `the kernel's slope is its derivative`() {
        for squared in [1e-6, 0.01, 0.3, 1, 7, 60] {
            let step = squared * 1e-4
            let difference = (Matern.value(squared + step) - Matern.value(squared - step)) / (2 * step)
            let slope = Matern.valueAndSlope(squared).slope
            #expect(abs(difference - slope) < 1e-6 * max(abs(slope), 1e-6), "\(squared)")
            #expect(Matern.valueAndSlope(squared).value == Matern.value(squared))
        }
        #expect(Matern.value(0) == 1 && Matern.valueAndSlope(0).slope == -5.0 / 6)
    }

    @Test func `the likelihood's gradient is that of finite differences`() throws {
        for kinds in [Sample.kinds, Array(repeating: .numeric, count: 24)] {
            var random = SeededRandom(seed: 3, index: 1)
            let rows = (0..<12).map { _ in kinds.map { $0 == .numeric ? random.nextUnit() : 1 } }
            let values = rows.map { $0.reduce(0, +) - Double(kinds.count) / 2 }
            let likelihood = MarginalLikelihood(
                TrainingSet(kinds: kinds, rows: rows, values: values), prior: KernelPrior(kinds: kinds), blas: blas)
            var vector = kinds.indices.map { 0.3 * Double($0 % 3) - 0.2 } + [0.4, -3]
            var gradient = [Double](repeating: 0, count: vector.count)
            _ = likelihood.evaluate(vector, gradient: &gradient)
            for index in vector.indices {
                var scratch = gradient
                let kept = vector[index]
                vector[index] = kept + 1e-5
                let above = likelihood.evaluate(vector, gradient: &scratch)
                vector[index] = kept - 1e-5
                let below = likelihood.evaluate(vector, gradient: &scratch)
                vector[index] = kept
                #expect(abs((above - below) / 2e-5 - gradient[index]) < 1e-5 * max(1, abs(gradient[index])))
            }
        }
    }

    @Test func `two observations are predicted as by hand`() throws {
        let training = TrainingSet(kinds: [.numeric], rows: [[0], [1]], values: [1, -1])
        let process = try #require(
            GaussianProcess(training, parameters: KernelParameters(features: 1, noise: 0.5), blas: blas))
        // K = [[1.5, k], [k, 1.5]] with k = M(1): α = ±1 / (1.5 - k); halfway the two cancel out.
        let k = Matern.value(1)
        let (means, variances) = process.predict([[0.5], [0]])
        #expect(abs(means[0, 0]) < 1e-12)
        #expect(abs(means[0, 1] - (1 - k) / (1.5 - k)) < 1e-12)
        let half = Matern.value(0.25)
        #expect(abs(variances[0] - (1 - 2 * half * half / (1.5 + k))) < 1e-12)
        #expect(abs(process.smoothed([1, -1])[0] - means[0, 1]) < 1e-12)
    }

    @Test func `a prediction's gradient is that of finite differences`() throws {
        let process = try process(Sample(20))
        let point = [0.31, 0.62, 1.0]
        func mixed(_ point: [Double]) -> Double {
            let prediction = process.predict(at: point)
            return 0.7 * prediction.means[0] + 1.9 * prediction.variance
        }
        let gradient = process.predict(at: point).gradient(ofMeans: [0.7], ofVariance: 1.9)
        for feature in 0..<2 {
            var (above, below) = (point, point)
            above[feature] += 1e-5
            below[feature] -= 1e-5
            #expect(abs((mixed(above) - mixed(below)) / 2e-5 - gradient[feature]) < 1e-6)
        }
        #expect(gradient[2] == 0)
    }

    @Test func `many points at once and one alone are predicted alike`() throws {
        let process = try process(Sample(30))
        let points = Sample(300, seed: 9).rows
        let (means, variances) = process.predict(points)
        for index in stride(from: 0, to: 300, by: 37) {
            let alone = process.predict(at: points[index])
            #expect(abs(alone.means[0] - means[0, index]) < 1e-10)
            #expect(abs(alone.variance - variances[index]) < 1e-10)
        }
    }

    @Test func `a point added as pending is as if its sampled value had been observed`() throws {
        let sample = Sample(15)
        let pending = [[0.2, 0.9, 1.0], [0.8, 0.1, 0.0]]
        let extended = try #require(
            GaussianProcess(
                sample.training, parameters: parameters, pending: pending, normals: [[0.4, -1.2], [0, 0]], blas: blas))
        #expect(extended.sampleCount == 2)
        for draw in 0..<2 {
            let values = sample.values + (0..<2).map { extended.samples[$0, draw] }
            let whole = try #require(
                GaussianProcess(
                    TrainingSet(kinds: Sample.kinds, rows: sample.rows + pending, values: values),
                    parameters: parameters, blas: blas))
            let (point, row) = ([0.5, 0.5, 0.0], draw)
            #expect(abs(whole.predict(at: point).means[0] - extended.predict(at: point).means[row]) < 1e-9)
            #expect(abs(whole.predict(at: point).variance - extended.predict(at: point).variance) < 1e-9)
        }
        // Sample 2 has only zeros: the pending points are where the process expects them.
        let expected = try process(sample).predict(pending)
        #expect(abs(expected.means[0, 0] - extended.samples[0, 1]) < 1e-9)
        #expect(abs(expected.means[0, 1] - extended.samples[1, 1]) < 1e-9)
    }

    @Test func `leaving one out is as predicting it from the others`() throws {
        let sample = Sample(12)
        let left = try #require(try process(sample).leaveOneOut(values: sample.values))
        var others = sample
        let (row, value) = (others.rows.remove(at: 5), others.values.remove(at: 5))
        let prediction = try process(others).predict(at: row)
        #expect(abs(prediction.means[0] - left.means[5]) < 1e-9)
        #expect(abs(prediction.variance + parameters.noise - left.variances[5]) < 1e-9)
        #expect(left.logDensity.isFinite && abs(left.means[5] - value) < 2)
    }

    @Test func `what was made with certain parameters is found again`() throws {
        var random = SeededRandom(seed: 5, index: 2)
        let rows = (0..<70).map { _ in [random.nextUnit(), random.nextUnit()] }
        // Only the first feature matters.
        let values = rows.map { sin(9 * $0[0]) + 0.01 * NormalLaw.quantile(random.nextUnit()) }
        let kinds: [FeatureKind] = [.numeric, .numeric]
        let likelihood = MarginalLikelihood(
            TrainingSet(kinds: kinds, rows: rows, values: values), prior: KernelPrior(kinds: kinds), blas: blas)
        let (found, value) = likelihood.bestParameters(from: [KernelParameters(features: 2)], evaluations: 60)
        #expect(found.logWeights[0] > found.logWeights[1] + 2)
        #expect(found.noise < 0.01)
        #expect(value < likelihood.value(at: KernelParameters(features: 2)))
    }

    @Test func `equal rows and tiny noise are factored all the same`() throws {
        let training = TrainingSet(
            kinds: [.numeric], rows: Array(repeating: [0.5], count: 40), values: Array(repeating: 1, count: 40))
        let process = try #require(
            GaussianProcess(training, parameters: KernelParameters(features: 1, noise: 1e-300), blas: blas))
        #expect(process.predict(at: [0.5]).means[0].isFinite)
    }
}
