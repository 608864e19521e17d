import SweepModel

/// `uniform`, rounded to multiples of q.
package struct QUniform: QuantizedDistribution {
    package static let name = "q_uniform"
    package static let keys: [DistributionKey] = [.min, .max, .q]

    package let base: Uniform
    package let q: Quantum
    /// min when min, max and q are ints: then the values of a grid are ints too.
    private let integerStart: Int?

    package init(fields: DistributionFields) throws(DistributionError) {
        base = try Uniform(fields: fields)
        q = try fields.quantum()
        if case .int(let start)? = fields[.min], case .int? = fields[.max], case .int = q {
            integerStart = start
        } else {
            integerStart = nil
        }
    }

    /// `numpy.arange(min, max, q)`, as W&B's grid: from min in steps of q, max excluded. These are not the multiples of
    /// q that `value(at:)` gives. nil where there are more than 2⁵³ values.
    package var gridAxis: GridAxis? {
        let (start, end) = (base.support.lowerBound, base.support.upperBound)
        guard let count = Int(exactly: ((end - start) / q.size).rounded(.up)), (1...(1 << 53)).contains(count)
        else { return nil }
        if let integerStart, case .int(let step) = q {
            return GridAxis(
                count: count, valueAt: { .int(integerStart &+ $0 &* step) },
                indexOf: { value in
                    guard case .int(let value) = ValueIdentity(value) else { return nil }
                    let (distance, overflow) = value.subtractingReportingOverflow(integerStart)
                    guard !overflow, distance >= 0, distance % step == 0, distance / step < count else { return nil }
                    return distance / step
                })
        }
        // numpy takes the difference of the first two values as its step; it may differ from q in the last bit.
        let step = (start + q.size) - start
        guard step > 0 else { return nil }
        return GridAxis(
            count: count, valueAt: { .double($0 == 1 ? start + step : start + Double($0) * step) },
            indexOf: { value in
                guard let number = value.number else { return nil }
                let index = ((number - start) / step).rounded()
                guard abs(start + index * step - number) <= 1e-9 * step, let index = Int(exactly: index) else {
                    return nil
                }
                return (0..<count).contains(index) ? index : nil
            })
    }
}
