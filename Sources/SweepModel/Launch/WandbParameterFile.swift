/// The file of `WANDB_SWEEP_PARAM_PATH`, from which `wandb.init()` takes its config: YAML 1.1 as PyYAML reads it, so a
/// float has a point before its exponent (`1.0e-05`; PyYAML takes `1e-05` for text).
package enum WandbParameterFile {
    package static func text(_ parameters: Parameters) -> String {
        var text = "wandb_version: 1\n"
        if !parameters.isEmpty { text += "\n" }
        for member in parameters {
            text += "\(scalar(member.key)):\n"
            write(member.value, key: "value", indent: 2, into: &text)
        }
        return text
    }

    private static func write(_ value: ParameterValue, key: String, indent: Int, into text: inout String) {
        text += String(repeating: " ", count: indent) + key + ":"
        guard let members = value.members, !members.isEmpty else {
            text += " \(flow(value))\n"
            return
        }
        text += "\n"
        for member in members { write(member.value, key: scalar(member.key), indent: indent + 2, into: &text) }
    }

    private static func flow(_ value: ParameterValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .int(let int): String(int)
        case .double(let double): float(double)
        case .string(let string): scalar(string)
        case .list(let items): "[" + items.map(flow).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.map { "\(scalar($0.key)): \(flow($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    private static func float(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? ".nan" : value > 0 ? ".inf" : "-.inf" }
        let text = value.description
        guard let exponent = text.firstIndex(of: "e"), !text[..<exponent].contains(".") else { return text }
        return text[..<exponent] + ".0" + text[exponent...]
    }

    /// Plain where no YAML reader can take it for anything but text; quoted as JSON does otherwise.
    private static func scalar(_ text: String) -> String {
        let words: Set = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"]
        let isPlain =
            text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/"):
                    true
                default: false
                }
            } && (text.utf8.first.map { $0 >= UInt8(ascii: "A") } ?? false) && !words.contains(text.lowercased())
        return isPlain ? text : ParameterValue.string(text).json()
    }
}
