import Glibc
import Testing

@testable import SweepSearch

@Suite struct ExpectedImprovementTests {
    /// z, log h(z) and Φ(z) / h(z), computed with mpmath at 80 digits.
    @Test(
        arguments: [
            (5, 1.60943792312643139, 0.199999940531220046),
            (1, 0.08002621884930694, 0.77663872520173926),
            (0, -0.918938533204672742, 1.25331413731550025),
            (-0.5, -1.62051626438731992, 1.55987314834807967),
            (-1, -2.48512102571264134, 1.90427123332969182),
            (-1.0001, -2.48531145644588336, 1.90434343171652736),
            (-3, -7.86968605960302852, 3.53233751762516052),
            (-8, -37.122364261692633, 8.23939650684006689),
            (-14.9, -117.33996689032444, 15.0324691570382283),
            (-15.1, -120.366288969044082, 15.2307589451057569),
            (-30, -457.724653760598004, 30.0664461541624189),
            (-100, -5010.12957880024979, 100.019994004195865),
            (-1000, -500014.734452091158, 1000.00199999400004),
            (-100000, -5000000023.94478946, 100000.00002),
        ] as [(Double, Double, Double)])
    func `the logarithm is exact far into the tail`(z: Double, value: Double, slope: Double) {
        let (found, derivative) = ExpectedImprovement.logH(z)
        #expect(abs(found - value) < 1e-10 * max(abs(value), 1))
        #expect(abs(derivative - slope) < 1e-9 * slope)
    }

    @Test func `its derivatives are those of finite differences`() {
        for (mean, variance, threshold) in [(0.3, 0.5, 0.1), (2.0, 0.01, 0.0), (-1.0, 2.0, 0.5), (9.0, 0.1, 0.0)] {
            func value(_ mean: Double, _ variance: Double) -> Double {
                ExpectedImprovement.logValue(mean: mean, variance: variance, threshold: threshold).value
            }
            let exact = ExpectedImprovement.logValue(mean: mean, variance: variance, threshold: threshold)
            let step = 1e-6 * variance
            let ofMean = (value(mean + 1e-6, variance) - value(mean - 1e-6, variance)) / 2e-6
            let ofVariance = (value(mean, variance + step) - value(mean, variance - step)) / (2 * step)
            #expect(abs(ofMean - exact.ofMean) < 1e-5 * max(1, abs(exact.ofMean)))
            #expect(abs(ofVariance - exact.ofVariance) < 1e-5 * max(1, abs(exact.ofVariance)))
        }
    }

    @Test func `the acquisition's gradient is that of finite differences, with all it can have`() throws {
        let blas = try OpenBLAS.load()
        let sample = Sample(18)
        let parameters = KernelParameters(logWeights: [1, 0, 0.5], logScale: 0, logNoise: log(0.01))
        let process = try #require(
            GaussianProcess(
                sample.training, parameters: parameters, pending: [[0.4, 0.4, 1], [0.6, 0.2, 0]],
                normals: [[0.1, -1], [1.2, 0.3], [-0.5, 0.8]], blas: blas))
        let other = try #require(
            GaussianProcess(sample.training, parameters: KernelParameters(features: 3), blas: blas))
        var acquisition = Acquisition(models: [.init(process: process, best: -0.9), .init(process: other, best: -0.9)])
        acquisition.feasibility = Feasibility(
            kinds: Sample.kinds, worked: sample.rows, failed: [[0.9, 0.9, 0], [0.8, 0.9, 0]], like: parameters,
            blas: blas)
        let point = [0.55, 0.35, 1.0]
        let (value, gradient) = acquisition.valueAndGradient(at: point)
        #expect(abs(acquisition.values([point])[0] - value) < 1e-9)
        for feature in 0..<2 {
            var (above, below) = (point, point)
            above[feature] += 1e-5
            below[feature] -= 1e-5
            let values = acquisition.values([above, below])
            #expect(abs((values[0] - values[1]) / 2e-5 - gradient[feature]) < 1e-4 * max(1, abs(gradient[feature])))
        }
    }
}
