import SweepModel

/// A value of a YAML file with its place: aliases resolved, merge keys merged, keys unique.
struct YAMLNode: Sendable {
    enum Content: Sendable {
        /// `text` is the scalar as the file has it, without quotes.
        case scalar(ParameterValue, text: String)
        case list([YAMLNode])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        var key: String
        var keyPlace: Place
        var value: YAMLNode
    }

    var content: Content
    var place: Place

    /// The plain value, without places.
    var value: ParameterValue {
        switch content {
        case .scalar(let value, _): value
        case .list(let elements): .list(elements.map(\.value))
        case .mapping(let entries): .object(entries.map { .init($0.key, $0.value.value) })
        }
    }

    /// How many values it is made of, itself included.
    var size: Int {
        switch content {
        case .scalar: 1
        case .list(let elements): elements.reduce(1) { $0 + $1.size }
        case .mapping(let entries): entries.reduce(1) { $0 + $1.value.size }
        }
    }

    var entries: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    var elements: [YAMLNode]? {
        if case .list(let elements) = content { elements } else { nil }
    }

    /// The text of a scalar that is not null.
    var text: String? {
        if case .scalar(let value, let text) = content, value != .null { text } else { nil }
    }

    var isNull: Bool {
        if case .scalar(.null, _) = content { true } else { false }
    }

    /// What it is, for a message.
    var kind: String {
        switch content {
        case .scalar(.null, _): "empty"
        case .scalar(.bool, let text): "the boolean \(text)"
        case .scalar(.int, let text), .scalar(.double, let text): "the number \(text.prefix(40))"
        case .scalar(_, let text): "the text '\(text.prefix(40))'"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}
