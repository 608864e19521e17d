package import SweepModel
import SweepSearch

/// Numbers and parameter values as tables show them.
package enum ValueText {
    /// Four significant digits; whole numbers below a million in full; exponents without padding (`1e-5`).
    package static func number(_ value: Double) -> String {
        NumberText.short(value)
    }

    /// The number as it is, for data that programs read.
    package static func exact(_ value: Double) -> String {
        value.isFinite ? value.description : value.isNaN ? "nan" : value > 0 ? "inf" : "-inf"
    }

    /// A parameter's value on one line, fit for a terminal.
    package static func parameter(_ value: ParameterValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .double(let value): number(value)
        case .string(let value): DisplayText.escape(value)
        case .list(let values): "[" + values.map { parameter($0) }.joined(separator: ", ") + "]"
        case .object: DisplayText.escape(value.json(nonFinite: .bare))
        }
    }

    /// A value of a query on one line: as `parameter`, but times and other large numbers with all their digits.
    package static func asked(_ value: ParameterValue) -> String {
        switch value {
        case .null: ""
        case .double(let number) where (1e6..<1e15).contains(number.magnitude):
            number == number.rounded() ? String(Int(number)) : exact(number)
        default: parameter(value)
        }
    }

    /// As `parameter`, with all digits and nothing escaped: for CSV.
    package static func exact(_ value: ParameterValue) -> String {
        switch value {
        case .null: ""
        case .string(let value): value
        case .double(let value): exact(value)
        default: value.json(nonFinite: .bare)
        }
    }

    /// Bytes with a binary unit.
    package static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value.magnitude < 1024 { return "\(unit == "B" ? String(count) : tenths(value)) \(unit)" }
            value /= 1024
        }
        return "\(tenths(value)) TiB"
    }

    /// With one digit after the point.
    static func tenths(_ value: Double) -> String {
        let tenths = Int((value.magnitude * 10).rounded())
        return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }

    /// Digits in groups of three: `1,000,000`.
    package static func count(_ value: Int) -> String {
        var groups: [String] = []
        var rest = value.magnitude
        while rest >= 1000 {
            let group = String(rest % 1000)
            groups.append(String(repeating: "0", count: 3 - group.count) + group)
            rest /= 1000
        }
        return (value < 0 ? "-" : "") + ([String(rest)] + groups.reversed()).joined(separator: ",")
    }

    /// `1 trial`, `2 trials`.
    package static func plural(_ value: Int, _ noun: String) -> String {
        "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
    }
}

extension Array where Element == ParameterValue.Member {
    /// Nested parameters under names joined by dots, in order.
    package var flattened: [(name: String, value: ParameterValue)] {
        var result: [(name: String, value: ParameterValue)] = []
        result.reserveCapacity(count)
        func add(_ members: Parameters, _ prefix: String) {
            for member in members {
                let name = prefix.isEmpty ? member.key : "\(prefix).\(member.key)"
                if case .object(let inner) = member.value, !inner.isEmpty {
                    add(inner, name)
                } else {
                    result.append((name, member.value))
                }
            }
        }
        add(self, "")
        return result
    }
}
