package import SweepModel

/// One YAML key that a law takes, beside `distribution`.
package struct DistributionKey: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// An int or a double that is finite; booleans and strings are no numbers.
        case number
        /// An int as it is written: `5`, not `5.0`.
        case integer
        case list
        case any
    }

    package let name: String
    package let kind: Kind
    /// What the key means when it is left out; nil: it must be given.
    package let defaultValue: ParameterValue?

    package init(_ name: String, _ kind: Kind, default defaultValue: ParameterValue? = nil) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
    }

    package var isRequired: Bool { defaultValue == nil }
}

extension DistributionKey {
    package static let value = DistributionKey("value", .any)
    package static let values = DistributionKey("values", .list)
    package static let probabilities = DistributionKey("probabilities", .list)
    package static let min = DistributionKey("min", .number)
    package static let max = DistributionKey("max", .number)
    package static let integerMin = DistributionKey("min", .integer)
    package static let integerMax = DistributionKey("max", .integer)
    package static let q = DistributionKey("q", .number, default: 1.0)
    package static let mu = DistributionKey("mu", .number, default: 0.0)
    package static let sigma = DistributionKey("sigma", .number, default: 1.0)
    package static let a = DistributionKey("a", .number, default: 1.0)
    package static let b = DistributionKey("b", .number, default: 1.0)
}

/// What is wrong with the keys of one parameter, and the mend.
package struct DistributionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The key to point at; nil: the parameter as a whole.
    package var key: String?
    package var message: String
    package var mend: String?

    package init(key: String?, _ message: String, mend: String? = nil) {
        self.key = key
        self.message = message
        self.mend = mend
    }

    package var description: String { mend.map { "\(message); \($0)" } ?? message }
}
