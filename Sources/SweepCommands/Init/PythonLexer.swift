/// A piece of Python source.
package enum PythonToken: Hashable, Sendable {
    case name(String)
    case string(String)
    /// As it is written.
    case number(String)
    /// An operator or bracket, one character.
    case symbol(Character)
    /// The end of a line outside brackets.
    case newline
}

/// Splits Python source into tokens, as far as it takes to read literals and calls. Never fails: what it does not know
/// becomes a symbol.
package struct PythonLexer {
    private let text: [Character]
    private var position = 0
    private var depth = 0
    private var tokens: [PythonToken] = []

    package static func tokens(_ source: String) -> [PythonToken] {
        var lexer = PythonLexer(text: Array(source))
        lexer.run()
        return lexer.tokens
    }

    private init(text: [Character]) { self.text = text }

    private func peek(_ offset: Int = 0) -> Character? {
        let index = position + offset
        return index < text.count ? text[index] : nil
    }

    private mutating func run() {
        while let character = peek() {
            switch character {
            case "\n", "\r\n", "\r":
                position += 1
                if depth == 0, tokens.last != .newline { tokens.append(.newline) }
            case "\\":
                // A continued line.
                position += 1
                if peek()?.isNewline == true { position += 1 }
            case "#": while let next = peek(), !next.isNewline { position += 1 }
            case "\"", "'": string(isRaw: false)
            case _ where character.isWhitespace: position += 1
            case _ where character.isLetter || character == "_": word()
            case _ where character.isASCII && character.isNumber: number()
            case ".":
                if let next = peek(1), next.isASCII, next.isNumber { number() } else { symbol(character) }
            default: symbol(character)
            }
        }
        tokens.append(.newline)
    }

    private mutating func symbol(_ character: Character) {
        if "([{".contains(character) { depth += 1 }
        if ")]}".contains(character) { depth = max(0, depth - 1) }
        tokens.append(.symbol(character))
        position += 1
    }

    /// A name, or the prefix of a string (`r"…"`, `f'…'`).
    private mutating func word() {
        let start = position
        while let next = peek(), next.isLetter || next.isNumber || next == "_" { position += 1 }
        let word = String(text[start..<position])
        if word.count <= 2, let quote = peek(), quote == "\"" || quote == "'",
            word.lowercased().allSatisfy({ "rbuft".contains($0) })
        {
            string(isRaw: word.lowercased().contains("r"))
        } else {
            tokens.append(.name(word))
        }
    }

    private mutating func number() {
        let start = position
        while let next = peek() {
            if next.isASCII, next.isLetter || next.isNumber || next == "." || next == "_" {
                position += 1
            } else if next == "-" || next == "+", let last = position > start ? text[position - 1] : nil,
                last == "e" || last == "E", !String(text[start..<position]).lowercased().hasPrefix("0x")
            {
                position += 1
            } else {
                break
            }
        }
        tokens.append(.number(String(text[start..<position])))
    }

    /// A string from its quote on; one that is not closed ends with its line, or for a triple quote with the text.
    private mutating func string(isRaw: Bool) {
        guard let quote = peek() else { return }
        let isTriple = peek(1) == quote && peek(2) == quote
        position += isTriple ? 3 : 1
        var value = ""
        while let character = peek() {
            if character == quote {
                if !isTriple {
                    position += 1
                    break
                }
                if peek(1) == quote, peek(2) == quote {
                    position += 3
                    break
                }
            }
            if character.isNewline, !isTriple { break }
            if character == "\\", let next = peek(1) {
                position += 2
                value += Self.escaped(next, isRaw: isRaw)
                continue
            }
            value.append(character)
            position += 1
        }
        // Neighbouring strings are one.
        if case .string(let before)? = tokens.last {
            tokens[tokens.count - 1] = .string(before + value)
        } else {
            tokens.append(.string(value))
        }
    }

    private static func escaped(_ character: Character, isRaw: Bool) -> String {
        if isRaw { return "\\\(character)" }
        switch character {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "\n", "\r\n": return ""
        case "\\", "'", "\"": return String(character)
        default: return "\\\(character)"
        }
    }
}
