import SweepModel

/// A file's text with some of its entries replaced: what is not touched stays as it was written, comments included, where
/// the file is in block style. Else, and where anything is in doubt (aliases), the whole file is written anew.
struct YAMLDraft {
    private let source: String
    private(set) var value: ParameterValue
    private var touched: [[String]] = []

    init(_ source: String, root: YAMLNode) {
        self.source = source
        value = root.value
    }

    /// Puts `new` in the place of the entry at `path`; nil takes it away.
    mutating func set(_ path: [String], _ new: ParameterValue?) {
        value = Self.setting(value, path[...], new)
        touched.append(path)
    }

    subscript(path: [String]) -> ParameterValue? {
        path.reduce(value as ParameterValue?) { $0?[$1] }
    }

    func text() -> String {
        var current = source
        for path in touched {
            guard let next = Self.replacing(path, in: current, by: value) else { return YAMLText.document(value) }
            current = next
        }
        return Self.read(current)?.value == value ? current : YAMLText.document(value)
    }

    private static func setting(
        _ value: ParameterValue, _ path: ArraySlice<String>, _ new: ParameterValue?
    ) -> ParameterValue {
        guard let key = path.first else { return new ?? .null }
        var members = value.members ?? []
        let index = members.lastIndex { $0.key == key }
        let rest = path.dropFirst()
        if rest.isEmpty, new == nil {
            members.removeAll { $0.key == key }
        } else {
            let changed = setting(index.map { members[$0].value } ?? .object([]), rest, new)
            if let index { members[index].value = changed } else { members.append(.init(key, changed)) }
        }
        return .object(members)
    }

    private static func read(_ text: String) -> YAMLNode? {
        var log = DiagnosticLog(strict: false)
        return YAMLReader.read(text, log: &log)
    }

    // MARK: Lines

    /// The text with the entry at `path`, or the smallest one around it that has lines of its own, as `value` has it.
    private static func replacing(_ path: [String], in text: String, by value: ParameterValue) -> String? {
        guard let root = read(text) else { return nil }
        var lines = SourceText(text).lines.map(String.init)
        for depth in stride(from: path.count, through: 1, by: -1) {
            let part = Array(path.prefix(depth))
            let new = part.reduce(value as ParameterValue?) { $0?[$1] }
            guard let span = span(of: part, root, lines) else {
                guard depth == 1, let new else { continue }
                while lines.last?.allSatisfy(\.isWhitespace) == true { lines.removeLast() }
                return (lines + YAMLText.entry(path[0], new, indent: 0) + [""]).joined(separator: "\n")
            }
            let entry = new.map { YAMLText.entry(part[depth - 1], $0, indent: span.indent) } ?? []
            lines.replaceSubrange(span.lines, with: entry)
            return lines.joined(separator: "\n")
        }
        return nil
    }

    /// The lines of an entry that begins one; nil where it shares them with others.
    private static func span(
        of path: [String], _ root: YAMLNode, _ lines: [String]
    ) -> (lines: Range<Int>, indent: Int)? {
        var node = root
        var end = lines.count
        var found: (lines: Range<Int>, indent: Int)?
        for key in path {
            guard let entries = node.entries, let index = entries.firstIndex(where: { $0.key == key }) else {
                return nil
            }
            let entry = entries[index]
            let start = entry.keyPlace.line - 1
            guard lines.indices.contains(start), start < end else { return nil }
            let indent = lines[start].prefix { $0 == " " }.count
            guard entry.keyPlace.column == indent + 1 else { return nil }
            let next = entries.map { $0.keyPlace.line - 1 }.filter { $0 > start }.min() ?? end
            guard !entries.contains(where: { $0.key != key && $0.keyPlace.line - 1 == start }) else { return nil }
            var last = min(next, end)
            // Comments and empty lines before the next entry belong to that.
            while last > start + 1 {
                let line = lines[last - 1].drop(while: \.isWhitespace)
                guard line.isEmpty || line.hasPrefix("#") || line.hasPrefix("...") || line.hasPrefix("---") else {
                    break
                }
                last -= 1
            }
            found = (start..<last, indent)
            end = last
            node = entry.value
        }
        return found
    }
}
