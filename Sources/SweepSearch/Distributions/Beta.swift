/// The beta law on 0...1.
package struct Beta: ContinuousDistribution {
    package static let name = "beta"
    package static let keys: [DistributionKey] = [.a, .b]

    package let a: Double
    package let b: Double

    package init(fields: DistributionFields) throws(DistributionError) {
        a = try Self.shape(.a, in: fields)
        b = try Self.shape(.b, in: fields)
    }

    package func quantile(_ u: Double) -> Double { IncompleteBeta.inverse(u, a: a, b: b) }
    package func probability(below x: Double) -> Double { IncompleteBeta.regularized(x, a: a, b: b) }
    package var support: ClosedRange<Double> { 0...1 }
    package var terms: String { "a \(a), b \(b)" }

    private static func shape(_ key: DistributionKey, in fields: DistributionFields) throws(DistributionError) -> Double
    {
        let shape = try fields.number(key)
        guard shape > 0 else {
            throw DistributionError(
                key: key.name, "\(key.name) must be above 0, it is \(shape)",
                mend: "with a = 1 and b = 1 the law is uniform")
        }
        return shape
    }
}
