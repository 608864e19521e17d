import ArgumentParser
import Glibc
import SweepModel
import SweepSpec
import SweepWire

/// A sweep file from the command line: read, checked, and its problems said.
struct SweepFile: Sendable {
    /// As it was given.
    var path: String
    /// The folder that a relative `workdir` starts from, absolute: the file's own, or the session's where the text comes
    /// from a pipe.
    var folder: String
    /// Where the file lies, absolute, so that the controller finds the same folder; `-` where the text comes from a pipe.
    var place: String
    var text: String
    var spec: SweepSpec

    /// - Throws: `SweepError` when the file cannot be read or its sweep cannot be started; exit code 64 when it has errors,
    ///   which were said.
    init(_ path: String, strict: Bool, _ session: Session, _ style: Style) throws {
        self.path = path
        text = try SpecFile.read(path: Self.resolve(path, session))
        (folder, place) = Self.place(path, session)
        let result = SpecParser.parse(text, strict: strict, folder: folder)
        let problem = result.spec.flatMap { Self.preview($0, count: 1, session).problem }
        // Where a warning says already why it cannot be started, the error does.
        let diagnostics = result.diagnostics.filter { $0.message != problem?.message }
        if !diagnostics.isEmpty {
            session.talk.write(DiagnosticText.render(diagnostics, file: path, yaml: text, color: style.colours))
        }
        guard let spec = result.spec, result.errors.isEmpty else {
            session.say(DiagnosticText.summary(result.diagnostics))
            throw ExitCode(64)
        }
        self.spec = spec
        if let problem { throw problem }
        if let missing = MissingProgram(spec.launch, folder: folder, session) {
            session.say("\(style.paint("warning:", .yellow)) \(missing.message)")
            session.say("\(style.paint("help:", .cyan)) \(missing.remedy)")
        }
    }

    /// What a file searches, for commands that start no trial: it needs no program.
    ///
    /// - Throws: `SweepError` when the file cannot be read; exit code 64 when it has errors, which were said.
    static func search(_ path: String, _ session: Session, _ style: Style) throws -> SweepSpec {
        let text = try SpecFile.read(path: resolve(path, session))
        let result = SpecParser.parse(text)
        guard let spec = result.spec, result.errors.isEmpty else {
            session.talk.write(DiagnosticText.render(result.diagnostics, file: path, yaml: text, color: style.colours))
            session.say(DiagnosticText.summary(result.diagnostics))
            throw ExitCode(64)
        }
        return spec
    }

    /// The file's commands as an agent of this machine would run them.
    static func preview(_ spec: SweepSpec, seed: UInt64 = 0, count: Int, _ session: Session) -> SpecPreview {
        SpecPreview(
            of: spec, seed: seed, count: count, environment: session.environment,
            interpreter: ProgramSearch(session).interpreter)
    }

    /// `-` is standard input; a relative path starts from the session's directory.
    static func resolve(_ path: String, _ session: Session) -> String {
        if path == "-" { return "/dev/stdin" }
        return path.hasPrefix("/") ? path : "\(session.directory)/\(path)"
    }

    /// The file's folder and the file in it, absolute; of a pipe the session's directory and `-`.
    static func place(_ path: String, _ session: Session) -> (folder: String, place: String) {
        let whole = resolve(path, session)
        guard path != "-", FileFacts(whole)?.isFile == true,
            let folder = SpecFile.folder(of: whole), let name = whole.split(separator: "/").last
        else { return (session.directory, "-") }
        return (folder, folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)")
    }
}
