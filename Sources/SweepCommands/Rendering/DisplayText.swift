import SweepModel

/// Text of a run, made fit for a terminal: nothing in it can move the cursor, change the colours or hide other text.
package enum DisplayText {
    /// Control characters as `\n`, `\t`, `\x1b`; direction overrides and line separators as `\u{202e}`.
    package static func escape(_ text: String) -> String {
        // The bytes that need a closer look: controls, DEL, and the first bytes of C1 controls, U+20xx and U+FEFF.
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == 0xC2 || $0 == 0xE2 || $0 == 0xEF }) else {
            return text
        }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: result.append(contentsOf: "\\n".unicodeScalars)
            case 0x0D: result.append(contentsOf: "\\r".unicodeScalars)
            case 0x09: result.append(contentsOf: "\\t".unicodeScalars)
            case ..<0x20, 0x7F...0x9F:
                let digits = String(scalar.value, radix: 16)
                result.append(contentsOf: ("\\x" + (digits.count < 2 ? "0" : "") + digits).unicodeScalars)
            case 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Terminal cells that `text` takes.
    package static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + TerminalWidth.of($1) }
    }

    /// At most `limit` cells: the middle of a longer text gives way to the ellipsis.
    package static func truncateMiddle(_ text: String, to limit: Int, ellipsis: String = "…") -> String {
        guard width(text) > limit else { return text }
        let room = limit - width(ellipsis)
        guard room > 0 else { return prefix(text, cells: limit) }
        let head = prefix(text, cells: (room + 1) / 2)
        var tail: [Character] = []
        var used = width(head)
        for character in text.reversed() {
            let cells = TerminalWidth.of(character)
            guard used + cells <= room else { break }
            used += cells
            tail.append(character)
        }
        return head + ellipsis + String(tail.reversed())
    }

    /// At most `limit` cells: the end of a longer text gives way.
    package static func truncateEnd(_ text: String, to limit: Int, ellipsis: String = "…") -> String {
        guard width(text) > limit else { return text }
        let room = limit - width(ellipsis)
        return room > 0 ? prefix(text, cells: room) + ellipsis : prefix(text, cells: limit)
    }

    private static func prefix(_ text: String, cells limit: Int) -> String {
        var result = ""
        var used = 0
        for character in text {
            let cells = TerminalWidth.of(character)
            guard used + cells <= limit else { break }
            used += cells
            result.append(character)
        }
        return result
    }

    /// Filled with spaces up to `cells`.
    package static func pad(_ text: String, to cells: Int, right: Bool = false) -> String {
        let missing = cells - width(text)
        guard missing > 0 else { return text }
        let space = String(repeating: " ", count: missing)
        return right ? space + text : text + space
    }
}
