import SweepModel
import SweepSpec
import Testing

@Suite struct DiagnosticTextTests {
    private func render(_ yaml: String, _ diagnostic: Diagnostic, color: Bool = false) -> String {
        DiagnosticText.render([diagnostic], file: "f.yaml", yaml: yaml, color: color)
    }

    @Test func `a diagnostic shows its line, the place and the mend`() {
        #expect(
            render(
                "a\n    min: 0.1",
                Diagnostic(.error, line: 2, column: 10, length: 3, message: "min is not below max", mend: "swap them"))
                    == """
                    f.yaml:2:10: error: min is not below max
                         2 |     min: 0.1
                           |          ^~~ swap them

                    """)
    }

    @Test func `one without a place has one line`() {
        #expect(
            render("", Diagnostic(.warning, message: "no program", mend: "add one"))
                == "f.yaml: warning: no program; add one\n")
    }

    @Test func `wide characters and tabs keep the mark in its place`() {
        #expect(
            render("日本\té👩‍👩‍👧x", Diagnostic(.error, line: 1, column: 6, message: "m"))
                == "f.yaml:1:6: error: m\n     1 | 日本    é👩‍👩‍👧x\n       |            ^\n")
    }

    @Test func `a long line is cut around the place`() {
        let text = String(repeating: "a", count: 300) + "X" + String(repeating: "b", count: 300)
        let lines = render(text, Diagnostic(.error, line: 1, column: 301, message: "m")).split(separator: "\n")
        #expect(lines[1].count < 120)
        let column = lines[2].distance(from: lines[2].startIndex, to: lines[2].firstIndex(of: "^") ?? lines[2].endIndex)
        #expect(lines[1].dropFirst(column).first == "X")
    }

    @Test func `a file cannot send control sequences to the terminal`() {
        let text = render(
            "a: \u{1B}[31m\u{202E}", Diagnostic(.error, line: 1, column: 1, message: "key '\u{1B}[2J'", mend: "\u{9B}x")
        )
        #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" || $0 == "\u{202E}" })
    }

    @Test func `color is added around the same text`() {
        let diagnostic = Diagnostic(.error, line: 1, column: 1, length: 2, message: "m", mend: "do")
        let colored = render("ab", diagnostic, color: true)
        #expect(colored.contains("\u{1B}[1;31merror:\u{1B}[0m"))
        #expect(colored.replacing(/\u{1B}\[[0-9;]*m/, with: "") == render("ab", diagnostic))
    }

    @Test func `a place outside the text does not trap`() {
        for (line, column, length) in [(0, 0, 0), (-1, -5, -1), (99, 1, 1), (1, 99, 99), (1, Int.max / 2, 5)] {
            let text = render("ab", Diagnostic(.error, line: line, column: column, length: length, message: "m"))
            #expect(text.hasPrefix("f.yaml:"))
        }
    }

    @Test func `the summary counts`() {
        #expect(DiagnosticText.summary([]) == "")
        #expect(DiagnosticText.summary([Diagnostic(.error, message: "")]) == "1 error")
        #expect(
            DiagnosticText.summary([
                Diagnostic(.error, message: ""), Diagnostic(.warning, message: ""), Diagnostic(.warning, message: ""),
            ]) == "1 error and 2 warnings")
    }
}
