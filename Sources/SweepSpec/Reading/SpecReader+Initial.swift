import SweepModel
import SweepSearch

extension SpecReader {
    /// More starting points than anybody writes by hand.
    private static let initialLimit = 1000

    /// `initial: [{lr: 0.001}, …]`: points to begin with. What one leaves out is the middle of its law.
    mutating func readInitial(_ space: SearchSpace) -> [Point] {
        guard let entry = top["initial"], !entry.value.isNull else { return [] }
        let example = "write 'initial: [{lr: 0.001}]'"
        guard let elements = entry.value.elements ?? (entry.value.entries == nil ? nil : [entry.value]) else {
            log.error(
                "'initial' must list points, but it is \(entry.value.kind)", at: entry.value.place, mend: example)
            return []
        }
        guard elements.count <= Self.initialLimit else {
            log.error("'initial' lists more than \(Self.initialLimit) points", at: entry.value.place)
            return []
        }
        let index = Dictionary(space.parameters.enumerated().map { ($1.path, $0) }) { first, _ in first }
        return elements.compactMap { element in
            guard let fields = element.entries else {
                log.error(
                    "a point of 'initial' must name parameters and their values, but it is \(element.kind)",
                    at: element.place, mend: example)
                return nil
            }
            var given: [Int: YAMLNode.Entry] = [:]
            collect(fields, level: [], index, space, into: &given)
            return point(given, of: element, in: space)
        }
    }

    /// The parameters that `fields` name, below `level`.
    private mutating func collect(
        _ fields: [YAMLNode.Entry], level: [String], _ index: [[String]: Int], _ space: SearchSpace,
        into given: inout [Int: YAMLNode.Entry]
    ) {
        for field in fields {
            let path = level + [field.key]
            if let parameter = index[path] ?? index[path.joined(separator: ".").split(separator: ".").map(String.init)]
            {
                given[parameter] = field
            } else if let nested = field.value.entries, path.count < 100,
                index.keys.contains(where: { $0.starts(with: path) })
            {
                collect(nested, level: path, index, space, into: &given)
            } else {
                let meant =
                    log.isFull
                    ? nil : Spelling.nearest(to: path.joined(separator: "."), among: space.parameters.map(\.name))
                log.error(
                    "'initial' names a parameter '\(path.joined(separator: ".").prefix(60))', which there is not",
                    at: field.keyPlace, mend: meant.map { "did you mean '\($0)'?" })
            }
        }
    }

    /// The whole point; nil when the log says why there is none.
    private mutating func point(
        _ given: [Int: YAMLNode.Entry], of element: YAMLNode, in space: SearchSpace
    ) -> Point? {
        var values: [Int: ParameterValue] = [:]
        for (parameter, field) in given.sorted(by: { $0.key < $1.key }) {
            let law = space.parameters[parameter].distribution
            guard law.position(of: field.value.value) != nil else {
                log.error(
                    "'\(space.parameters[parameter].name)' never has the value "
                        + "\(PythonText.repr(field.value.value).prefix(60))",
                    at: field.value.place, mend: "its law: \(law.summary.prefix(80))")
                continue
            }
            // `1` in the file is the `1.0` of the list.
            let axis = law.gridAxis
            values[parameter] =
                axis.flatMap { axis in axis.index(of: field.value.value).map { axis[$0] } } ?? field.value.value
        }
        guard values.count == given.count else { return nil }
        let point = space.completing(values)
        for (parameter, field) in given.sorted(by: { $0.key < $1.key }) where point.values[parameter] == nil {
            log.error(
                "'\(space.parameters[parameter].name)' takes no part in this point: its 'when' does not hold",
                at: field.keyPlace, mend: "take it away, or give the parameter that it depends on")
            return nil
        }
        guard SearchCube(space).contains(point) else {
            log.error(
                "this point of 'initial' has values that never come together", at: element.place,
                mend: "parameters under 'zip' take the values of one index")
            return nil
        }
        return point
    }
}
