/// Comma-separated values as RFC 4180 has them, with line feeds.
package enum CSVText {
    package static func append(_ fields: [String], to text: inout String) {
        for (index, field) in fields.enumerated() {
            if index > 0 { text.append(",") }
            append(field, to: &text)
        }
        text.append("\n")
    }

    /// Quoted where it must be. Control characters other than line ends and tabs are escaped as in tables: the file may
    /// well be shown on a terminal.
    private static func append(_ field: String, to text: inout String) {
        var needsQuotes = false
        var needsEscape = false
        for byte in field.utf8 {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D: needsQuotes = true
            case 0x09: break
            case ..<0x20, 0x7F, 0xC2, 0xE2, 0xEF: needsEscape = true
            default: break
            }
        }
        let field = needsEscape ? escapingControls(field) : field
        guard needsQuotes else {
            text.append(field)
            return
        }
        text.append("\"")
        for character in field.unicodeScalars {
            if character == "\"" { text.unicodeScalars.append(character) }
            text.unicodeScalars.append(character)
        }
        text.append("\"")
    }

    private static func escapingControls(_ field: String) -> String {
        var result = ""
        for character in field {
            result +=
                character == "\n" || character == "\t" || character == "\r\n"
                ? String(character) : DisplayText.escape(String(character))
        }
        return result
    }
}
