/// The normal law: `mu + sigma · z(u)`. With sigma 0 it is always mu.
package struct Normal: ContinuousDistribution {
    package static let name = "normal"
    package static let keys: [DistributionKey] = [.mu, .sigma]

    package let mu: Double
    package let sigma: Double

    package init(fields: DistributionFields) throws(DistributionError) {
        mu = try fields.number(.mu)
        sigma = try fields.number(.sigma)
        guard sigma >= 0 else {
            throw DistributionError(
                key: "sigma", "sigma must not be negative, it is \(sigma)",
                mend: "sigma is the standard deviation")
        }
    }

    /// Within 8.2 sigma of mu: u = 0 and u = 1 are not infinite.
    package func quantile(_ u: Double) -> Double { (mu + sigma * NormalLaw.quantile(u.insideUnit)).finite }

    package func probability(below x: Double) -> Double {
        guard sigma > 0 else { return x < mu ? 0 : x > mu ? 1 : 0.5 }
        return NormalLaw.probability(below: (x - mu) / sigma)
    }

    package var support: ClosedRange<Double> { sigma > 0 ? -.infinity ... .infinity : mu...mu }
    package var terms: String { "mu \(mu), sigma \(sigma)" }
}
