import ArgumentParser

/// When to colour.
package enum ColourChoice: String, Sendable, ExpressibleByArgument, CaseIterable {
    case auto, always, never
}

package enum Tint: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
    case cyan = "36"
}

/// How text looks on one output: colours, and which characters it may use.
package struct Style: Hashable, Sendable {
    package var colours: Bool
    package var unicode: Bool

    package init(colours: Bool, unicode: Bool) {
        self.colours = colours
        self.unicode = unicode
    }

    /// `--color` wins, then a non-empty `NO_COLOR`, then `CLICOLOR_FORCE` (not "0"), then whether this is a terminal that
    /// is not dumb.
    package init(_ choice: ColourChoice, terminal: Terminal?, environment: [String: String]) {
        unicode = terminal?.unicode ?? true
        switch choice {
        case .always: colours = true
        case .never: colours = false
        case .auto:
            let forced = environment["CLICOLOR_FORCE"] ?? ""
            if !(environment["NO_COLOR"] ?? "").isEmpty {
                colours = false
            } else if !forced.isEmpty, forced != "0" {
                colours = true
            } else {
                colours = terminal.map { !$0.isDumb } ?? false
            }
        }
    }

    package func paint(_ text: String, _ tint: Tint?) -> String {
        guard colours, let tint, !text.isEmpty else { return text }
        return "\u{1b}[\(tint.rawValue)m\(text)\u{1b}[0m"
    }

    package var ellipsis: String { unicode ? "…" : "..." }
    package var dot: String { unicode ? "·" : "|" }
    package var plusMinus: String { unicode ? "±" : "+-" }
}
