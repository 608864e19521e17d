/// The problems of a file, as they are found.
struct DiagnosticLog {
    /// Beyond so many a file is not a sweep file at all, and nobody reads on.
    private static let limit = 100

    private var found: [Diagnostic] = []
    private var dropped = 0
    private let strict: Bool
    private(set) var hasErrors = false

    init(strict: Bool) { self.strict = strict }

    mutating func error(_ message: String, at place: Place?, mend: String? = nil) {
        hasErrors = true
        add(.error, message, place, mend)
    }

    /// What W&B warns of, and goes on: an error under `--strict`.
    mutating func warning(_ message: String, at place: Place?, mend: String? = nil) {
        if strict { return error(message, at: place, mend: mend) }
        add(.warning, message, place, mend)
    }

    /// What a person should know though nothing is wrong with the file.
    mutating func note(_ message: String, at place: Place?, mend: String? = nil) {
        add(.warning, message, place, mend)
    }

    private mutating func add(_ severity: Diagnostic.Severity, _ message: String, _ place: Place?, _ mend: String?) {
        guard found.count < Self.limit else {
            dropped += 1
            return
        }
        found.append(
            Diagnostic(
                severity, line: place?.line, column: place?.column, length: place?.length ?? 1, message: message,
                mend: mend))
    }

    /// Nothing more is kept, so nothing need be sought to say.
    var isFull: Bool { found.count >= Self.limit }

    /// All of them in the file's order, those of the file as a whole last.
    var diagnostics: [Diagnostic] {
        let sorted = found.enumerated().sorted { a, b in
            (a.element.line ?? .max, a.element.column ?? 0, a.offset)
                < (b.element.line ?? .max, b.element.column ?? 0, b.offset)
        }.map(\.element)
        guard dropped > 0 else { return sorted }
        return sorted + [Diagnostic(hasErrors ? .error : .warning, message: "and \(dropped) more problems")]
    }
}
