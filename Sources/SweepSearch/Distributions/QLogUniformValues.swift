/// `log_uniform_values`, rounded to multiples of q.
package struct QLogUniformValues: QuantizedDistribution {
    package static let name = "q_log_uniform_values"
    package static let keys: [DistributionKey] = [.min, .max, .q]

    package let base: LogUniformValues
    package let q: Quantum

    package init(fields: DistributionFields) throws(DistributionError) {
        base = try LogUniformValues(fields: fields)
        q = try fields.quantum()
    }
}
