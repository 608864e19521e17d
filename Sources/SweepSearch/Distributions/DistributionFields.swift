package import SweepModel

/// The keys of one parameter as they stand in YAML, without `distribution`, and how a law reads them.
package struct DistributionFields: Sendable, ExpressibleByDictionaryLiteral {
    package var values: [String: ParameterValue]

    package init(_ values: [String: ParameterValue]) { self.values = values }

    package init(dictionaryLiteral elements: (String, ParameterValue)...) {
        values = Dictionary(elements) { _, last in last }
    }

    package subscript(key: DistributionKey) -> ParameterValue? { values[key.name] }

    /// The value of `key`, its default when it is left out.
    ///
    /// - Throws: when it is required and missing, or of another kind.
    package func value(_ key: DistributionKey) throws(DistributionError) -> ParameterValue {
        guard let value = values[key.name] ?? key.defaultValue else {
            throw DistributionError(key: nil, "\(key.name) is missing", mend: "add '\(key.name): …'")
        }
        if let problem = Self.problem(of: value, as: key) { throw problem }
        return value
    }

    package func number(_ key: DistributionKey) throws(DistributionError) -> Double {
        let value = try value(key)
        guard let number = value.number, number.isFinite else { throw Self.notFinite(value, key) }
        return number
    }

    package func integer(_ key: DistributionKey) throws(DistributionError) -> Int {
        let value = try value(key)
        guard case .int(let integer) = value else { throw Self.notInteger(value, key) }
        return integer
    }

    package func list(_ key: DistributionKey) throws(DistributionError) -> [ParameterValue] {
        let value = try value(key)
        guard case .list(let elements) = value else { throw Self.notList(value, key) }
        return elements
    }

    /// `min` and `max`, with min below max.
    package func bounds() throws(DistributionError) -> ClosedRange<Double> {
        let (min, max) = (try number(.min), try number(.max))
        guard min < max else { throw Self.notBelow(self[.min] ?? .double(min), self[.max] ?? .double(max)) }
        return min...max
    }

    /// `min` and `max` for a law over the logarithm: both above 0.
    package func positiveBounds() throws(DistributionError) -> ClosedRange<Double> {
        let bounds = try bounds()
        guard bounds.lowerBound > 0 else {
            throw DistributionError(
                key: "min", "min must be above 0, it is \(Self.text(self[.min] ?? .double(bounds.lowerBound)))",
                mend: "this law takes the logarithm of min and max; give the limits themselves, such as 0.0001")
        }
        return bounds
    }

    /// The values of `values`: at least one.
    package func choices() throws(DistributionError) -> [ParameterValue] {
        let choices = try list(.values)
        guard !choices.isEmpty else {
            throw DistributionError(key: "values", "values is empty", mend: "list at least one value")
        }
        return choices
    }

    package func quantum() throws(DistributionError) -> Quantum {
        let value = try value(.q)
        guard let number = value.number, number.isFinite else { throw Self.notFinite(value, .q) }
        guard number > 0 else {
            throw DistributionError(
                key: "q", "q must be above 0, it is \(Self.text(value))",
                mend: "q is the step between two values")
        }
        if case .int(let step) = value { return .int(step) }
        return .double(number)
    }

    /// The error of a lower bound that is not below the upper one.
    static func notBelow(_ min: ParameterValue, _ max: ParameterValue) -> DistributionError {
        DistributionError(
            key: "min", "min \(text(min)) is not below max \(text(max))",
            mend: min.number == max.number
                ? "give 'value: \(text(min))' for a constant" : "swap min and max")
    }
}

extension DistributionFields {
    /// What keeps `value` from being the value of `key`; nil: nothing.
    package static func problem(of value: ParameterValue, as key: DistributionKey) -> DistributionError? {
        switch key.kind {
        case .any: nil
        case .list: if case .list = value { nil } else { notList(value, key) }
        case .integer: if case .int = value { nil } else { notInteger(value, key) }
        case .number: if value.number?.isFinite == true { nil } else { notFinite(value, key) }
        }
    }

    private static func notFinite(_ value: ParameterValue, _ key: DistributionKey) -> DistributionError {
        if value.number != nil {
            return DistributionError(
                key: key.name, "\(key.name): \(text(value)) is not finite", mend: "give a finite number")
        }
        return DistributionError(key: key.name, "\(key.name): \(text(value)) is no number", mend: mend(value))
    }

    private static func notInteger(_ value: ParameterValue, _ key: DistributionKey) -> DistributionError {
        guard let number = value.number else {
            return DistributionError(key: key.name, "\(key.name): \(text(value)) is no number", mend: mend(value))
        }
        let whole = Int(exactly: number).map { "write \($0), or " } ?? ""
        return DistributionError(
            key: key.name, "\(key.name): \(text(value)) is no int",
            mend: "\(whole)give 'distribution: uniform' for real numbers")
    }

    private static func notList(_ value: ParameterValue, _ key: DistributionKey) -> DistributionError {
        DistributionError(
            key: key.name, "\(key.name): \(text(value)) is no list",
            mend: key.name == "values"
                ? "write 'values: [\(text(value))]', or 'value: …' for a constant" : "write [ … ]")
    }

    private static func mend(_ value: ParameterValue) -> String {
        if case .string(let string) = value, Double(string) != nil { return "take the quotes away" }
        return "give a number"
    }

    /// `value` for a message: short, whatever it is.
    static func text(_ value: ParameterValue) -> String {
        let text = value.json()
        return text.count > 40 ? text.prefix(39) + "…" : text
    }
}
