/// Which versions of an artifact stay.
package enum KeepRule: Hashable, Sendable {
    case all
    /// Those of the best trials.
    case best(Int)
    /// The newest.
    case latest(Int)

    /// `all`, `best 5`, `latest 3`; nil for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: " ")
        switch words.count == 2 ? Int(words[1]) : nil {
        case nil where words == ["all"]: self = .all
        case .some(let count) where count > 0 && words[0] == "best": self = .best(count)
        case .some(let count) where count > 0 && words[0] == "latest": self = .latest(count)
        default: return nil
        }
    }

    package var needsObjective: Bool { if case .best = self { true } else { false } }
}

/// `keep` of a sweep: which versions of its artifacts stay.
package struct KeepRules: Hashable, Sendable {
    package var usual: KeepRule
    /// Of the artifacts of these names.
    package var named: [String: KeepRule]

    package init(usual: KeepRule = .all, named: [String: KeepRule] = [:]) {
        self.usual = usual
        self.named = named
    }

    package subscript(name: String) -> KeepRule { named[name] ?? usual }

    package var needsObjective: Bool { usual.needsObjective || named.values.contains { $0.needsObjective } }
}
