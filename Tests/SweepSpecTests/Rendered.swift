import SweepModel
import SweepSearch
import SweepSpec
import Testing

/// A file's diagnostics as `severity line:column message | mend`, to compare at a glance.
func problems(_ yaml: String, strict: Bool = false) -> [String] {
    SpecParser.parse(yaml, strict: strict).diagnostics.map { diagnostic in
        let place = diagnostic.line.map { "\($0):\(diagnostic.column ?? 0)" } ?? "-"
        return "\(diagnostic.severity) \(place) \(diagnostic.message)" + (diagnostic.mend.map { " | \($0)" } ?? "")
    }
}

/// A sweep with these parameters, one a line.
func sweep(_ parameters: String..., method: String = "random", more: String = "") -> String {
    "method: \(method)\nprogram: train.py\n\(more)parameters:\n" + parameters.map { "  \($0)\n" }.joined()
}

/// The value that a plain scalar has.
func scalar(_ text: String) -> ParameterValue? {
    let spec = SpecParser.parse(sweep("a: {value: \(text)}")).spec
    return spec?.space.parameters.first?.distribution.value(at: 0)
}
