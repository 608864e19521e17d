/// A parameter's value, or any JSON value: what YAML, JSON and a Python script can say to each other.
///
/// Unlike Foundation's JSON it tells `1` from `1.0` (the script's command line shows the difference), keeps the order
/// of an object's members, and holds NaN and the infinities (Python writes them bare).
package enum ParameterValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case list([ParameterValue])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: ParameterValue

        package init(_ key: String, _ value: ParameterValue) {
            self.key = key
            self.value = value
        }
    }

    /// The number that this value is; nil for anything else. Booleans are not numbers.
    package var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The member `key` of an object; nil when there is none, or this is no object.
    package subscript(key: String) -> ParameterValue? {
        members?.last { $0.key == key }?.value
    }
}

extension ParameterValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: ParameterValue...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, ParameterValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

/// The parameters of one trial in the order in which they reach the command line. Nested parameters are objects.
package typealias Parameters = [ParameterValue.Member]
