import ArgumentParser
import SweepModel
import SweepSpec

/// A sweep file from the command line: read, checked, and its problems said.
struct SweepFile: Sendable {
    /// As it was given.
    var path: String
    var text: String
    var spec: SweepSpec
    var warnings: [Diagnostic]

    /// - Throws: `SweepError` when the file cannot be read or cannot be searched; exit code 64 when it has errors, which were
    ///   said.
    init(_ path: String, strict: Bool, _ session: Session, _ style: Style) throws {
        self.path = path
        text = try SpecFile.read(path: Self.resolve(path, session))
        let result = SpecParser.parse(text, strict: strict)
        warnings = result.warnings
        if !result.diagnostics.isEmpty {
            session.talk.write(
                DiagnosticText.render(result.diagnostics, file: path, yaml: text, color: style.colours))
        }
        guard let spec = result.spec, result.errors.isEmpty else {
            session.say(DiagnosticText.summary(result.diagnostics))
            throw ExitCode(64)
        }
        self.spec = spec
    }

    /// `-` is standard input; a relative path starts from the session's directory.
    static func resolve(_ path: String, _ session: Session) -> String {
        if path == "-" { return "/dev/stdin" }
        return path.hasPrefix("/") ? path : "\(session.directory)/\(path)"
    }
}
