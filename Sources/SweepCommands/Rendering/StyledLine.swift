/// One line of differently tinted pieces that never grows wider than the terminal.
package struct StyledLine: Hashable, Sendable {
    package struct Piece: Hashable, Sendable {
        package var text: String
        package var tint: Tint?
    }

    package var pieces: [Piece]

    /// - Parameter pieces: any text; control characters are escaped.
    package init(_ pieces: [(String, Tint?)] = []) {
        self.pieces = pieces.map { Piece(text: DisplayText.escape($0.0), tint: $0.1) }
    }

    package mutating func append(_ text: String, _ tint: Tint? = nil) {
        pieces.append(Piece(text: DisplayText.escape(text), tint: tint))
    }

    /// - Parameter width: cells; nil: as long as it is.
    package func rendered(_ width: Int?, _ style: Style) -> String {
        var room = width ?? .max
        var text = ""
        for piece in pieces where room > 0 {
            let shown = DisplayText.truncateEnd(piece.text, to: room, ellipsis: style.ellipsis)
            text += style.paint(shown, piece.tint)
            room -= DisplayText.width(shown)
            if shown != piece.text { break }
        }
        return text
    }
}
