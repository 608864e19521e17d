package import SweepModel

/// What makes two values the same point of a grid: whole doubles are ints (`1` and `1.0`), `true`, `1` and `'1'` differ,
/// the order of an object's members does not count, and NaN is itself.
package enum ValueIdentity: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(UInt64)
    // Bytes: two spellings of é are two values to a program, though Swift's == says they are one.
    case string([UInt8])
    case list([ValueIdentity])
    case object([[UInt8]: ValueIdentity])

    package init(_ value: ParameterValue) {
        switch value {
        case .null: self = .null
        case .bool(let bool): self = .bool(bool)
        case .int(let int): self = .int(int)
        case .double(let double):
            if let int = Int(exactly: double) {
                self = .int(int)
            } else {
                self = .double(double.isNaN ? Double.nan.bitPattern : double.bitPattern)
            }
        case .string(let string): self = .string(Array(string.utf8))
        case .list(let elements): self = .list(elements.map(ValueIdentity.init))
        case .object(let members):
            self = .object(
                Dictionary(members.map { (Array($0.key.utf8), ValueIdentity($0.value)) }) { _, last in last })
        }
    }
}

extension ParameterValue {
    /// Whether a grid takes both for one value.
    package func isSame(as other: ParameterValue) -> Bool { ValueIdentity(self) == ValueIdentity(other) }
}
