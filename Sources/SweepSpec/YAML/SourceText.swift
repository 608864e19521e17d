/// A file's text by lines, as YAML counts them.
package struct SourceText: Sendable {
    package let lines: [Substring]

    package init(_ text: String) {
        var lines: [Substring] = []
        let scalars = text.unicodeScalars
        var start = scalars.startIndex
        var index = start
        while index < scalars.endIndex {
            let scalar = scalars[index]
            var next = scalars.index(after: index)
            switch scalar {
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
                lines.append(Substring(scalars[start..<index]))
                if scalar == "\r", next < scalars.endIndex, scalars[next] == "\n" { next = scalars.index(after: next) }
                start = next
            default: break
            }
            index = next
        }
        lines.append(Substring(scalars[start...]))
        self.lines = lines
    }

    /// The line numbered `number`, from 1; nil when there is none.
    package subscript(line number: Int) -> Substring? {
        lines.indices.contains(number - 1) ? lines[number - 1] : nil
    }

    /// The column in characters, from 1, of a column in code points (libyaml's), from 1.
    func column(line number: Int, codePoint: Int) -> Int {
        guard let line = self[line: number] else { return max(1, codePoint) }
        return String(line.unicodeScalars.prefix(max(0, codePoint - 1))).count + 1
    }
}

/// A stretch of one line.
package struct Place: Hashable, Sendable {
    /// From 1.
    package var line: Int
    /// From 1, in characters.
    package var column: Int
    /// In characters.
    package var length: Int

    package init(line: Int, column: Int, length: Int = 1) {
        self.line = line
        self.column = column
        self.length = length
    }
}
