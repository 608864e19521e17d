import SweepModel
import Yams

/// YAML text to `YAMLNode`, within bounds that no text can break: its size, its depth, what its aliases expand to.
///
/// Yams resolves aliases itself, into a tree that a few lines of text can make larger than any memory, and compares such
/// trees when they are keys. So it never sees one: every `*` reaches it as a character that the text does not use, and
/// the scalars that begin with it are resolved here, counted.
struct YAMLReader {
    static let maximumSize = 1 << 20
    static let maximumDepth = 32
    /// Most values that all aliases of a file expand to, together.
    static let maximumExpansion = 100_000

    private var log: DiagnosticLog
    private let source: SourceText
    /// Stands for `*`.
    private let star: Unicode.Scalar?
    /// First characters of the second occurrences of keys, put there by `DuplicateKeys`.
    private let duplicates: Set<Unicode.Scalar>
    private var anchors: [String: (node: YAMLNode, size: Int)] = [:]
    private var openAnchors: Set<String> = []
    private var expanded = 0

    /// Reads `text`; nil when the log says why not.
    static func read(_ text: String, log: inout DiagnosticLog) -> YAMLNode? {
        var text = text
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        guard text.utf8.count <= maximumSize else {
            log.error("the file has \(text.utf8.count) bytes; a sweep file has at most \(maximumSize)", at: nil)
            return nil
        }
        let source = SourceText(text)
        if let place = forbiddenCharacter(in: source) {
            log.error(
                "a control character, which no YAML text has", at: place, mend: "is this a binary file? take it out")
            return nil
        }
        // Characters of the private use area that the text does not have.
        var spare = (UInt32(0xE000)...0xF8FF).lazy.compactMap(Unicode.Scalar.init)
            .filter { [used = Set(text.unicodeScalars.lazy.filter { (0xE000...0xF8FF).contains($0.value) })] in
                !used.contains($0)
            }.makeIterator()
        var star: Unicode.Scalar?
        if text.utf8.contains(UInt8(ascii: "*")) {
            guard let replacement = spare.next() else {
                log.error("the file uses every private-use character", at: nil)
                return nil
            }
            star = replacement
            text = text.replacing("*", with: replacement)
        }
        var duplicates = DuplicateKeys(text: text, spare: { spare.next() })
        while true {
            do {
                // The parser owns the anchors' names: it has to outlive the reading of its nodes.
                let parser = try Parser(yaml: duplicates.text, resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot() else {
                    log.error("the file is empty", at: nil, mend: "'sweep init' writes one to begin with")
                    return nil
                }
                var reader = YAMLReader(
                    log: log, source: source, star: star, duplicates: Set(duplicates.markers))
                let node = withExtendedLifetime(parser) { reader.node(root, depth: 0) }
                log = reader.log
                return log.hasErrors && node == nil ? nil : node
            } catch let YamlError.duplicatedKeysInMapping(_, context) {
                if !duplicates.rename(firstAt: context.mark, source: source, log: &log) { return nil }
            } catch {
                YAMLProblem.report(error, source: source, log: &log)
                return nil
            }
        }
    }

    private init(log: DiagnosticLog, source: SourceText, star: Unicode.Scalar?, duplicates: Set<Unicode.Scalar>) {
        self.log = log
        self.source = source
        self.star = star
        self.duplicates = duplicates
    }

    private static func forbiddenCharacter(in source: SourceText) -> Place? {
        for (index, line) in source.lines.enumerated() {
            for (offset, scalar) in line.unicodeScalars.enumerated() {
                switch scalar.value {
                case 0x09, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...: continue
                default:
                    return Place(line: index + 1, column: source.column(line: index + 1, codePoint: offset + 1))
                }
            }
        }
        return nil
    }

    // MARK: Nodes

    /// nil: there is no value here, and the log says why.
    private mutating func node(_ node: Node, depth: Int) -> YAMLNode? {
        let place = place(of: node.mark, length: 1)
        guard depth <= Self.maximumDepth else {
            log.error("nested deeper than \(Self.maximumDepth) levels", at: place)
            return nil
        }
        let anchor = node.anchor?.rawValue
        if let anchor { openAnchors.insert(anchor) }
        defer { if let anchor { openAnchors.remove(anchor) } }
        let result: YAMLNode? =
            switch node {
            case .scalar(let scalar): self.scalar(scalar)
            case .sequence(let sequence):
                YAMLNode(
                    content: .list(sequence.compactMap { self.node($0, depth: depth + 1) }), place: place)
            case .mapping(let mapping): self.mapping(mapping, place: place, depth: depth)
            case .alias: nil
            }
        if let anchor, let result { anchors[anchor] = (result, result.size) }
        return result
    }

    private mutating func mapping(_ mapping: Node.Mapping, place: Place, depth: Int) -> YAMLNode {
        var entries: [YAMLNode.Entry] = []
        var merged: [YAMLNode.Entry] = []
        for (key, value) in mapping {
            if case .scalar(let scalar) = key, let first = scalar.string.unicodeScalars.first,
                duplicates.contains(first)
            {
                continue
            }
            guard let key = self.node(key, depth: depth + 1) else { continue }
            guard case .scalar(_, let text) = key.content, !text.isEmpty else {
                log.error("a key is \(key.kind), it must be a name", at: key.place)
                continue
            }
            guard let value = self.node(value, depth: depth + 1) else { continue }
            if text == "<<" {
                merged += self.merged(value)
            } else {
                entries.append(YAMLNode.Entry(key: text, keyPlace: key.place, value: value))
            }
        }
        // A key of the mapping itself wins, then the mapping that was merged first.
        var names = Set(entries.map(\.key))
        for entry in merged where names.insert(entry.key).inserted { entries.append(entry) }
        return YAMLNode(content: .mapping(entries), place: place)
    }

    /// The entries that `<<: value` brings.
    private mutating func merged(_ value: YAMLNode) -> [YAMLNode.Entry] {
        switch value.content {
        case .mapping(let entries): return entries
        case .list(let elements) where elements.allSatisfy({ $0.entries != nil }):
            return elements.flatMap { $0.entries ?? [] }
        default:
            log.error(
                "'<<' merges mappings, but this is \(value.kind)", at: value.place,
                mend: "write '<<: *name', where 'name' anchors a mapping")
            return []
        }
    }

    // MARK: Scalars

    private mutating func scalar(_ scalar: Node.Scalar) -> YAMLNode? {
        let text = restored(scalar.string)
        let isPlain = scalar.style == .plain
        let place = place(of: scalar.mark, length: max(1, text.count + (isPlain ? 0 : 2)))
        if isPlain, text.unicodeScalars.first == "*" {
            return alias(String(String.UnicodeScalarView(text.unicodeScalars.dropFirst())), place: place)
        }
        if text.unicodeScalars.contains("\0") {
            log.error("a text with a NUL character, which no program can be given", at: place)
            return nil
        }
        let tag = scalar.tag.rawValue
        // A key that Yams has compared has the tag `str` whatever its style; that of a plain one says nothing.
        guard isPlain, tag == "" || tag == Tag.Name.str.rawValue else {
            return tagged(text, tag: tag, isPlain: isPlain, place: place)
        }
        let (value, warning) = PlainScalar.resolve(text)
        if tag == Tag.Name.str.rawValue { return YAMLNode(content: .scalar(.string(text), text: text), place: place) }
        if let warning { log.warning(warning, at: place) }
        return YAMLNode(content: .scalar(value, text: text), place: place)
    }

    private mutating func tagged(_ text: String, tag: String, isPlain: Bool, place: Place) -> YAMLNode? {
        let resolved = PlainScalar.resolve(text).value
        let value: ParameterValue? =
            switch tag {
            case "", "!", Tag.Name.str.rawValue, Tag.Name.timestamp.rawValue: .string(text)
            case Tag.Name.int.rawValue: if case .int = resolved { resolved } else { nil }
            case Tag.Name.float.rawValue: resolved.number.map { .double($0) }
            case Tag.Name.bool.rawValue: if case .bool = resolved { resolved } else { nil }
            case Tag.Name.null.rawValue: resolved == .null ? .null : nil
            default: nil
            }
        guard let value else {
            let short = tag.replacing("tag:yaml.org,2002:", with: "!!")
            log.error(
                "'\(text.prefix(40))' cannot have the tag \(short.prefix(60))", at: place, mend: "take the tag away")
            return nil
        }
        return YAMLNode(content: .scalar(value, text: text), place: place)
    }

    private mutating func alias(_ name: String, place: Place) -> YAMLNode? {
        if openAnchors.contains(name) {
            log.error("the alias '*\(name.prefix(40))' contains itself", at: place)
            return nil
        }
        guard let (node, size) = anchors[name] else {
            log.error(
                "no '&\(name.prefix(40))' before the alias '*\(name.prefix(40))'", at: place,
                mend: "quote a text that begins with '*'")
            return nil
        }
        expanded += size
        guard expanded <= Self.maximumExpansion else {
            if expanded - size <= Self.maximumExpansion {
                log.error("the aliases expand to more than \(Self.maximumExpansion) values", at: place)
            }
            return nil
        }
        return YAMLNode(content: node.content, place: place)
    }

    private func restored(_ text: String) -> String {
        guard let star else { return text }
        return text.replacing(star, with: "*")
    }

    private func place(of mark: Mark?, length: Int) -> Place {
        guard let mark else { return Place(line: 1, column: 1) }
        let column = source.column(line: mark.line, codePoint: mark.column)
        let rest = (source[line: mark.line]?.count ?? 0) - column + 1
        return Place(line: mark.line, column: column, length: max(1, min(length, rest)))
    }
}

extension String {
    /// Every code point `old` replaced, also where a combining mark follows.
    fileprivate func replacing(_ old: Unicode.Scalar, with new: Unicode.Scalar) -> String {
        guard unicodeScalars.contains(old) else { return self }
        var scalars = UnicodeScalarView()
        for scalar in unicodeScalars { scalars.append(scalar == old ? new : scalar) }
        return String(scalars)
    }
}
