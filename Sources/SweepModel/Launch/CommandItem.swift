/// One item of a `command`, taken apart into plain text and macros.
package struct CommandItem: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case text(String)
        /// What stands between `${` and `}`.
        case macro(String)
    }

    package let parts: [Part]

    /// Takes `text` apart. A `${` without its `}` is plain text.
    package init(_ text: String) {
        var parts: [Part] = []
        var rest = text[...]
        var plain = ""
        while let start = rest.firstIndex(of: "$") {
            plain += rest[..<start]
            rest = rest[start...]
            guard rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") else {
                plain.append(rest.removeFirst())
                continue
            }
            if !plain.isEmpty { parts.append(.text(plain)) }
            plain = ""
            parts.append(.macro(String(rest[rest.index(start, offsetBy: 2)..<end])))
            rest = rest[rest.index(after: end)...]
        }
        plain += rest
        if !plain.isEmpty || parts.isEmpty { parts.append(.text(plain)) }
        self.parts = parts
    }

    /// The macro that is the whole item: `${args}`.
    package var wholeMacro: String? {
        if parts.count == 1, case .macro(let name) = parts[0] { name } else { nil }
    }

    package var macros: [String] {
        parts.compactMap { part in
            if case .macro(let name) = part { name } else { nil }
        }
    }
}
