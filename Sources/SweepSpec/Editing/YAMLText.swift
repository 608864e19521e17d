import SweepModel

/// Values as YAML text that reads back as the same.
enum YAMLText {
    static func document(_ value: ParameterValue) -> String {
        guard let members = value.members else { return flow(value) + "\n" }
        return members.flatMap { entry($0.key, $0.value, indent: 0) }.joined(separator: "\n") + "\n"
    }

    /// An entry of a mapping in lines: what holds mappings in block style, all else in one line.
    static func entry(_ key: String, _ value: ParameterValue, indent: Int) -> [String] {
        let head = String(repeating: " ", count: indent) + text(key) + ":"
        guard let members = value.members, members.contains(where: { $0.value.members?.isEmpty == false }) else {
            return [head + " " + flow(value)]
        }
        return [head] + members.flatMap { entry($0.key, $0.value, indent: indent + 2) }
    }

    static func flow(_ value: ParameterValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .int(let int): String(int)
        case .double(let double): number(double)
        case .string(let string): text(string)
        case .list(let elements): "[" + elements.map(flow).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.map { "\(text($0.key)): \(flow($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return ".nan" }
        if value.isInfinite { return value > 0 ? ".inf" : "-.inf" }
        let text = value.description
        // `1e-05` is a text to YAML 1.1, `1.0e-05` a number to all.
        guard let mark = text.firstIndex(of: "e"), !text.contains(".") else { return text }
        return text[..<mark] + ".0" + text[mark...]
    }

    private static func text(_ string: String) -> String {
        let isWord =
            string.utf8.first.map { isLetter($0) } == true
            && string.utf8.allSatisfy { isLetter($0) || (0x2D...0x39).contains($0) }
        guard isWord, case .string = PlainScalar.resolve(string).value, string.lowercased() != "y",
            string.lowercased() != "n"
        else { return ParameterValue.string(string).json() }
        return string
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_")
    }
}
