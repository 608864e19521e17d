import SweepModel

/// A sweep file's text to its spec.
package enum SpecParser {
    /// Most bytes of a sweep file.
    package static let maximumSize = YAMLReader.maximumSize

    /// Reads `yaml`; never throws and never traps, whatever the text is.
    ///
    /// - Parameters:
    ///   - strict: what W&B only warns about is an error.
    ///   - folder: the file's folder, absolute: a relative `workdir` is meant from there.
    package static func parse(_ yaml: String, strict: Bool = false, folder: String? = nil) -> SpecResult {
        var log = DiagnosticLog(strict: strict)
        guard let root = YAMLReader.read(yaml, log: &log) else {
            return SpecResult(spec: nil, diagnostics: log.diagnostics)
        }
        var reader = SpecReader(log: log, folder: folder)
        let spec = reader.read(root)
        return SpecResult(spec: reader.log.hasErrors ? nil : spec, diagnostics: reader.log.diagnostics)
    }
}
