import SweepModel
import SweepSearch
import Testing

extension SearchSpace {
    /// A space from its YAML keys, in W&B's order: `["lr": ["min": 0.1, "max": 1.0]]`. Dots in a name are levels.
    static func of(
        _ parameters: [String: DistributionFields], distributions: [String: String] = [:],
        when conditions: [String: [String: [ParameterValue]]] = [:], zip: [[String]] = []
    ) throws -> SearchSpace {
        func path(_ name: String) -> [String] { name.split(separator: ".").map(String.init) }
        let sorted = parameters.sorted { a, b in path(a.key).lexicographicallyPrecedes(path(b.key)) }
        let made = try sorted.map { name, fields in
            let reading = BuiltIns.distribution(named: distributions[name], fields: fields)
            let clauses = conditions[name]?.sorted { $0.key < $1.key }.map { parent, values in
                Condition.Clause(parent: path(parent), values: values)
            }
            return Parameter(
                path: path(name), distribution: try #require(reading.distribution, "\(reading.problems)"),
                condition: clauses.map { Condition(clauses: $0) })
        }
        return SearchSpace(parameters: made, couplings: zip.map { $0.map(path) })
    }
}

extension SearchMethod {
    /// The first `count` points, or all when there are fewer; each is asked for with all before it as history.
    func points(_ count: Int, status: (Int) -> Observation.Status = { _ in .pending }) -> [Point] {
        var history = SearchHistory()
        while history.observations.count < count, case .point(let point, _) = suggest(after: history) {
            history.observations.append(Observation(point: point, status: status(history.observations.count)))
        }
        return history.observations.map(\.point)
    }
}
