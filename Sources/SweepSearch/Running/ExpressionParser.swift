import Glibc
import SweepModel

/// Reads an `Expression`, by precedence: or, and, not, comparisons, sums, products, signs, powers.
struct ExpressionParser {
    private let characters: [Character]
    private let names: [String: [String]]
    private var position = 0
    private var depth = 0

    init(_ text: String, names: [String: [String]]) {
        characters = Array(text)
        self.names = names
    }

    mutating func parse() throws(SweepError) -> Expression.Node {
        let node = try disjunction()
        skipSpace()
        guard position == characters.count else { throw problem("'\(characters[position])' is not expected here") }
        return node
    }

    private func problem(_ message: String, remedy: String? = nil) -> SweepError {
        SweepError(.usage, "expression, character \(position + 1): \(message)", remedy: remedy)
    }

    private mutating func skipSpace() {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
    }

    private mutating func take(_ token: String) -> Bool {
        skipSpace()
        guard characters[position...].starts(with: token) else { return false }
        let end = position + token.count
        // A word must end there.
        if let last = token.last, last.isLetter, end < characters.count, Self.isWord(characters[end]) { return false }
        position = end
        return true
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_" || character == "."
    }

    // MARK: Levels

    private mutating func disjunction() throws(SweepError) -> Expression.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Expression.maximumDepth else { throw problem("nested too deeply") }
        var left = try conjunction()
        while take("or") { left = .call(Self.or, [left, try conjunction()]) }
        return left
    }

    private mutating func conjunction() throws(SweepError) -> Expression.Node {
        var left = try negation()
        while take("and") { left = .call(Self.and, [left, try negation()]) }
        return left
    }

    private mutating func negation() throws(SweepError) -> Expression.Node {
        var isNegated = false
        while take("not") { isNegated.toggle() }
        let node = try comparison()
        return isNegated ? .call(Self.not, [node]) : node
    }

    private mutating func comparison() throws(SweepError) -> Expression.Node {
        let left = try sum()
        for comparison in Expression.Comparison.allCases where take(comparison.rawValue) {
            return .comparison(comparison, left, try sum())
        }
        return left
    }

    private mutating func sum() throws(SweepError) -> Expression.Node {
        var left = try product()
        while true {
            if take("+") {
                left = .call(Self.plus, [left, try product()])
            } else if take("-") {
                left = .call(Self.minus, [left, try product()])
            } else {
                return left
            }
        }
    }

    private mutating func product() throws(SweepError) -> Expression.Node {
        var left = try sign()
        while true {
            if take("*") {
                left = .call(Self.times, [left, try sign()])
            } else if take("/") {
                left = .call(Self.divided, [left, try sign()])
            } else if take("%") {
                left = .call(Self.remainder, [left, try sign()])
            } else {
                return left
            }
        }
    }

    private mutating func sign() throws(SweepError) -> Expression.Node {
        var isNegative = false
        while true {
            if take("-") { isNegative.toggle() } else if !take("+") { break }
        }
        let node = try power()
        return isNegative ? .call(Self.negative, [node]) : node
    }

    private mutating func power() throws(SweepError) -> Expression.Node {
        let base = try operand()
        guard take("^") else { return base }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Expression.maximumDepth else { throw problem("nested too deeply") }
        // To the right: 2^3^2 is 2^9.
        return .call(Self.raised, [base, try sign()])
    }

    // MARK: Operands

    private mutating func operand() throws(SweepError) -> Expression.Node {
        skipSpace()
        guard position < characters.count else { throw problem("it ends where a value should be") }
        let character = characters[position]
        if take("(") {
            let node = try disjunction()
            guard take(")") else { throw problem("')' is missing") }
            return node
        }
        if character == "'" || character == "\"" { return .text(try quoted(character)) }
        if character == "`" { return .name(try path(of: try quoted("`"))) }
        if character.isNumber || character == "." { return .number(try number()) }
        guard character.isLetter || character == "_" else { throw problem("'\(character)' is no value") }
        let start = position
        while position < characters.count, Self.isWord(characters[position]) { position += 1 }
        let word = String(characters[start..<position])
        if take("(") { return try call(word) }
        if word == "pi", names[word] == nil { return .number(.pi) }
        return .name(try path(of: word))
    }

    private func path(of name: String) throws(SweepError) -> [String] {
        guard let path = names[name] else {
            let known = names.keys.sorted().prefix(12).joined(separator: ", ")
            throw problem("there is no parameter '\(name.prefix(60))'", remedy: "the parameters are \(known)")
        }
        return path
    }

    private mutating func call(_ name: String) throws(SweepError) -> Expression.Node {
        var arguments: [Expression.Node] = []
        if !take(")") {
            repeat { arguments.append(try disjunction()) } while take(",") && arguments.count < 64
            guard take(")") else { throw problem("')' is missing") }
        }
        if name == "if" {
            guard arguments.count == 3 else { throw problem("if needs a condition and two values") }
            return .choice(arguments[0], arguments[1], arguments[2])
        }
        guard let function = Expression.functions[name] else {
            let known = (Expression.functions.keys + ["if"]).sorted().joined(separator: ", ")
            throw problem("there is no function '\(name.prefix(40))'", remedy: "the functions are \(known)")
        }
        guard function.arity.contains(arguments.count) else {
            throw problem("\(name) does not take \(arguments.count) values")
        }
        return .call(function, arguments)
    }

    private mutating func quoted(_ quote: Character) throws(SweepError) -> String {
        position += 1
        guard let end = characters[position...].firstIndex(of: quote) else { throw problem("\(quote) is missing") }
        defer { position = end + 1 }
        return String(characters[position..<end])
    }

    private mutating func number() throws(SweepError) -> Double {
        let start = position
        while position < characters.count {
            let character = characters[position]
            let isExponent = character == "e" || character == "E"
            let isSign =
                (character == "+" || character == "-") && position > start
                && (characters[position - 1] == "e" || characters[position - 1] == "E")
            guard character.isNumber || character == "." || isExponent || isSign else { break }
            position += 1
        }
        let text = String(characters[start..<position])
        guard let number = Double(text) else { throw problem("'\(text.prefix(40))' is no number") }
        return number
    }

    // MARK: Operators

    private static let plus = Expression.Function(arity: 2...2) { $0[0] + $0[1] }
    private static let minus = Expression.Function(arity: 2...2) { $0[0] - $0[1] }
    private static let times = Expression.Function(arity: 2...2) { $0[0] * $0[1] }
    private static let divided = Expression.Function(arity: 2...2) { $0[0] / $0[1] }
    private static let remainder = Expression.Function(arity: 2...2) { fmod($0[0], $0[1]) }
    private static let raised = Expression.Function(arity: 2...2) { pow($0[0], $0[1]) }
    private static let negative = Expression.Function(arity: 1...1) { -$0[0] }
    private static let or = Expression.Function(arity: 2...2) { $0[0] == 0 && $0[1] == 0 ? 0 : 1 }
    private static let and = Expression.Function(arity: 2...2) { $0[0] == 0 || $0[1] == 0 ? 0 : 1 }
    private static let not = Expression.Function(arity: 1...1) { $0[0] == 0 ? 1 : 0 }
}
