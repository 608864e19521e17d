/// A block of lines at the bottom of a terminal that is drawn again in place.
package struct LiveBlock: Sendable {
    private var drawn = 0

    package init() {}

    /// What to write so that `lines` stand where the block stood. Every line must fit into the terminal's width.
    package mutating func redraw(_ lines: [String]) -> String {
        var text = drawn > 0 ? "\u{1b}[\(drawn)A\r" : "\r"
        for line in lines { text += line + "\u{1b}[K\n" }
        text += "\u{1b}[J"
        drawn = lines.count
        return text
    }
}
