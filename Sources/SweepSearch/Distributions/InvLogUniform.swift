import Glibc

/// `exp(-(min + (1 - u) · (max - min)))`: the law of `log_uniform` from -max to -min.
package struct InvLogUniform: ContinuousDistribution {
    package static let name = "inv_log_uniform"
    package static let keys: [DistributionKey] = [.min, .max]
    package static var deprecation: DistributionError? { LogUniform.exponents(of: name) }

    /// Of 1/x.
    package let exponents: ClosedRange<Double>

    package init(fields: DistributionFields) throws(DistributionError) { exponents = try fields.bounds() }

    package func quantile(_ u: Double) -> Double { exp(-exponents.point(at: 1 - u)).finite }
    package func probability(below x: Double) -> Double { x > 0 ? 1 - exponents.share(below: -log(x)) : 0 }

    package var support: ClosedRange<Double> {
        exp(-exponents.upperBound).finite...exp(-exponents.lowerBound).finite
    }

    package var terms: String { "e^\(-exponents.upperBound) … e^\(-exponents.lowerBound)" }
}
