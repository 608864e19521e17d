import SweepModel
import SweepSearch

/// A parameter as it was read, with what later checks point at.
struct ReadParameter {
    var parameter: Parameter
    /// Of its name.
    var place: Place
    /// How many values stand in its list; nil: it is no plain list.
    var listLength: Int?
    /// Its own `when`, and those of the groups around it.
    var conditions: [(entry: YAMLNode.Entry, level: [String])]
}

extension SpecReader {
    private static let parameterKeys = [
        "distribution", "value", "values", "min", "max", "q", "mu", "sigma", "a", "b", "probabilities", "parameters",
        "when",
    ]

    /// `parameters`, flattened: by name at each level of nesting, in the order of code points, as W&B has them.
    mutating func readParameters(method: String?) -> [ReadParameter] {
        guard let entry = top["parameters"] else {
            log.error(
                "'parameters' is missing", at: nil, mend: "add 'parameters: {lr: {min: 0.0001, max: 0.1}}'")
            return []
        }
        guard let entries = entry.value.entries, !entries.isEmpty else {
            log.error(
                "'parameters' must be a mapping with at least one parameter, but it is "
                    + (entry.value.entries == nil ? entry.value.kind : "empty"), at: entry.keyPlace,
                mend: "add a parameter: 'lr: {min: 0.0001, max: 0.1}'")
            return []
        }
        var parameters: [ReadParameter] = []
        for entry in Self.sorted(entries) { read(entry, level: [], conditions: [], into: &parameters) }
        if method == "grid" { checkGrid(parameters) }
        resolveConditions(&parameters)
        return parameters
    }

    private static func sorted(_ entries: [YAMLNode.Entry]) -> [YAMLNode.Entry] {
        entries.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
    }

    private mutating func read(
        _ entry: YAMLNode.Entry, level: [String], conditions: [(entry: YAMLNode.Entry, level: [String])],
        into parameters: inout [ReadParameter]
    ) {
        let path = level + [entry.key]
        let name = path.joined(separator: ".")
        guard let fields = entry.value.entries else {
            let short = entry.value.text?.prefix(40) ?? "…"
            log.error(
                "parameter '\(name)' must be a mapping, but it is \(entry.value.kind)", at: entry.value.place,
                mend: entry.value.elements == nil
                    ? "write 'value: \(short)' under it" : "write 'values: […]' under it")
            return
        }
        checkName(entry)
        var conditions = conditions
        if let when = fields.first(where: { $0.key == "when" }) { conditions.append((when, level)) }
        if let nested = fields.first(where: { $0.key == "parameters" }) {
            for field in fields where field.key != "parameters" && field.key != "when" {
                log.error(
                    "parameter '\(name)': nested parameters have no key '\(field.key.prefix(60))'",
                    at: field.keyPlace, mend: "move it below 'parameters', or take it away")
            }
            guard let children = nested.value.entries, !children.isEmpty else {
                log.error(
                    "parameter '\(name)': its 'parameters' must be a mapping with at least one parameter",
                    at: nested.keyPlace)
                return
            }
            for child in Self.sorted(children) {
                read(child, level: path, conditions: conditions, into: &parameters)
            }
            return
        }
        guard let distribution = distribution(name, entry, fields) else { return }
        let values = fields.first { $0.key == "values" }?.value.elements?.count
        parameters.append(
            ReadParameter(
                parameter: Parameter(path: path, distribution: distribution), place: entry.keyPlace,
                listLength: values, conditions: conditions))
    }

    /// W&B reports such names and uses them.
    private mutating func checkName(_ entry: YAMLNode.Entry) {
        let isGood = entry.key.utf8.enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"): index > 0
            default: false
            }
        }
        if !isGood {
            log.warning(
                "the parameter's name '\(entry.key.prefix(60))' has a character that W&B does not take",
                at: entry.keyPlace, mend: "use letters, digits, '_', '.' and '-', a letter first")
        }
    }

    /// The law under a parameter's name; nil when the log says why not. W&B refuses a parameter with a key too many.
    private mutating func distribution(
        _ name: String, _ entry: YAMLNode.Entry, _ fields: [YAMLNode.Entry]
    ) -> (any Distribution)? {
        var law: String?
        var values: [String: ParameterValue] = [:]
        var isGood = true
        for field in fields {
            // Only a value is ever a mapping; any other key with a law under it is a parameter in the wrong place.
            let isParameter = field.value.entries?.contains { Self.parameterKeys.contains($0.key) } ?? false
            switch field.key {
            case "when": continue
            case "distribution":
                law = field.value.text
                if law == nil {
                    log.error("parameter '\(name)': 'distribution' is \(field.value.kind)", at: field.value.place)
                    isGood = false
                }
            case _ where Self.parameterKeys.contains(field.key) && (field.key == "value" || !isParameter):
                values[field.key] = field.value.value
            default:
                isGood = false
                log.error(
                    "parameter '\(name)' has no key '\(field.key.prefix(60))'", at: field.keyPlace,
                    mend: isParameter
                        ? "is it a parameter of its own? indent it like '\(entry.key.prefix(40))'"
                        : Spelling.nearest(to: field.key, among: Self.parameterKeys).map { "did you mean '\($0)'?" }
                            ?? "take it away")
            }
        }
        let reading = BuiltIns.distribution(named: law, fields: DistributionFields(values))
        for problem in reading.problems {
            // With a key misspelt or out of place, what seems to be missing is not.
            if problem.key == nil, !isGood { continue }
            let field = fields.first { $0.key == problem.key }
            log.error(
                "parameter '\(name)': \(problem.message)", at: field?.value.place ?? entry.keyPlace,
                mend: meantLaw(problem, law) ?? problem.mend)
        }
        for warning in reading.warnings {
            let field = fields.first { $0.key == warning.key }
            log.warning(
                "parameter '\(name)': \(warning.message)", at: field?.value.place ?? entry.keyPlace, mend: warning.mend)
        }
        return isGood ? reading.distribution : nil
    }

    private func meantLaw(_ problem: DistributionError, _ law: String?) -> String? {
        guard problem.key == "distribution", let law, BuiltIns.distribution(named: law) == nil else { return nil }
        return Spelling.nearest(to: law, among: BuiltIns.distributions.map { $0.name }).map { "did you mean '\($0)'?" }
    }

    private mutating func checkGrid(_ parameters: [ReadParameter]) {
        for read in parameters where read.parameter.distribution.gridAxis == nil {
            let law = type(of: read.parameter.distribution).name
            let hasProbabilities = read.parameter.distribution is CategoricalWithProbabilities
            log.error(
                "parameter '\(read.parameter.name)': a grid cannot take \(law)", at: read.place,
                mend: hasProbabilities
                    ? "take 'probabilities' away, or use method 'random'"
                    : "list its 'values', give 'distribution: q_uniform' with a step 'q', or use method 'random'")
        }
    }
}
