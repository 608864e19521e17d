package import SweepModel

extension Region {
    /// Longest text, in bytes, and most regions of a sweep: no hand writes more.
    package static let longestText = 4096
    package static let mostRegions = 200

    /// - Throws: what is wrong, naming the word at fault, and what would be right.
    package init(_ text: String, space: SearchSpace) throws(SweepError) {
        guard text.utf8.count <= Self.longestText else {
            throw SweepError(.usage, "a region has at most \(Self.longestText) bytes", remedy: "split it in several")
        }
        var parser = try RegionParser(text, space: space)
        let root = try parser.expression()
        try parser.finish()
        self.init(text: text, root: root)
    }

    /// What `when`, `values` and people compare with: a word, a text in quotes, a number, true or false.
    package static func literal(_ text: String) -> ParameterValue {
        if let int = Int(text) { return .int(int) }
        if text.utf8.first.map({ "+-.0123456789".utf8.contains($0) }) == true, let double = Double(text),
            double.isFinite
        {
            return .double(double)
        }
        switch text.lowercased() {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null", "none": return .null
        default: return .string(text)
        }
    }
}

/// Recursive descent over `or`, `and`, `not`, comparisons, `in`, `between` and `is null`.
private struct RegionParser {
    private enum Token: Equatable {
        case word(String)
        case quoted(String)
        case mark(String)
    }

    private static let deepest = 64
    private let tokens: [Token]
    private let space: SearchSpace
    private let indexOf: [String: Int]
    private var position = 0
    private var depth = 0

    init(_ text: String, space: SearchSpace) throws(SweepError) {
        self.space = space
        indexOf = Dictionary(space.parameters.enumerated().map { ($1.name, $0) }) { first, _ in first }
        tokens = try Self.tokens(text)
        if tokens.isEmpty { throw Self.error("a region is empty", "write 'batch = 64 and lr > 0.01'") }
    }

    mutating func expression() throws(SweepError) -> Region.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw Self.error("a region is nested too deeply", "split it in several") }
        var node = try conjunction()
        while take("or") { node = .or(node, try conjunction()) }
        return node
    }

    func finish() throws(SweepError) {
        if let token = peek {
            throw Self.error("'\(Self.text(token))' is not understood here", "join comparisons by 'and' or 'or'")
        }
    }

    private mutating func conjunction() throws(SweepError) -> Region.Node {
        var node = try negation()
        while take("and") { node = .and(node, try negation()) }
        return node
    }

    private mutating func negation() throws(SweepError) -> Region.Node {
        var isNegated = false
        while take("not") { isNegated.toggle() }
        let node = try primary()
        return isNegated ? .not(node) : node
    }

    private mutating func primary() throws(SweepError) -> Region.Node {
        if take(mark: "(") {
            let node = try expression()
            try want(")")
            return node
        }
        let parameter = try parameter()
        let isNegated = take("not")
        if take("in") {
            let values = try values()
            return isNegated ? .not(.among(parameter, values)) : .among(parameter, values)
        }
        if take("between") {
            let low = try value()
            guard take("and") else { throw Self.error("'between' has no 'and'", "write 'lr between 0.1 and 1'") }
            let node = Region.Node.and(.compare(parameter, .atLeast, low), .compare(parameter, .atMost, try value()))
            return isNegated ? .not(node) : node
        }
        if !isNegated, take("is") {
            let isNot = take("not")
            guard take("null") else { throw Self.error("'is' goes with 'null'", "write 'momentum is null'") }
            return isNot ? .not(.isNull(parameter)) : .isNull(parameter)
        }
        guard !isNegated, case .mark(let mark)? = peek, let comparison = Self.comparison(mark) else {
            throw Self.error(
                "'\(space.parameters[parameter].name.prefix(60))' is not compared with anything",
                "write '\(space.parameters[parameter].name.prefix(60)) = …', or <, <=, >, >=, !=, in (…)")
        }
        position += 1
        return .compare(parameter, comparison, try value())
    }

    private mutating func parameter() throws(SweepError) -> Int {
        let name: String
        switch peek {
        case .word(let word), .quoted(let word): name = word
        case .mark(let mark): throw Self.error("a parameter is wanted before '\(mark)'", "write 'batch = 64'")
        case nil: throw Self.error("the region ends too early", "write 'batch = 64'")
        }
        guard let index = indexOf[name] else {
            let meant = Spelling.nearest(to: name, among: indexOf.keys.sorted())
            let all = indexOf.keys.sorted().prefix(12).joined(separator: ", ")
            throw Self.error(
                "there is no parameter '\(name.prefix(60))'",
                meant.map { "did you mean '\($0)'?" } ?? "there are \(all)")
        }
        position += 1
        return index
    }

    private mutating func values() throws(SweepError) -> [ParameterValue] {
        let close = take(mark: "[") ? "]" : ")"
        if close == ")" { try want("(") }
        var values = [try value()]
        while take(mark: ",") { values.append(try value()) }
        try want(close)
        return values
    }

    private mutating func value() throws(SweepError) -> ParameterValue {
        switch peek {
        case .word(let word):
            position += 1
            return Region.literal(word)
        case .quoted(let text):
            position += 1
            return .string(text)
        case .mark(let mark): throw Self.error("a value is wanted before '\(mark)'", "write 'batch = 64'")
        case nil: throw Self.error("the region ends where a value is wanted", "write 'batch = 64'")
        }
    }

    private var peek: Token? { tokens.indices.contains(position) ? tokens[position] : nil }

    private mutating func take(_ word: String) -> Bool {
        guard case .word(let next)? = peek, next.lowercased() == word else { return false }
        position += 1
        return true
    }

    private mutating func take(mark: String) -> Bool {
        guard peek == .mark(mark) else { return false }
        position += 1
        return true
    }

    private mutating func want(_ mark: String) throws(SweepError) {
        if !take(mark: mark) {
            throw Self.error(
                "'\(mark)' is missing" + (peek.map { " before '\(Self.text($0).prefix(40))'" } ?? " at the end"), nil)
        }
    }

    private static func comparison(_ mark: String) -> Region.Comparison? {
        switch mark {
        case "==": .equal
        case "<>": .different
        default: Region.Comparison(rawValue: mark)
        }
    }

    private static func text(_ token: Token) -> String {
        switch token {
        case .word(let text), .quoted(let text), .mark(let text): text
        }
    }

    private static func error(_ message: String, _ remedy: String?) -> SweepError {
        SweepError(.usage, message, remedy: remedy)
    }

    private static func tokens(_ text: String) throws(SweepError) -> [Token] {
        var tokens: [Token] = []
        var rest = text[...]
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first == "'" || first == "\"" {
                rest.removeFirst()
                var quoted = ""
                while true {
                    guard let next = rest.popFirst() else { throw error("a quote is not closed", "add \(first)") }
                    if next != first {
                        quoted.append(next)
                    } else if rest.first == first {
                        quoted.append(first)
                        rest.removeFirst()
                    } else {
                        break
                    }
                }
                tokens.append(.quoted(quoted))
            } else if let mark = ["<=", ">=", "!=", "<>", "==", "<", ">", "=", "(", ")", "[", "]", ","].first(where: {
                rest.hasPrefix($0)
            }) {
                tokens.append(.mark(mark))
                rest = rest.dropFirst(mark.count)
            } else if isOfWord(first) {
                let word = rest.prefix(while: isOfWord)
                tokens.append(.word(String(word)))
                rest = rest.dropFirst(word.count)
            } else {
                throw error("the character '\(first)' is not understood", "put names and texts in quotes")
            }
        }
        return tokens
    }

    private static func isOfWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_.-+/:".contains(character)
    }
}
