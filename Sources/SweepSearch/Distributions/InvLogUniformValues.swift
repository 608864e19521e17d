import Glibc

/// `inv_log_uniform` with the limits themselves as bounds. Nothing is inverted: the law of `log_uniform_values`.
package struct InvLogUniformValues: ContinuousDistribution {
    package static let name = "inv_log_uniform_values"
    package static let keys: [DistributionKey] = [.min, .max]

    package let support: ClosedRange<Double>
    private let exponents: ClosedRange<Double>

    package init(fields: DistributionFields) throws(DistributionError) {
        support = try fields.positiveBounds()
        exponents = -log(support.upperBound)...(-log(support.lowerBound))
    }

    package func quantile(_ u: Double) -> Double { exp(-exponents.point(at: 1 - u)).clamped(to: support) }
    package func probability(below x: Double) -> Double { x > 0 ? 1 - exponents.share(below: -log(x)) : 0 }
    package var terms: String { support.terms }
}
