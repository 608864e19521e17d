import SweepModel
import SweepStore

extension TrialColumns {
    /// The names and values that filters and CSV have, in order. Of two columns with one name the first counts, and
    /// parameters and metrics stay reachable as `param.NAME` and `metric.NAME`.
    func table(_ derived: [ValueColumn] = []) -> [TrialFilter.Column] {
        func optional<T>(_ values: [T?], _ make: (T) -> ParameterValue) -> [ParameterValue] {
            values.map { $0.map(make) ?? .null }
        }
        let seconds = numbers.indices.map { index -> ParameterValue in
            guard let start = started[index], let end = ended[index] else { return .null }
            return .double(end.seconds(since: start))
        }
        var columns: [TrialFilter.Column] = [
            .init("number", numbers.map { .int($0) }),
            .init("state", states.map { .string($0.rawValue) }),
            .init("objective", optional(objectives) { .double($0) }),
            .init("step", optional(steps) { .int($0) }),
            .init("attempt", attempts.map { .int($0) }),
            .init("point", points.map { .int($0) }),
            .init("seconds", seconds),
            .init("started", optional(started) { .double(Double($0.milliseconds) / 1000) }),
            .init("ended", optional(ended) { .double(Double($0.milliseconds) / 1000) }),
            .init("agent", optional(slots) { .string($0) }),
            .init("exit", optional(exits) { .int($0) }),
            .init("reason", optional(reasons) { .string($0) }),
        ]
        // SQLite's names are the same in capitals.
        var taken = Set(columns.map { $0.name.lowercased() })
        for (prefix, others) in [("param.", parameters), ("metric.", metrics + derived)] {
            for column in others {
                let name = taken.contains(column.name.lowercased()) ? prefix + column.name : column.name
                guard taken.insert(name.lowercased()).inserted else { continue }
                columns.append(.init(name, numbers.indices.map { column.value(at: $0) }))
            }
        }
        return columns
    }

    /// The indices of the trials for which `expression` is true, by number.
    func rows(where expression: String, _ derived: [ValueColumn] = []) throws(SweepError) -> [Int] {
        try TrialFilter.rows(where: expression, columns: table(derived)).filter { numbers.indices.contains($0) }
            .sorted()
    }

    /// Metrics that are computed from others: `own` of the sweep's file, where they can be, and those that a person asks
    /// for. Each may name those before it.
    func derived(_ own: [DerivedMetric], _ asked: [DerivedMetric]) throws(SweepError) -> [ValueColumn] {
        var found: [ValueColumn] = []
        for (index, metric) in (own + asked).enumerated() {
            let values: [Double?]
            do throws(SweepError) {
                values = try TrialFilter.values(of: metric.expression, columns: table(found))
            } catch {
                if index >= own.count { throw error }
                continue
            }
            var column = ValueColumn(name: metric.name, count: count)
            for (row, value) in values.enumerated() where row < count {
                if let value { column.set(.double(value), at: row) }
            }
            found.append(column)
        }
        return found
    }

    func csv(_ indices: [Int], _ derived: [ValueColumn] = []) -> [UInt8] {
        let columns = table(derived)
        var csv = CSVBytes()
        csv.row(columns.map { .string($0.name) })
        for index in indices { csv.row(columns.map { $0.values[index] }) }
        return csv.bytes
    }
}

/// RFC 4180, with a header and `\n` line ends; NaN and infinities as Python and pandas read them.
struct CSVBytes {
    private(set) var bytes: [UInt8] = []

    mutating func row(_ values: [ParameterValue]) {
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(value)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func append(_ value: ParameterValue) {
        switch value {
        case .null: break
        case .bool(let value): text(value ? "True" : "False")
        case .int(let value): text(value.description)
        case .double(let value):
            text(value.isFinite ? value.description : value.isNaN ? "NaN" : value > 0 ? "inf" : "-inf")
        case .string(let value): quoted(value)
        case .list, .object: quoted(value.json())
        }
    }

    private mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func quoted(_ value: String) {
        // A spreadsheet would run what begins like a formula: an apostrophe keeps it text, as OWASP advises. Numbers that
        // a script gave as texts stay as they are.
        let isFormula = value.utf8.first.map { "=+-@\t\r".utf8.contains($0) } == true && Double(value) == nil
        guard isFormula || value.utf8.contains(where: { "\",\n\r".utf8.contains($0) }) || value.isEmpty else {
            return text(value)
        }
        text("\"\(isFormula ? "'" : "")\(value.replacing("\"", with: "\"\""))\"")
    }
}
