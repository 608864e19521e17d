package import SweepModel

/// Any of a list of values, each equally likely: `values[ceil(u · n) - 1]`.
package struct Categorical: Distribution {
    package static let name = "categorical"
    package static let keys: [DistributionKey] = [.values]

    /// As given: a value that occurs twice is drawn twice as often.
    package let values: [ParameterValue]
    /// Where each different value occurs first.
    private let firstIndices: [ValueIdentity: Int]

    /// - Throws: when `values` is empty.
    package init(_ values: [ParameterValue]) throws(DistributionError) {
        try self.init(fields: ["values": .list(values)])
    }

    package init(fields: DistributionFields) throws(DistributionError) {
        values = try fields.choices()
        firstIndices = Dictionary(values.indices.map { [values] in (ValueIdentity(values[$0]), $0) }) { first, _ in
            first
        }
    }

    package func value(at u: Double) -> ParameterValue {
        // W&B's formula gives the last value at u = 0 (index -1); here it is the first.
        let index = Int((u.clampedToUnit * Double(values.count)).rounded(.up)) - 1
        return values[min(max(index, 0), values.count - 1)]
    }

    package func position(of value: ParameterValue) -> Double? {
        firstIndices[ValueIdentity(value)].map { (Double($0) + 0.5) / Double(values.count) }
    }

    /// Every different value, in the order of its first occurrence.
    package var gridAxis: GridAxis? {
        let values = firstIndices.values.sorted().map { self.values[$0] }
        let indices = Dictionary(values.indices.map { (ValueIdentity(values[$0]), $0) }) { first, _ in first }
        return GridAxis(
            count: values.count, valueAt: { values[min(max($0, 0), values.count - 1)] },
            indexOf: { indices[ValueIdentity($0)] })
    }

    package var valueCount: Int? { firstIndices.count }

    package var summary: String {
        let shown = values.prefix(6).map(DistributionFields.text).joined(separator: ", ")
        return "categorical \(shown)\(values.count > 6 ? ", … (\(values.count) values)" : "")"
    }
}
