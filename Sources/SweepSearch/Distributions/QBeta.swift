/// `beta`, rounded to multiples of q.
package struct QBeta: QuantizedDistribution {
    package static let name = "q_beta"
    package static let keys: [DistributionKey] = [.a, .b, .q]

    package let base: Beta
    package let q: Quantum

    package init(fields: DistributionFields) throws(DistributionError) {
        base = try Beta(fields: fields)
        q = try fields.quantum()
    }
}
