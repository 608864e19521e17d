import GRDB
package import SweepModel

/// `--where` and the pages' filter box: SQLite's own expressions over the trials of one sweep.
///
/// The expression is evaluated in a database of its own, in memory, that holds one table with one row a trial: whatever
/// is typed there can see and harm nothing else. Only functions whose cost is bounded by their arguments are taken, and
/// no subqueries, so that a row costs little; all rows together are given up after `patience`.
package enum TrialFilter {
    /// A column of the table; as many values as there are trials.
    package struct Column: Sendable {
        package var name: String
        package var values: [ParameterValue]

        package init(_ name: String, _ values: [ParameterValue]) {
            self.name = name
            self.values = values
        }
    }

    package static let maximumLength = 2000
    /// Seconds.
    static let patience = 2.0

    /// The indices of the rows for which `expression` is true.
    ///
    /// - Throws: `.usage` with SQLite's message and the names there are, when it cannot be evaluated.
    package static func rows(where expression: String, columns: [Column]) throws(SweepError) -> [Int] {
        try evaluate("SELECT _row FROM trials WHERE (\(try checked(expression)))", expression, columns) { row in row[0]
        }
    }

    /// The value of `expression` in each row: a derived metric. nil where it is no number.
    package static func values(of expression: String, columns: [Column]) throws(SweepError) -> [Double?] {
        try evaluate("SELECT (\(try checked(expression))) FROM trials ORDER BY _row", expression, columns) { row in
            let value: DatabaseValue = row[0]
            return Double.fromDatabaseValue(value)
        }
    }

    private static func checked(_ expression: String) throws(SweepError) -> String {
        guard expression.utf8.count <= maximumLength else {
            throw SweepError(.usage, "a filter has at most \(maximumLength) bytes", remedy: "shorten it")
        }
        // A comment would swallow the bracket that keeps the expression in its place; a semicolon would end it.
        guard !expression.contains("--"), !expression.contains("/*"), !expression.contains(";"),
            !expression.utf8.contains(0)
        else { throw SweepError(.usage, "a filter takes one expression, without ';' and comments") }
        guard isClosed(expression) else {
            throw SweepError(.usage, "a bracket or a quote of the filter has no other one", remedy: "close it")
        }
        for word in words(of: expression) where word.isCall || !word.isQuoted && forbidden.contains(word.text) {
            guard !functions.contains(word.text) else { continue }
            throw SweepError(
                .usage, "a filter cannot use '\(word.text)'",
                remedy: "its functions are \(functions.subtracting(operators).sorted().joined(separator: ", "))")
        }
        return expression
    }

    private static let forbidden: Set<String> = ["select", "with", "values", "table", "pragma", "recursive"]
    /// Words after which a bracket may stand though they are no functions.
    private static let operators: Set<String> = [
        "and", "or", "not", "in", "between", "like", "glob", "is", "when", "then", "else", "case", "as",
    ]
    private static let functions: Set<String> = operators.union([
        "abs", "min", "max", "round", "log", "ln", "log2", "log10", "exp", "sqrt", "pow", "power", "floor", "ceil",
        "coalesce", "ifnull", "nullif", "iif", "lower", "upper", "length", "substr", "instr", "trim", "typeof", "cast",
        "sign",
    ])

    private struct Word {
        var text = ""
        /// A bracket follows: it is called. Names in quotes can be, too.
        var isCall = false
        var isQuoted = false
    }

    private static func words(of expression: String) -> [Word] {
        var words: [Word] = []
        var quote: Character?
        // Only spaces lie between the last word and here.
        var isAfterWord = false
        var isInWord = false
        for character in expression {
            if let end = quote {
                if character == end { quote = nil } else { words[words.count - 1].text.append(character) }
                continue
            }
            switch character {
            case "'", "\"", "`", "[":
                quote = character == "[" ? "]" : character
                words.append(Word(isQuoted: true))
                (isInWord, isAfterWord) = (false, true)
            case _ where character.isLetter || character.isNumber || character == "_" || !character.isASCII:
                if !isInWord { words.append(Word()) }
                words[words.count - 1].text += character.lowercased()
                (isInWord, isAfterWord) = (true, true)
            case _ where character.isWhitespace: isInWord = false
            default:
                if character == "(", isAfterWord { words[words.count - 1].isCall = true }
                (isInWord, isAfterWord) = (false, false)
            }
        }
        return words
    }

    /// Whether each bracket that opens closes, and none closes that did not open: one of those would leave the place that
    /// the expression is put in.
    private static func isClosed(_ expression: String) -> Bool {
        var quote: Character?
        var depth = 0
        for character in expression {
            if let end = quote {
                if character == end { quote = nil }
                continue
            }
            switch character {
            case "'", "\"", "`": quote = character
            case "[": quote = "]"
            case "(": depth += 1
            case ")": depth -= 1
            default: break
            }
            if depth < 0 { return false }
        }
        return depth == 0 && quote == nil
    }

    private static func evaluate<T: Sendable>(
        _ sql: String, _ expression: String, _ columns: [Column], _ value: @escaping (Row) -> T
    ) throws(SweepError) -> [T] {
        do {
            let queue = try database(columns)
            let deadline = ContinuousClock.now + .seconds(patience)
            return try queue.read { database in
                // Names in double quotes that do not exist are errors here, not texts.
                let cursor = try Row.fetchCursor(database, sql: sql)
                var values: [T] = []
                while let row = try cursor.next() {
                    guard ContinuousClock.now < deadline else {
                        throw SweepError(.usage, "the filter takes longer than \(patience) s", remedy: "simplify it")
                    }
                    values.append(value(row))
                }
                return values
            }
        } catch let error as SweepError {
            throw error
        } catch {
            let names = columns.prefix(40).map { quoted($0.name) }.joined(separator: ", ")
            let message = (error as? DatabaseError)?.message ?? "\(error)"
            throw SweepError(
                .usage, "'\(expression.prefix(200))' cannot be evaluated: \(message)",
                remedy: "use an SQL expression over: \(names)")
        }
    }

    private static func database(_ columns: [Column]) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = "sweep.filter"
        let queue = try DatabaseQueue(configuration: configuration)
        let columns = Array(columns.prefix(500))
        let names = columns.map { quoted($0.name) }
        try queue.write { database in
            try database.execute(
                sql: "CREATE TABLE trials (_row INTEGER PRIMARY KEY\(names.map { ", \($0)" }.joined()))")
            let marks = String(repeating: ", ?", count: columns.count)
            let insertion = try database.makeStatement(sql: "INSERT INTO trials VALUES (?\(marks))")
            for row in 0..<(columns.first?.values.count ?? 0) {
                try insertion.execute(
                    arguments: StatementArguments([row.databaseValue] + columns.map { databaseValue($0.values[row]) }))
            }
        }
        return queue
    }

    private static func quoted(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { $0 < 0x80 && ($0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_")) }
        guard !isPlain || name.first?.isNumber == true || name.isEmpty else { return name }
        return "\"" + name.replacing("\"", with: "\"\"") + "\""
    }

    private static func databaseValue(_ value: ParameterValue) -> DatabaseValue {
        switch value {
        case .null: .null
        case .bool(let value): value.databaseValue
        case .int(let value): value.databaseValue
        case .double(let value): value.databaseValue
        case .string(let value): value.databaseValue
        case .list, .object: value.json().databaseValue
        }
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
