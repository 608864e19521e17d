import SweepModel
import SweepSearch

extension SpecReader {
    // MARK: when

    /// Turns each `when` into a condition: its parents exist, can have these values, and do not wait for each other.
    mutating func resolveConditions(_ parameters: inout [ReadParameter]) {
        let directory = Directory(parameters)
        for index in parameters.indices {
            var clauses: [Condition.Clause] = []
            for (entry, level) in parameters[index].conditions {
                guard let fields = entry.value.entries, !fields.isEmpty else {
                    log.error(
                        "'when' must name parameters and their values, but it is \(entry.value.kind)",
                        at: entry.value.place, mend: "write 'when: {optimizer: [sgd, adam]}'")
                    continue
                }
                for field in fields {
                    if let clause = clause(field, level, of: parameters[index], among: directory) {
                        clauses.append(clause)
                    }
                }
            }
            if !clauses.isEmpty { parameters[index].parameter.condition = Condition(clauses: clauses) }
        }
        reportCycle(parameters)
    }

    /// Parameters by their paths and names: a file may have ten thousand, each with a condition.
    private struct Directory {
        private let byPath: [[String]: ReadParameter]
        private let byName: [String: ReadParameter]

        init(_ parameters: [ReadParameter]) {
            byPath = Dictionary(parameters.map { ($0.parameter.path, $0) }) { first, _ in first }
            byName = Dictionary(parameters.map { ($0.parameter.name, $0) }) { first, _ in first }
        }

        subscript(path: [String]) -> ReadParameter? { byPath[path] }
        subscript(name: String) -> ReadParameter? { byName[name] }
        var names: some Sequence<String> { byName.keys.sorted() }
    }

    private mutating func clause(
        _ field: YAMLNode.Entry, _ level: [String], of child: ReadParameter, among parameters: Directory
    ) -> Condition.Clause? {
        // The same level first, then the whole name.
        let path = level + [field.key]
        let parent = parameters[path] ?? parameters[path.joined(separator: ".")] ?? parameters[field.key]
        guard let parent else {
            let meant = log.isFull ? nil : Spelling.nearest(to: field.key, among: parameters.names)
            log.error(
                "'when' names a parameter '\(field.key.prefix(60))', which there is not", at: field.keyPlace,
                mend: meant.map { "did you mean '\($0)'?" })
            return nil
        }
        let law = parent.parameter.distribution
        guard parent.parameter.path != child.parameter.path else {
            log.error("parameter '\(child.parameter.name)' cannot depend on itself", at: field.keyPlace)
            return nil
        }
        guard law.valueCount != nil else {
            log.error(
                "'when' cannot depend on '\(parent.parameter.name)', whose values cannot be listed",
                at: field.keyPlace, mend: "give it 'values', or ints from 'min' to 'max'")
            return nil
        }
        var values: [ParameterValue] = []
        for node in field.value.elements ?? [field.value] {
            guard law.position(of: node.value) != nil else {
                log.error(
                    "'\(parent.parameter.name)' never has the value \(PythonText.repr(node.value).prefix(60))",
                    at: node.place, mend: "its law: \(law.summary.prefix(80))")
                continue
            }
            // `1` in the condition is the `1.0` of the list.
            let axis = law.gridAxis
            values.append(axis.flatMap { axis in axis.index(of: node.value).map { axis[$0] } } ?? node.value)
        }
        guard !values.isEmpty else {
            if field.value.elements?.isEmpty == true {
                log.error(
                    "'when' lists no value of '\(parent.parameter.name)'", at: field.value.place,
                    mend: "list at least one")
            }
            return nil
        }
        return Condition.Clause(parent: parent.parameter.path, values: values)
    }

    private mutating func reportCycle(_ parameters: [ReadParameter]) {
        let byPath = Dictionary(parameters.map { ($0.parameter.path, $0) }) { first, _ in first }
        var settled: Set<[String]> = []
        for start in parameters where start.parameter.condition != nil && !settled.contains(start.parameter.path) {
            // Depth first, without recursion: `trail` is the way down, each with the parents not yet looked at.
            var trail: [(path: [String], parents: [[String]])] = []
            func parents(_ path: [String]) -> [[String]] {
                byPath[path]?.parameter.condition?.clauses.map(\.parent) ?? []
            }
            trail.append((start.parameter.path, parents(start.parameter.path)))
            while let top = trail.last {
                guard let next = top.parents.last else {
                    settled.insert(top.path)
                    trail.removeLast()
                    continue
                }
                trail[trail.count - 1].parents.removeLast()
                if let first = trail.firstIndex(where: { $0.path == next }) {
                    let names = (trail[first...].map(\.path) + [next]).map { $0.joined(separator: ".") }
                    log.error(
                        "parameters wait for each other: \(names.joined(separator: " → "))", at: byPath[next]?.place,
                        mend: "take one 'when' away")
                    return
                }
                if !settled.contains(next) { trail.append((next, parents(next))) }
            }
        }
    }

    // MARK: zip

    /// `zip: [[lr, batch_size], …]`, or one group without the outer list.
    mutating func readCouplings(_ parameters: [ReadParameter]) -> [[[String]]] {
        guard let entry = top["zip"], !entry.value.isNull else { return [] }
        guard let elements = entry.value.elements, !elements.isEmpty else {
            log.error(
                "'zip' must list groups of parameters, but it is \(entry.value.kind)", at: entry.value.place,
                mend: "write 'zip: [[lr, batch_size]]'")
            return []
        }
        let groups = elements.allSatisfy { $0.elements == nil } ? [entry.value] : elements
        var taken: Set<[String]> = []
        let directory = Directory(parameters)
        return groups.compactMap { coupling($0, among: directory, taken: &taken) }
    }

    private mutating func coupling(
        _ group: YAMLNode, among parameters: Directory, taken: inout Set<[String]>
    ) -> [[String]]? {
        guard let names = group.elements, names.count > 1 else {
            log.error(
                "'zip' couples at least two parameters, but this is \(group.elements == nil ? group.kind : "less")",
                at: group.place, mend: "write 'zip: [[lr, batch_size]]'")
            return nil
        }
        var members: [ReadParameter] = []
        for node in names {
            guard let member = node.text.flatMap({ parameters[$0] }) else {
                let meant = log.isFull ? nil : Spelling.nearest(to: node.text ?? "", among: parameters.names)
                log.error(
                    "'zip' names a parameter '\(node.text?.prefix(60) ?? "")', which there is not", at: node.place,
                    mend: meant.map { "did you mean '\($0)'?" })
                continue
            }
            guard member.listLength != nil, member.parameter.distribution is Categorical else {
                log.error(
                    "'zip' couples lists, but '\(member.parameter.name)' is \(member.parameter.distribution.summary.prefix(60))",
                    at: node.place, mend: "give it 'values'")
                continue
            }
            guard taken.insert(member.parameter.path).inserted else {
                log.error("'\(member.parameter.name)' stands in 'zip' twice", at: node.place, mend: "name it once")
                continue
            }
            members.append(member)
        }
        guard members.count == names.count, let first = members.first else { return nil }
        for (member, node) in zip(members, names).dropFirst() {
            if member.listLength != first.listLength {
                log.error(
                    "'zip': '\(first.parameter.name)' has \(first.listLength ?? 0) values and "
                        + "'\(member.parameter.name)' has \(member.listLength ?? 0)",
                    at: node.place, mend: "give both as many")
                return nil
            }
            if member.parameter.condition != first.parameter.condition {
                log.error(
                    "'zip': '\(first.parameter.name)' and '\(member.parameter.name)' do not have the same 'when'",
                    at: node.place, mend: "give both the same condition, or none")
                return nil
            }
        }
        return members.map(\.parameter.path)
    }
}
