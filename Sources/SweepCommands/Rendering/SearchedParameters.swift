import SweepSearch
package import SweepSpec

/// Which parameters of a sweep can differ at all: what tables show even where the rows at hand happen to agree.
package enum SearchedParameters {
    /// Their names; empty when the file cannot be read (of a newer version, say).
    package static func names(_ yaml: String?) -> Set<String> {
        guard let yaml, let spec = SpecParser.parse(yaml).spec else { return [] }
        return names(spec)
    }

    package static func names(_ spec: SweepSpec) -> Set<String> {
        Set(spec.space.parameters.filter { $0.distribution.valueCount != 1 }.map(\.name))
    }
}
