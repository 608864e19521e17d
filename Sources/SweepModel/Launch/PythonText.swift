/// Values as Python writes them: what a training script's command line is made of.
package enum PythonText {
    /// `str(value)`: `True`, `None`, `1e-05`, `[1, 2.5, 'x']`.
    package static func str(_ value: ParameterValue) -> String {
        if case .string(let text) = value { return text }
        return repr(value)
    }

    /// `repr(value)`: like `str`, with strings quoted.
    package static func repr(_ value: ParameterValue) -> String {
        var text = ""
        writeRepr(value, into: &text)
        return text
    }

    /// `json.dumps(value)`: with a space after `,` and `:`, and nothing but ASCII.
    package static func jsonDumps(_ value: ParameterValue) -> String {
        var text = ""
        writeJSON(value, into: &text)
        return text
    }

    /// `repr` of a float: the fewest digits that give the number back, with an exponent below 1e-4 and from 1e16 on
    /// (CPython's `float_repr_style` short, format code `r`).
    package static func repr(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        // Swift finds the same shortest digits; only the layout around them differs.
        let (digits, point) = shortestDigits(value.magnitude)
        if point <= -4 || point > 16 {
            let exponent = point - 1
            let mantissa = digits.count > 1 ? "\(digits.prefix(1)).\(digits.dropFirst())" : digits
            let magnitude = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
            return "\(sign)\(mantissa)e\(exponent < 0 ? "-" : "+")\(magnitude)"
        }
        if point <= 0 { return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)" }
        if digits.count <= point {
            return "\(sign)\(digits)\(String(repeating: "0", count: point - digits.count)).0"
        }
        return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
    }

    /// The significant digits of a finite `value` ≥ 0, without zeros at either end, and where the point stands:
    /// value = 0.DIGITS × 10^point.
    private static func shortestDigits(_ value: Double) -> (digits: String, point: Int) {
        var digits = ""
        var point: Int?
        var exponent = 0
        let text = value.description
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case ".": point = digits.count
            case "e", "E":
                exponent = Int(rest.drop { $0 == "+" }) ?? 0
                rest = ""
            default: digits.append(character)
            }
        }
        let leading = digits.prefix { $0 == "0" }.count
        let significant = digits.dropFirst(leading)
        let trailing = significant.reversed().prefix { $0 == "0" }.count
        guard leading < digits.count else { return ("0", 1) }
        return (String(significant.dropLast(trailing)), (point ?? digits.count) - leading + exponent)
    }

    // MARK: repr

    private static func writeRepr(_ value: ParameterValue, into text: inout String) {
        switch value {
        case .null: text += "None"
        case .bool(let value): text += value ? "True" : "False"
        case .int(let value): text += value.description
        case .double(let value): text += repr(value)
        case .string(let value): writeRepr(value, into: &text)
        case .list(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += ", " }
                writeRepr(element, into: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += ", " }
                writeRepr(member.key, into: &text)
                text += ": "
                writeRepr(member.value, into: &text)
            }
            text += "}"
        }
    }

    /// Python prefers single quotes, and takes double ones for a text that has single ones only.
    private static func writeRepr(_ string: String, into text: inout String) {
        let scalars = string.unicodeScalars
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        text.unicodeScalars.append(quote)
        for scalar in scalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case quote:
                text += "\\"
                text.unicodeScalars.append(quote)
            case _ where isPrintable(scalar): text.unicodeScalars.append(scalar)
            default:
                switch scalar.value {
                case ..<0x100: text += "\\x" + hexadecimal(scalar.value, width: 2)
                case ..<0x10000: text += "\\u" + hexadecimal(scalar.value, width: 4)
                default: text += "\\U" + hexadecimal(scalar.value, width: 8)
                }
            }
        }
        text.unicodeScalars.append(quote)
    }

    /// `str.isprintable` of one character: everything but "Other" and "Separator", and the space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value >= 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    // MARK: JSON

    private static func writeJSON(_ value: ParameterValue, into text: inout String) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += value.description
        case .double(let value) where value.isFinite: text += repr(value)
        case .double(let value): text += value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
        case .string(let value): writeJSON(value, into: &text)
        case .list(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += ", " }
                writeJSON(element, into: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += ", " }
                writeJSON(member.key, into: &text)
                text += ": "
                writeJSON(member.value, into: &text)
            }
            text += "}"
        }
    }

    private static func writeJSON(_ string: String, into text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{08}": text += "\\b"
            case "\u{0C}": text += "\\f"
            case " "..."~": text.unicodeScalars.append(scalar)
            default: for unit in String(scalar).utf16 { text += "\\u" + hexadecimal(UInt32(unit), width: 4) }
            }
        }
        text += "\""
    }

    private static func hexadecimal(_ value: UInt32, width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
