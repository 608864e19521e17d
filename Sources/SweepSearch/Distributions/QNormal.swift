/// `normal`, rounded to multiples of q.
package struct QNormal: QuantizedDistribution {
    package static let name = "q_normal"
    package static let keys: [DistributionKey] = [.mu, .sigma, .q]

    package let base: Normal
    package let q: Quantum

    package init(fields: DistributionFields) throws(DistributionError) {
        base = try Normal(fields: fields)
        q = try fields.quantum()
    }
}
