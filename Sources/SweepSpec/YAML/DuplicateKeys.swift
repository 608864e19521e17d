import Yams

/// Finds the second occurrence of a key that Yams refused, says so, and renames it, so that the rest of the file is read
/// and all its problems are known at once.
struct DuplicateKeys {
    private(set) var text: String
    /// The first characters of renamed keys.
    private(set) var markers: [Unicode.Scalar] = []
    private let spare: () -> Unicode.Scalar?

    /// Each renaming costs a reading of the whole text.
    private let limit: Int

    init(text: String, spare: @escaping () -> Unicode.Scalar?) {
        self.text = text
        self.spare = spare
        limit = min(20, 200_000 / max(1, text.utf8.count))
    }

    /// Renames the next occurrence of the key whose first stands at `mark`.
    ///
    /// - Returns: false when reading has to end here.
    mutating func rename(firstAt mark: Mark, source: SourceText, log: inout DiagnosticLog) -> Bool {
        var lines = SourceText(text).lines.map { Array($0.unicodeScalars) }
        guard lines.indices.contains(mark.line - 1), lines[mark.line - 1].indices.contains(mark.column - 1) else {
            log.error("a key stands twice", at: nil)
            return false
        }
        let (row, column) = (mark.line - 1, mark.column - 1)
        let key = Self.key(at: column, of: lines[row])
        let name = String(String.UnicodeScalarView(key))
        let first = Place(
            line: mark.line, column: source.column(line: mark.line, codePoint: mark.column), length: max(1, key.count))
        guard markers.count < limit, !key.isEmpty, let second = Self.next(key, after: (row, column), in: lines),
            let marker = spare()
        else {
            log.error("the key '\(name)' stands twice in one mapping", at: first, mend: "keep one of them")
            return false
        }
        log.error(
            "the key '\(name)' stands here again; its first is in line \(mark.line)",
            at: Place(
                line: second.row + 1, column: source.column(line: second.row + 1, codePoint: second.column + 1),
                length: max(1, key.count)),
            mend: "keep one of them")
        markers.append(marker)
        lines[second.row][second.column] = marker
        text = lines.map { String(String.UnicodeScalarView($0)) }.joined(separator: "\n")
        return true
    }

    /// The key's text at `column`, without quotes.
    private static func key(at column: Int, of line: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let rest = line[column...]
        if let quote = rest.first, quote == "\"" || quote == "'" {
            return Array(rest.dropFirst().prefix { $0 != quote })
        }
        var key: [Unicode.Scalar] = []
        for (offset, scalar) in rest.enumerated() {
            let next = column + offset + 1 < line.count ? line[column + offset + 1] : " "
            if scalar == ":", next == " " || next == "\t" || next == "," || next == "}" { break }
            if scalar == "," || scalar == "}" { break }
            key.append(scalar)
        }
        while let last = key.last, last == " " || last == "\t" { key.removeLast() }
        return key
    }

    /// Where `key` stands again: in a block mapping at the same column, before a line that is indented less; in a flow
    /// mapping anywhere after.
    private static func next(
        _ key: [Unicode.Scalar], after first: (row: Int, column: Int), in lines: [[Unicode.Scalar]]
    ) -> (row: Int, column: Int)? {
        let isBlock = lines[first.row][..<first.column].allSatisfy { $0 == " " || $0 == "-" || $0 == "?" }
        for row in first.row..<lines.count {
            let line = lines[row]
            if isBlock {
                guard row > first.row else { continue }
                let indent = line.prefix { $0 == " " }.count
                guard indent < line.count, line[indent] != "#" else { continue }
                if indent < first.column { return nil }
                guard indent == first.column else { continue }
                if let start = match(key, at: indent, of: line) { return (row, start) }
            } else {
                let from = row == first.row ? first.column + key.count : 0
                guard from < line.count else { continue }
                for column in from..<line.count where column == 0 || " {,\t".unicodeScalars.contains(line[column - 1]) {
                    if let start = match(key, at: column, of: line) { return (row, start) }
                }
            }
        }
        return nil
    }

    /// Where the name of `key` begins, when it stands at `column` (perhaps in quotes) and a colon follows.
    private static func match(_ key: [Unicode.Scalar], at column: Int, of line: [Unicode.Scalar]) -> Int? {
        let quote: Unicode.Scalar? = line[column] == "\"" || line[column] == "'" ? line[column] : nil
        let start = quote == nil ? column : column + 1
        guard line[start...].starts(with: key) else { return nil }
        var rest = line[(start + key.count)...]
        if let quote { guard rest.popFirst() == quote else { return nil } }
        return rest.first { $0 != " " && $0 != "\t" } == ":" ? start : nil
    }
}
