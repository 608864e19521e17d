/// Trials of a sweep, by number, ascending.
package struct TrialNumbers: Hashable, Sendable, Codable {
    package var numbers: [Int]

    package init(numbers: [Int]) { self.numbers = numbers }
}

/// A piece of a text; the pieces of an answer are one text.
package struct TextPiece: Hashable, Sendable, Codable {
    package var text: String

    package init(text: String) { self.text = text }
}

/// What an answer to a query begins with.
package struct QueryHead: Hashable, Sendable, Codable {
    package var columns: [String]
    /// Rows that follow.
    package var rows: Int
    /// There are more rows than were asked for.
    package var isCut: Bool

    package init(columns: [String], rows: Int, isCut: Bool) {
        self.columns = columns
        self.rows = rows
        self.isCut = isCut
    }
}
