/// The real numbers from min to max: `min + u · (max - min)`.
package struct Uniform: ContinuousDistribution {
    package static let name = "uniform"
    package static let keys: [DistributionKey] = [.min, .max]

    package let support: ClosedRange<Double>

    package init(fields: DistributionFields) throws(DistributionError) { support = try fields.bounds() }

    package func quantile(_ u: Double) -> Double { support.point(at: u) }
    package func probability(below x: Double) -> Double { support.share(below: x) }
    package var terms: String { support.terms }
}

extension ClosedRange<Double> {
    /// The point at the share `u` of the way from the lower to the upper bound, never outside.
    func point(at u: Double) -> Double {
        let width = upperBound - lowerBound
        // The width of -1e308 … 1e308 is no number.
        let x = width.isFinite ? lowerBound + u * width : lowerBound * (1 - u) + upperBound * u
        return x.clamped(to: self)
    }

    /// The inverse of `point(at:)`.
    func share(below x: Double) -> Double {
        let width = upperBound - lowerBound
        guard width.isFinite else { return (x / 2 - lowerBound / 2) / (upperBound / 2 - lowerBound / 2) }
        return width > 0 ? (x - lowerBound) / width : 0.5
    }

    var terms: String { "\(lowerBound) … \(upperBound)" }
}
