import SweepModel

/// What an unquoted YAML scalar means.
///
/// Numbers as YAML 1.2 reads them (`1e-5` is one), and the words that W&B's loader takes for booleans (`yes`, `off`).
/// Of YAML 1.1 only what is beyond doubt: `1_000` and `0b101` are numbers, `1:30` and dates are text.
enum PlainScalar {
    /// The value of `text`, and what is to be warned of.
    static func resolve(_ text: String) -> (value: ParameterValue, warning: String?) {
        switch text {
        case "", "~", "null", "Null", "NULL": return (.null, nil)
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return (.bool(true), nil)
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return (.bool(false), nil)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return (.double(.infinity), nil)
        case "-.inf", "-.Inf", "-.INF": return (.double(-.infinity), nil)
        case ".nan", ".NaN", ".NAN": return (.double(.nan), nil)
        default: return number(text) ?? (.string(text), nil)
        }
    }

    private static func number(_ text: String) -> (ParameterValue, String?)? {
        let utf8 = Array(text.utf8)
        guard utf8.count <= 400, let first = utf8.first, first < 0x3A, first != UInt8(ascii: "_") else { return nil }
        let isSigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+")
        let sign = first == UInt8(ascii: "-") ? "-" : ""
        let body = utf8.dropFirst(isSigned ? 1 : 0)
        guard let head = body.first else { return nil }
        if head == UInt8(ascii: "0"), let mark = body.dropFirst().first {
            let radix: Int? =
                switch mark {
                case UInt8(ascii: "x"): 16
                case UInt8(ascii: "o"): 8
                case UInt8(ascii: "b"): 2
                default: nil
                }
            if let radix {
                let digits = String(decoding: body.dropFirst(2).filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
                // Int(_:radix:) would take a second sign.
                guard let digit = digits.utf8.first, digit >= UInt8(ascii: "0") else { return nil }
                return Int(sign + digits, radix: radix).map { (.int($0), nil) }
            }
        }
        guard let shape = Shape(body) else { return nil }
        let digits = sign + String(decoding: body.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
        guard shape == .integer else { return Double(digits).map { (.double($0), nil) } }
        guard let int = Int(digits) else {
            return (.string(text), "\(text.prefix(40)) does not fit into 64 bits, so it is kept as text")
        }
        let leadingZero = head == UInt8(ascii: "0") && body.count > 1
        return (.int(int), leadingZero ? "\(text) is read as the number \(int); W&B would not: quote it for text" : nil)
    }

    /// Which of YAML's decimal forms a text without its sign has; nil: none.
    ///
    /// `[0-9][0-9_]*`, and `(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
    private enum Shape {
        case integer, real

        init?(_ text: ArraySlice<UInt8>) {
            var rest = text
            func digits(_ rest: inout ArraySlice<UInt8>, underscores: Bool) -> Int {
                let run = rest.prefix { (0x30...0x39).contains($0) || underscores && $0 == UInt8(ascii: "_") }
                rest = rest.dropFirst(run.count)
                return run.count
            }
            let whole = rest.first == UInt8(ascii: "_") ? 0 : digits(&rest, underscores: true)
            if whole > 0, rest.isEmpty {
                self = .integer
                return
            }
            if rest.first == UInt8(ascii: ".") {
                rest = rest.dropFirst()
                let fraction = digits(&rest, underscores: false)
                if whole == 0, fraction == 0 { return nil }
            } else if whole == 0 {
                return nil
            }
            if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
                rest = rest.dropFirst()
                if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
                if digits(&rest, underscores: false) == 0 { return nil }
            }
            guard rest.isEmpty else { return nil }
            self = .real
        }
    }
}
