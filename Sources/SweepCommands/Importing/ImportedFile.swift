import SweepModel

/// The sweep file of imported runs: their parameters with the ranges in which they lie.
enum ImportedFile {
    /// What a sweep file takes for a parameter's name.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 200 else { return false }
        let isStart = first == UInt8(ascii: "_") || (0x41...0x5A).contains(first) || (0x61...0x7A).contains(first)
        return isStart
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            }
    }

    /// JSON, which is YAML, too.
    static func yaml(_ runs: [ImportedRun], objective: Objective?) -> String {
        var members: [ParameterValue.Member] = [.init("method", "random")]
        if let objective {
            members.append(
                .init(
                    "metric",
                    ["name": .string(objective.metric), "goal": .string(objective.goal.rawValue)]))
        }
        members.append(.init("command", ["true"]))
        let parameters = ranges(runs.map(\.parameters))
        members.append(
            .init("parameters", .object(parameters.isEmpty ? [.init("imported", ["value": true])] : parameters)))
        return ParameterValue.object(members).json() + "\n"
    }

    private static func ranges(_ all: [Parameters]) -> [ParameterValue.Member] {
        var order: [String] = []
        var values: [String: [ParameterValue]] = [:]
        for member in all.joined() where isName(member.key) {
            if values[member.key] == nil { order.append(member.key) }
            values[member.key, default: []].append(member.value)
        }
        return order.map { .init($0, range(values[$0] ?? [])) }
    }

    private static func range(_ values: [ParameterValue]) -> ParameterValue {
        let inner = values.compactMap(\.members)
        if inner.count == values.count, !values.isEmpty {
            let parameters = ranges(inner)
            if !parameters.isEmpty { return ["parameters": .object(parameters)] }
        }
        let numbers = values.compactMap(\.number).filter(\.isFinite)
        if numbers.count == values.count, let low = numbers.min(), let high = numbers.max(), low < high {
            let areWhole = values.allSatisfy { if case .int = $0 { true } else { false } }
            if areWhole, let first = Int(exactly: low), let last = Int(exactly: high) {
                return ["distribution": "int_uniform", "min": .int(first), "max": .int(last)]
            }
            return ["distribution": "uniform", "min": .double(low), "max": .double(high)]
        }
        var seen: Set<String> = []
        let different = values.filter { seen.insert($0.json()).inserted }
        return different.count == 1 ? ["value": different[0]] : ["values": .list(Array(different.prefix(1000)))]
    }
}
