/// One field of a table; its text is safe to show.
package struct Cell: Hashable, Sendable {
    package var text: String
    package var tint: Tint?

    /// - Parameter text: any text; control characters are escaped.
    package init(_ text: String, _ tint: Tint? = nil) {
        self.text = DisplayText.escape(text)
        self.tint = tint
    }

    package static let empty = Cell("")
}

/// Rows and columns, aligned by display width, with two spaces between; never with lines around them.
package struct Table: Sendable {
    package struct Column: Hashable, Sendable {
        package var title: String
        package var right: Bool
        /// On a terminal that is too narrow: may lose the middle of its texts, down to this width (nil: never).
        package var shrinksTo: Int?
        /// On a terminal that is too narrow: may be left out.
        package var droppable: Bool

        package init(_ title: String, right: Bool = false, shrinksTo: Int? = nil, droppable: Bool = false) {
            self.title = DisplayText.escape(title)
            self.right = right
            self.shrinksTo = shrinksTo
            self.droppable = droppable
        }
    }

    package var columns: [Column]
    package var rows: [[Cell]] = []

    package init(columns: [Column], rows: [[Cell]] = []) {
        self.columns = columns
        self.rows = rows
    }

    package struct Rendered: Hashable, Sendable {
        package var text: String
        /// Titles of the columns for which there was no room.
        package var dropped: [String]
    }

    /// - Parameter width: cells to stay within; nil: as wide as it gets.
    package func render(width: Int?, style: Style) -> Rendered {
        var widths = columns.map { DisplayText.width($0.title) }
        for row in rows {
            for (index, cell) in row.enumerated() where index < widths.count {
                widths[index] = max(widths[index], DisplayText.width(cell.text))
            }
        }
        var kept = Array(columns.indices)
        if let width { fit(&widths, &kept, into: width) }

        var text = ""
        text.reserveCapacity((rows.count + 1) * (widths.reduce(0, +) + 2 * widths.count))
        append(columns.map { Cell(title: $0.title) }, kept, widths, style, to: &text)
        for row in rows { append(row, kept, widths, style, to: &text) }
        let dropped = columns.indices.filter { !kept.contains($0) }.map { columns[$0].title }
        return Rendered(text: text, dropped: dropped)
    }

    private func append(_ row: [Cell], _ kept: [Int], _ widths: [Int], _ style: Style, to text: inout String) {
        var pending = 0
        for (position, index) in kept.enumerated() {
            if position > 0 { pending += 2 }
            let cell = index < row.count ? row[index] : .empty
            var shown = cell.text
            var cells = DisplayText.width(shown)
            if cells > widths[index] {
                shown = DisplayText.truncateMiddle(shown, to: widths[index], ellipsis: style.ellipsis)
                cells = DisplayText.width(shown)
            }
            let missing = widths[index] - cells
            if columns[index].right { pending += missing }
            if !shown.isEmpty {
                // Spaces are written only before text: no line ends with them.
                text.append(contentsOf: String(repeating: " ", count: pending))
                text.append(style.paint(shown, cell.tint))
                pending = 0
            }
            if !columns[index].right { pending += missing }
        }
        text.append("\n")
    }

    /// Takes cells from the widest column that may shrink until all fit, then leaves droppable columns out from the right.
    private func fit(_ widths: inout [Int], _ kept: inout [Int], into limit: Int) {
        func total() -> Int { kept.reduce(0) { $0 + widths[$1] } + 2 * max(0, kept.count - 1) }
        while true {
            while total() > limit {
                let shrinkable = kept.filter { index in columns[index].shrinksTo.map { widths[index] > $0 } ?? false }
                guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
                widths[widest] -= 1
            }
            guard total() > limit, kept.count > 1 else { return }
            let last = kept.last { columns[$0].droppable } ?? kept.last
            kept.removeAll { $0 == last }
        }
    }
}

extension Cell {
    fileprivate init(title: String) {
        text = title
        tint = .dim
    }
}
