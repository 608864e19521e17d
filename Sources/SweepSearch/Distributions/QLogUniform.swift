/// `log_uniform`, rounded to multiples of q.
package struct QLogUniform: QuantizedDistribution {
    package static let name = "q_log_uniform"
    package static let keys: [DistributionKey] = [.min, .max, .q]
    package static var deprecation: DistributionError? { LogUniform.exponents(of: name) }

    package let base: LogUniform
    package let q: Quantum

    package init(fields: DistributionFields) throws(DistributionError) {
        base = try LogUniform(fields: fields)
        q = try fields.quantum()
    }
}
