import SweepModel

/// What reading a parameter's keys gave: a law when there is no problem, and every problem at once.
package struct DistributionReading: Sendable {
    package var distribution: (any Distribution)?
    package var problems: [DistributionError]
    /// What works, and W&B warns of.
    package var warnings: [DistributionError]

    package init(
        distribution: (any Distribution)? = nil, problems: [DistributionError] = [], warnings: [DistributionError] = []
    ) {
        self.distribution = distribution
        self.problems = problems
        self.warnings = warnings
    }
}

extension BuiltIns {
    /// The law of a parameter.
    ///
    /// - Parameters:
    ///   - name: what stands under `distribution`; nil: the law follows from the keys, as W&B's server infers it.
    ///   - fields: the other keys.
    package static func distribution(named name: String?, fields: DistributionFields) -> DistributionReading {
        let law: any Distribution.Type
        if let name {
            guard let named = distribution(named: name) else { return unknown(name) }
            // W&B spells the weighted one differently; `categorical` with probabilities can mean nothing else.
            law = named == Categorical.self && fields[.probabilities] != nil ? CategoricalWithProbabilities.self : named
        } else {
            switch inferred(from: fields) {
            case .success(let inferred): law = inferred
            case .failure(let problem): return DistributionReading(problems: [problem])
            }
        }
        var problems = problems(of: fields, for: law)
        guard problems.isEmpty else { return DistributionReading(problems: problems) }
        do {
            let distribution = try law.init(fields: fields)
            return DistributionReading(distribution: distribution, warnings: distribution.caution.map { [$0] } ?? [])
        } catch {
            problems.append(error)
            return DistributionReading(problems: problems)
        }
    }

    /// The law that is meant when `distribution` is left out: two ints are an int_uniform, a double makes it uniform.
    private static func inferred(from fields: DistributionFields) -> Result<any Distribution.Type, DistributionError> {
        func has(_ key: DistributionKey) -> Bool { fields[key] != nil }
        switch (has(.value), has(.values), has(.min) || has(.max)) {
        case (true, false, false): return .success(Constant.self)
        case (false, true, false):
            return .success(has(.probabilities) ? CategoricalWithProbabilities.self : Categorical.self)
        case (false, false, true):
            if has(.q) {
                return .failure(
                    DistributionError(
                        key: "q", "q needs a distribution",
                        mend: "add 'distribution: q_uniform' (or q_log_uniform_values)"))
            }
            if case .int? = fields[.min] ?? fields[.max], case .int? = fields[.max] ?? fields[.min] {
                return .success(IntUniform.self)
            }
            return .success(Uniform.self)
        case (false, false, false):
            let mend =
                has(.mu) || has(.sigma)
                ? "add 'distribution: normal'"
                : has(.a) || has(.b) ? "add 'distribution: beta'" : "give 'value', 'values', or 'min' and 'max'"
            return .failure(DistributionError(key: nil, "it has no values", mend: mend))
        default:
            let keys = ["value", "values", "min", "max"].filter { fields.values[$0] != nil }
            return .failure(
                DistributionError(
                    key: keys.last, "\(keys.joined(separator: " and ")) exclude each other",
                    mend: "keep 'value', or 'values', or 'min' and 'max'"))
        }
    }

    /// Keys that are missing, unknown to the law, or of the wrong kind.
    private static func problems(
        of fields: DistributionFields, for law: any Distribution.Type
    ) -> [DistributionError] {
        let missing = law.keys.filter { $0.isRequired && fields[$0] == nil }.map { key in
            DistributionError(key: nil, "\(key.name) is missing", mend: "\(law.name) needs \(needs(of: law))")
        }
        let wrong = law.keys.compactMap { key in
            fields[key].flatMap { DistributionFields.problem(of: $0, as: key) }
        }
        let names = Set(law.keys.map(\.name))
        let unknown = fields.values.keys.filter { !names.contains($0) }.sorted().map { key in
            DistributionError(
                key: key, "\(law.name) has no key '\(key)'",
                mend: key == "q" && distribution(named: "q_\(law.name)") != nil
                    ? "use 'distribution: q_\(law.name)'"
                    : "it takes \(law.keys.map(\.name).joined(separator: ", "))")
        }
        return missing + wrong + unknown
    }

    private static func needs(of law: any Distribution.Type) -> String {
        law.keys.filter(\.isRequired).map(\.name).joined(separator: " and ")
    }

    private static func unknown(_ name: String) -> DistributionReading {
        func letters(_ name: String) -> String { name.lowercased().filter { $0 != "_" && $0 != "-" } }
        // Closures: a key path to a static member of an existential metatype crashes the compiler (Swift 6.3.1).
        let names = distributions.map { $0.name }
        let close = names.first { letters($0) == letters(name) }
        return DistributionReading(problems: [
            DistributionError(
                key: "distribution", "there is no distribution '\(name.prefix(60))'",
                mend: close.map { "use '\($0)'" } ?? "use one of \(names.joined(separator: ", "))")
        ])
    }
}
