package import SweepModel

/// The ints from min to max, both included: `ceil(u · (max - min + 1)) + min - 1`.
package struct IntUniform: Distribution {
    package static let name = "int_uniform"
    package static let keys: [DistributionKey] = [.integerMin, .integerMax]

    package let range: ClosedRange<Int>
    /// max - min, which an Int cannot always hold.
    private let width: UInt

    /// - Throws: when min is not below max.
    package init(min: Int, max: Int) throws(DistributionError) {
        guard min < max else { throw DistributionFields.notBelow(.int(min), .int(max)) }
        range = min...max
        width = UInt(bitPattern: max) &- UInt(bitPattern: min)
    }

    package init(fields: DistributionFields) throws(DistributionError) {
        try self.init(min: try fields.integer(.integerMin), max: try fields.integer(.integerMax))
    }

    package func value(at u: Double) -> ParameterValue {
        // Counted from min; u = 0 is min (W&B's formula would give min - 1).
        let offset = (u.clampedToUnit * (Double(width) + 1)).rounded(.up) - 1
        return .int(range.lowerBound &+ Int(bitPattern: min(UInt(exactly: max(offset, 0)) ?? width, width)))
    }

    package func position(of value: ParameterValue) -> Double? {
        guard let index = index(of: value) else { return nil }
        return (Double(index) + 0.5) / (Double(width) + 1)
    }

    package var gridAxis: GridAxis? {
        guard let count = Int(exactly: width), count < .max else { return nil }
        let range = range
        return GridAxis(
            count: count + 1, valueAt: { .int(range.lowerBound &+ $0) },
            indexOf: { [self] in index(of: $0).flatMap(Int.init(exactly:)) })
    }

    /// Saturates at `Int.max`.
    package var valueCount: Int? { width < UInt(Int.max) ? Int(width) + 1 : .max }
    package var summary: String { "int_uniform \(range.lowerBound) … \(range.upperBound)" }

    private func index(of value: ParameterValue) -> UInt? {
        guard case .int(let value) = ValueIdentity(value), range.contains(value) else { return nil }
        return UInt(bitPattern: value) &- UInt(bitPattern: range.lowerBound)
    }
}
