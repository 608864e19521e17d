/// A problem of a sweep file: where, what, and the mend.
package struct Diagnostic: Hashable, Sendable {
    package enum Severity: String, Sendable { case error, warning }

    package var severity: Severity
    /// From 1; nil: the file as a whole.
    package var line: Int?
    /// From 1, in characters.
    package var column: Int?
    /// How many characters to underline.
    package var length: Int
    package var message: String
    package var mend: String?

    package init(
        _ severity: Severity, line: Int? = nil, column: Int? = nil, length: Int = 1, message: String,
        mend: String? = nil
    ) {
        self.severity = severity
        self.line = line
        self.column = column
        self.length = length
        self.message = message
        self.mend = mend
    }
}

/// What reading a sweep file gave: a spec when no diagnostic is an error, and every problem of the file.
package struct SpecResult: Sendable {
    package var spec: SweepSpec?
    package var diagnostics: [Diagnostic]

    package init(spec: SweepSpec?, diagnostics: [Diagnostic]) {
        self.spec = spec
        self.diagnostics = diagnostics
    }

    package var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
    package var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }
}
