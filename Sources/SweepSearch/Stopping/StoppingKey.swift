package import SweepModel

/// A key under `early_terminate`, with the values that it can have.
package struct StoppingKey: Sendable {
    package enum Kind: Sendable {
        /// A whole number of at least 1.
        case count
        /// A finite number, between these where they are given; the lower one excluded.
        case number(above: Double? = nil, upTo: Double? = nil)
        /// A finite number of at least 0.
        case amount
        case flag
    }

    package let name: String
    package let kind: Kind

    package init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// What its value must be, in words.
    package var expectation: String {
        switch kind {
        case .count: "a whole number above 0"
        case .number(nil, nil): "a number"
        case .number(let low?, nil): "a number above \(Self.text(low))"
        case .number(nil, let high?): "a number of at most \(Self.text(high))"
        case .number(let low?, let high?): "a number above \(Self.text(low)), at most \(Self.text(high))"
        case .amount: "a number of at least 0"
        case .flag: "true or false"
        }
    }

    package func takes(_ value: ParameterValue) -> Bool {
        switch kind {
        case .count: (value.number.flatMap { Int(exactly: $0) } ?? 0) >= 1
        case .number(let low, let high):
            value.number.map { $0.isFinite && $0 > (low ?? -.infinity) && $0 <= (high ?? .infinity) } ?? false
        case .amount: value.number.map { $0.isFinite && $0 >= 0 } ?? false
        case .flag: if case .bool = value { true } else { false }
        }
    }

    private static func text(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? String(number)
    }
}

extension StoppingProblem {
    /// Checks the settings against a rule's keys.
    ///
    /// - Throws: the first problem, by key.
    func check(_ keys: [StoppingKey], of rule: String) throws(SweepError) {
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            guard let key = keys.first(where: { $0.name == name }) else {
                throw SweepError(
                    .usage, "'\(rule)' has no key '\(name.prefix(60))'",
                    remedy: keys.isEmpty
                        ? "take it away" : "it takes \(keys.map(\.name).joined(separator: ", "))")
            }
            guard key.takes(value) else {
                throw SweepError(
                    .usage, "'\(name)' must be \(key.expectation)", remedy: "leave it out for the default")
            }
        }
    }

    func number(_ key: String) -> Double? { settings[key]?.number }

    func whole(_ key: String) -> Int? { number(key).flatMap { Int(exactly: $0) } }

    func flag(_ key: String) -> Bool? { if case .bool(let flag) = settings[key] { flag } else { nil } }
}
