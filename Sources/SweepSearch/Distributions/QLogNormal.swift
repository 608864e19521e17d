/// `log_normal`, rounded to multiples of q.
package struct QLogNormal: QuantizedDistribution {
    package static let name = "q_log_normal"
    package static let keys: [DistributionKey] = [.mu, .sigma, .q]

    package let base: LogNormal
    package let q: Quantum

    package init(fields: DistributionFields) throws(DistributionError) {
        base = try LogNormal(fields: fields)
        q = try fields.quantum()
    }
}
