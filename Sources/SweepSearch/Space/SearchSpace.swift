package import SweepModel

/// One dimension of the space.
package struct Parameter: Sendable {
    /// Its name, within the names of the nested parameters around it: `["opt", "lr"]` for `opt: {parameters: {lr: …}}`.
    /// A dotted name is one component.
    package var path: [String]
    package var distribution: any Distribution
    /// It exists only in points where another parameter has one of these values.
    package var condition: Condition?

    package init(path: [String], distribution: any Distribution, condition: Condition? = nil) {
        self.path = path
        self.distribution = distribution
        self.condition = condition
    }

    /// The path joined by dots, for people.
    package var name: String { path.joined(separator: ".") }
}

/// `when: {optimizer: [sgd, adam], layers: [2]}`: all parents must be active and have one of their values.
package struct Condition: Hashable, Sendable {
    package struct Clause: Hashable, Sendable {
        package var parent: [String]
        package var values: [ParameterValue]

        package init(parent: [String], values: [ParameterValue]) {
            self.parent = parent
            self.values = values
        }
    }

    package var clauses: [Clause]

    package init(clauses: [Clause]) { self.clauses = clauses }
}

/// Everything that a sweep searches: W&B's parameters, with conditions and coupled lists.
///
/// Validated where it is made (SweepSpec): names are unique, parents exist and form no cycle, members of a coupling are
/// categorical and equally long.
package struct SearchSpace: Sendable {
    /// In W&B's order: by name, at each level of nesting (code points).
    package let parameters: [Parameter]
    /// Groups of parameters (by path) that take the value of the same index together (`zip`).
    package let couplings: [[[String]]]
    /// The indices of the parameters in W&B's order: by name at each level of nesting, by code point.
    let order: [Int]

    package init(parameters: [Parameter], couplings: [[[String]]] = []) {
        self.parameters = parameters
        self.couplings = couplings
        order = Self.order(of: parameters)
    }
}

/// One point: the value of each active parameter, by its index in `SearchSpace.parameters`.
package struct Point: Hashable, Sendable {
    package var values: [ParameterValue?]

    package init(values: [ParameterValue?]) { self.values = values }
}
