package import SweepModel

/// One thing that `sweep doctor` has looked at.
package struct Finding: Hashable, Sendable {
    package enum State: String, Sendable {
        case ok
        /// It works, but may not for long, or not as well as it could.
        case warning
        case problem
    }

    package var name: String
    package var state: State
    /// What was seen.
    package var text: String
    /// What to do.
    package var remedy: String?

    package init(_ name: String, _ state: State, _ text: String, remedy: String? = nil) {
        self.name = name
        self.state = state
        self.text = text
        self.remedy = remedy
    }

    package var json: ParameterValue {
        .object([
            .init("name", .string(name)), .init("state", .string(state.rawValue)),
            .init("text", .string(text)),
            .init("remedy", Documents.optional(remedy)),
        ])
    }
}
