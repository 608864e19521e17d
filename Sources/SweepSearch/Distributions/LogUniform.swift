import Glibc

/// Numbers whose natural logarithm is uniform from min to max: `exp(min + u · (max - min))`. The bounds are exponents.
package struct LogUniform: ContinuousDistribution {
    package static let name = "log_uniform"
    package static let keys: [DistributionKey] = [.min, .max]
    package static var deprecation: DistributionError? { exponents(of: name) }

    package let exponents: ClosedRange<Double>

    package init(fields: DistributionFields) throws(DistributionError) { exponents = try fields.bounds() }

    package func quantile(_ u: Double) -> Double { exp(exponents.point(at: u)).finite }
    package func probability(below x: Double) -> Double { x > 0 ? exponents.share(below: log(x)) : 0 }

    package var support: ClosedRange<Double> {
        exp(exponents.lowerBound).finite...exp(exponents.upperBound).finite
    }

    package var terms: String { "e^\(exponents.lowerBound) … e^\(exponents.upperBound)" }

    static func exponents(of name: String) -> DistributionError {
        DistributionError(
            key: "distribution", "the min and max of \(name) are exponents of e",
            mend: "use \(name)_values to give the limits themselves")
    }
}
