import Glibc

/// Numbers whose natural logarithm is normal: `exp(mu + sigma · z(u))`.
package struct LogNormal: ContinuousDistribution {
    package static let name = "log_normal"
    package static let keys: [DistributionKey] = [.mu, .sigma]

    package let exponent: Normal

    package init(fields: DistributionFields) throws(DistributionError) { exponent = try Normal(fields: fields) }

    package func quantile(_ u: Double) -> Double { exp(exponent.quantile(u)).finite }
    package func probability(below x: Double) -> Double { x > 0 ? exponent.probability(below: log(x)) : 0 }

    package var support: ClosedRange<Double> {
        exponent.sigma > 0 ? 0 ... .infinity : quantile(0.5)...quantile(0.5)
    }

    package var terms: String { exponent.terms }
}
