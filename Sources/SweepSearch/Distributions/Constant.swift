package import SweepModel

/// One value, always.
package struct Constant: Distribution {
    package static let name = "constant"
    package static let keys: [DistributionKey] = [.value]

    package let value: ParameterValue

    package init(_ value: ParameterValue) { self.value = value }

    package init(fields: DistributionFields) throws(DistributionError) { value = try fields.value(.value) }

    package func value(at u: Double) -> ParameterValue { value }

    package func position(of value: ParameterValue) -> Double? { value.isSame(as: self.value) ? 0.5 : nil }

    package var gridAxis: GridAxis? {
        let value = value
        return GridAxis(count: 1, valueAt: { _ in value }, indexOf: { $0.isSame(as: value) ? 0 : nil })
    }

    package var valueCount: Int? { 1 }
    package var summary: String { "constant \(value.json())" }
}
