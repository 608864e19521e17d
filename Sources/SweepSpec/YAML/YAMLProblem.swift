import SweepModel
import Yams

/// What libyaml says of a malformed text, in words that tell a person what to do.
enum YAMLProblem {
    static func report(_ error: any Error, source: SourceText, log: inout DiagnosticLog) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _):
            let place = Place(line: mark.line, column: source.column(line: mark.line, codePoint: mark.column))
            // What is open here often began far above.
            let start = context.flatMap {
                $0.mark.line < mark.line ? ", \($0.text) that begins in line \($0.mark.line)" : nil
            }
            log.error(
                "malformed YAML: \(problem)\(start ?? "")", at: clamped(place, to: source),
                mend: mend(problem, place, source))
        case YamlError.composer(_, let problem, let mark, _):
            let place = Place(line: mark.line, column: source.column(line: mark.line, codePoint: mark.column))
            let isSecondDocument = problem.contains("another document")
            log.error(
                isSecondDocument ? "a second document begins here" : "malformed YAML: \(problem)",
                at: clamped(place, to: source),
                mend: isSecondDocument ? "a sweep file holds one: take the '---' away, or make two files" : nil)
        case YamlError.reader(let problem, _, _, _): log.error("unreadable text: \(problem)", at: nil)
        default: log.error("malformed YAML", at: nil)
        }
    }

    /// libyaml reports the end of the text as a line that no editor shows.
    private static func clamped(_ place: Place, to source: SourceText) -> Place {
        guard place.line > source.lines.count || source[line: place.line]?.isEmpty == true else { return place }
        guard let last = source.lines.prefix(place.line).lastIndex(where: { !$0.isEmpty }) else { return place }
        return Place(line: last + 1, column: source.lines[last].count + 1)
    }

    private static func mend(_ problem: String, _ place: Place, _ source: SourceText) -> String? {
        let line = source[line: place.line] ?? ""
        if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") { return "indent with spaces, not with tabs" }
        switch problem {
        case let problem where problem.contains("mapping values are not allowed"):
            return "check the indentation, or quote a text that has ': ' in it"
        case let problem where problem.contains("cannot start any token"):
            return "quote a text that begins with @, ` or %"
        case let problem where problem.contains("expected key") || problem.contains("block end"):
            return "check the indentation of this line and of the one before"
        case let problem where problem.contains("expected ':'"): return "write 'name: value', with a space after ':'"
        case let problem where problem.contains("',' or"): return "check the commas and the closing bracket"
        case let problem where problem.contains("end of stream"): return "close the quote or bracket that is open here"
        case let problem where problem.contains("escape"): return "use single quotes where a backslash is meant"
        default: return nil
        }
    }
}
