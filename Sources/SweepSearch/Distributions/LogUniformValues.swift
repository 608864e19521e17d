import Glibc

/// Numbers from min to max whose logarithm is uniform: `exp(ln min + u · (ln max - ln min))`.
package struct LogUniformValues: ContinuousDistribution {
    package static let name = "log_uniform_values"
    package static let keys: [DistributionKey] = [.min, .max]

    package let support: ClosedRange<Double>
    private let exponents: ClosedRange<Double>

    package init(fields: DistributionFields) throws(DistributionError) {
        support = try fields.positiveBounds()
        exponents = log(support.lowerBound)...log(support.upperBound)
    }

    package func quantile(_ u: Double) -> Double { exp(exponents.point(at: u)).clamped(to: support) }
    package func probability(below x: Double) -> Double { x > 0 ? exponents.share(below: log(x)) : 0 }
    package var terms: String { support.terms }
}
