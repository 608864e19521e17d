import SweepModel

/// Diagnostics as a terminal shows them.
///
/// ```
/// digits.yaml:14:10: error: parameter 'lr': min 0.1 is not below max 0.01
///     14 |     min: 0.1
///        |          ^~~ swap min and max
/// ```
package enum DiagnosticText {
    /// Longest source line that is shown whole, in terminal columns; of a longer one the part around the problem is.
    private static let width = 100

    /// Every diagnostic of `result`, in lines, each ended.
    ///
    /// - Parameters:
    ///   - file: the file's name as the person gave it.
    ///   - yaml: its text.
    package static func render(_ diagnostics: [Diagnostic], file: String, yaml: String, color: Bool) -> String {
        // A mark at the text's beginning is no character of the first line.
        var scalars = yaml.unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        let source = SourceText(String(scalars))
        return diagnostics.map { render($0, file: file, source: source, color: color) }.joined()
    }

    /// `FILE:LINE:COLUMN: error: MESSAGE (MEND)`, for where there is no room for the source.
    package static func line(_ diagnostic: Diagnostic, file: String) -> String {
        var text = file
        if let line = diagnostic.line { text += ":\(line)" + (diagnostic.column.map { ":\($0)" } ?? "") }
        return text + ": \(diagnostic.severity.rawValue): \(diagnostic.message)"
            + (diagnostic.mend.map { " (\($0))" } ?? "")
    }

    /// `1 error and 2 warnings`; empty when there is none.
    package static func summary(_ diagnostics: [Diagnostic]) -> String {
        let errors = diagnostics.count { $0.severity == .error }
        let warnings = diagnostics.count - errors
        let parts = [(errors, "error"), (warnings, "warning")].compactMap { count, word in
            count == 0 ? nil : "\(count) \(word)\(count == 1 ? "" : "s")"
        }
        return parts.joined(separator: " and ")
    }

    private static func render(_ diagnostic: Diagnostic, file: String, source: SourceText, color: Bool) -> String {
        func paint(_ text: String, _ code: String) -> String { color ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
        let hue = diagnostic.severity == .error ? "1;31" : "1;35"
        let place = [clean(file), diagnostic.line?.description, diagnostic.column?.description].compactMap { $0 }
        let head =
            paint(place.joined(separator: ":") + ":", "1") + " " + paint("\(diagnostic.severity.rawValue):", hue) + " "
            + paint(clean(diagnostic.message), "1")
        guard let number = diagnostic.line, let line = source[line: number] else {
            return head + (diagnostic.mend.map { "; " + clean($0) } ?? "") + "\n"
        }
        let excerpt = excerpt(of: line, column: diagnostic.column ?? 1, length: diagnostic.length)
        let label = String(repeating: " ", count: max(0, 6 - number.description.count)) + number.description
        let gutter = String(repeating: " ", count: label.count)
        let mark = "^" + String(repeating: "~", count: max(0, excerpt.length - 1))
        let mend = diagnostic.mend.map { " " + paint(clean($0), "32") } ?? ""
        return head + "\n\(label) | \(excerpt.text)\n\(gutter) | "
            + String(repeating: " ", count: excerpt.indent) + paint(mark, hue) + mend + "\n"
    }

    /// A line for the terminal: tabs as spaces, control characters as `�`, and where to underline, in terminal columns.
    private static func excerpt(of line: Substring, column: Int, length: Int) -> (
        text: String, indent: Int, length: Int
    ) {
        var text = ""
        var used = 0
        var start: Int?
        var end: Int?
        // What the columns of the text are, from which the part to show is cut.
        var cells: [(text: String, width: Int)] = []
        for (index, character) in line.enumerated() {
            if index == column - 1 { start = used }
            if index == column - 1 + max(1, length) { end = used }
            let shown = character == "\t" ? String(repeating: " ", count: 8 - used % 8) : clean(String(character))
            let width = character == "\t" ? 8 - used % 8 : TerminalWidth.of(character)
            cells.append((shown, width))
            used += width
        }
        var first = start ?? used
        var last = max(first + 1, end ?? max(used, first + 1))
        guard used > width else {
            text = cells.map(\.text).joined()
            return (text, first, last - first)
        }
        let from = max(0, min(first - width / 3, used - width))
        var position = 0
        for cell in cells {
            if position >= from, position + cell.width <= from + width { text += cell.text }
            position += cell.width
        }
        let ellipsis = from > 0 ? "…" : ""
        first = first - from + ellipsis.count
        last = min(last - from + ellipsis.count, width + ellipsis.count)
        return (ellipsis + text + (from + width < used ? "…" : ""), first, max(1, last - first))
    }

    /// Nothing from a file may reach the terminal as a control sequence.
    private static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: scalars.append("\u{FFFD}")
            // Of the format characters those that turn the direction of text.
            case .format where (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value):
                scalars.append("\u{FFFD}")
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
