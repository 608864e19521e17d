extension ParameterValue {
    /// How numbers that JSON does not have are written.
    package enum NonFinite: Sendable {
        /// Bare `NaN`, `Infinity`, `-Infinity`, as Python writes and reads them: between our own programs.
        case bare
        /// `null`: for every other reader.
        case null
    }

    /// One line of JSON without spaces. Whole doubles keep their point (`1.0`), so that reading gives the same value.
    package func json(nonFinite: NonFinite = .bare) -> String {
        String(decoding: jsonBytes(nonFinite: nonFinite), as: UTF8.self)
    }

    package func jsonBytes(nonFinite: NonFinite = .bare) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        write(into: &bytes, nonFinite: nonFinite)
        return bytes
    }

    private func write(into bytes: inout [UInt8], nonFinite: NonFinite) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): bytes.append(contentsOf: value.description.utf8)
        case .double(let value) where value.isFinite: bytes.append(contentsOf: value.description.utf8)
        case .double(let value):
            let name = value.isNaN ? "NaN" : value > 0 ? "Infinity" : "-Infinity"
            bytes.append(contentsOf: (nonFinite == .bare ? name : "null").utf8)
        case .string(let value): Self.write(value, into: &bytes)
        case .list(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(into: &bytes, nonFinite: nonFinite)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.key, into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(into: &bytes, nonFinite: nonFinite)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, into bytes: inout [UInt8]) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { text in
            var start = 0
            for (index, byte) in text.enumerated() where mustBeEscaped(byte) {
                bytes.append(contentsOf: text[start..<index])
                escape(byte, into: &bytes)
                start = index + 1
            }
            bytes.append(contentsOf: text[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func mustBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    private static func escape(_ byte: UInt8, into bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
        case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        default:
            bytes.append(contentsOf: "\\u00".utf8)
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
