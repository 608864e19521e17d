import GRDBSQLite
import SweepModel

/// A SQLite database in memory for what people type: it holds copies of what they may see and nothing else, and whatever
/// they write reads it only.
///
/// Four fences: an authorizer that lets reading, and functions whose cost their arguments bound, through; SQLite's limits
/// of sizes and depths; a deadline; and that there is nothing else in it. One thread at a time.
package final class ScratchDatabase {
    /// What the text may be.
    enum Scope: Int {
        /// An expression: no sums over rows, no recursion.
        case expression
        /// A whole query, that may have several parts and common table expressions.
        case query
    }

    private let handle: OpaquePointer

    init() throws(SweepError) {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        guard sqlite3_open_v2(":memory:", &opened, flags, nil) == SQLITE_OK, let opened else {
            sqlite3_close(opened)
            throw SweepError(.tryAgain, "no memory for a query", remedy: "try again later")
        }
        handle = opened
        // A name in double quotes that is no column is an error, not a text.
        _disableDoubleQuotedStringLiterals(opened)
        for (limit, value) in [
            (SQLITE_LIMIT_LENGTH, 16 << 20), (SQLITE_LIMIT_SQL_LENGTH, 100_000), (SQLITE_LIMIT_EXPR_DEPTH, 200),
            (SQLITE_LIMIT_COMPOUND_SELECT, 50), (SQLITE_LIMIT_VDBE_OP, 100_000), (SQLITE_LIMIT_FUNCTION_ARG, 100),
            (SQLITE_LIMIT_ATTACHED, 0), (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000), (SQLITE_LIMIT_TRIGGER_DEPTH, 1),
            (SQLITE_LIMIT_WORKER_THREADS, 0),
        ] {
            sqlite3_limit(opened, Int32(limit), Int32(value))
        }
    }

    deinit { sqlite3_close_v2(handle) }

    private var message: String { sqlite3_errmsg(handle).map { String(cString: $0) } ?? "unknown" }

    private func failure(_ what: String) -> SweepError { SweepError(.failed, "\(what): \(message)") }

    /// A table with these columns, which may be any text that is unlike the others.
    func makeTable(_ name: String, _ columns: [String]) throws(SweepError) {
        let list = columns.map(SQLText.quoted).joined(separator: ", ")
        guard sqlite3_exec(handle, "CREATE TABLE \(SQLText.quoted(name)) (\(list))", nil, nil, nil) == SQLITE_OK else {
            throw failure("table \(name)")
        }
    }

    /// Adds `count` rows; `value` gives what stands in a row's column.
    func fill(
        _ name: String, columns: Int, rows: Int, _ value: (_ row: Int, _ column: Int) -> ParameterValue
    ) throws(SweepError) {
        guard rows > 0 else { return }
        let marks = Array(repeating: "?", count: columns).joined(separator: ", ")
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        let sql = "INSERT INTO \(SQLText.quoted(name)) VALUES (\(marks))"
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { throw failure("table \(name)") }
        sqlite3_exec(handle, "BEGIN", nil, nil, nil)
        for row in 0..<rows {
            for column in 0..<columns { bind(value(row, column), to: statement, Int32(column + 1)) }
            guard sqlite3_step(statement) == SQLITE_DONE else { throw failure("table \(name)") }
            sqlite3_reset(statement)
        }
        sqlite3_exec(handle, "COMMIT", nil, nil, nil)
    }

    private func bind(_ value: ParameterValue, to statement: OpaquePointer?, _ index: Int32) {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .bool(let value): sqlite3_bind_int64(statement, index, value ? 1 : 0)
        case .int(let value): sqlite3_bind_int64(statement, index, Int64(value))
        // SQLite makes NULL of NaN.
        case .double(let value): sqlite3_bind_double(statement, index, value)
        case .string(let text): bind(text, to: statement, index)
        case .list, .object: bind(value.json(), to: statement, index)
        }
    }

    private func bind(_ text: String, to statement: OpaquePointer?, _ index: Int32) {
        var text = text
        // SQLITE_TRANSIENT: SQLite copies it.
        text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                _ = sqlite3_bind_text(
                    statement, index, characters.baseAddress ?? UnsafePointer(bitPattern: 1), Int32(characters.count),
                    unsafeBitCast(-1, to: sqlite3_destructor_type.self))
            }
        }
    }

    /// The rows of one statement that somebody typed; `row` may say that it wants no more.
    ///
    /// - Parameter patience: seconds after which it is given up.
    /// - Throws: `.usage` with SQLite's words.
    /// - Returns: the names of its columns.
    @discardableResult
    func ask(
        _ sql: String, _ scope: Scope, patience: Double, row: ([ParameterValue]) -> Bool
    ) throws(SweepError) -> [String] {
        sqlite3_set_authorizer(
            handle, { scope, action, first, second, _, _ in ScratchDatabase.allows(scope, action, first, second) },
            UnsafeMutableRawPointer(bitPattern: scope.rawValue + 1))
        defer { sqlite3_set_authorizer(handle, nil, nil) }
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard let prepared = ScratchDatabase.prepare(handle, sql, &statement) else { throw SweepError(.usage, message) }
        guard statement != nil else { throw SweepError(.usage, "there is no query in it") }
        guard prepared, sqlite3_stmt_readonly(statement) != 0 else {
            throw SweepError(.usage, "one statement only", remedy: "leave out what follows the first ';'")
        }
        let deadline = Deadline(seconds: patience)
        sqlite3_progress_handler(
            handle, 10_000,
            { pointer in
                pointer.map { Unmanaged<Deadline>.fromOpaque($0).takeUnretainedValue().isOver } ?? true ? 1 : 0
            }, Unmanaged.passUnretained(deadline).toOpaque())
        defer {
            sqlite3_progress_handler(handle, 0, nil, nil)
            withExtendedLifetime(deadline) {}
        }
        let count = sqlite3_column_count(statement)
        let names = (0..<count).map { sqlite3_column_name(statement, $0).map { String(cString: $0) } ?? "" }
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: guard row((0..<count).map { Self.value(statement, $0) }) else { return names }
            case SQLITE_DONE: return names
            case SQLITE_INTERRUPT:
                throw SweepError(.usage, "it takes longer than \(patience) s", remedy: "ask for less at once")
            default: throw SweepError(.usage, message)
            }
        }
    }

    /// Compiles the first statement of `sql`.
    ///
    /// - Returns: nil when it cannot be; else whether nothing follows it.
    private static func prepare(_ handle: OpaquePointer, _ sql: String, _ statement: inout OpaquePointer?) -> Bool? {
        var sql = sql
        return sql.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text -> Bool? in
                var tail: UnsafePointer<CChar>?
                guard !bytes.contains(0),
                    sqlite3_prepare_v2(handle, text.baseAddress, Int32(text.count), &statement, &tail) == SQLITE_OK
                else { return nil }
                guard let start = text.baseAddress, let tail else { return true }
                return bytes[(tail - start)...].allSatisfy { [0x20, 0x09, 0x0A, 0x0D, 0x3B].contains($0) }
            }
        }
    }

    private static func value(_ statement: OpaquePointer?, _ column: Int32) -> ParameterValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .int(Int(sqlite3_column_int64(statement, column)))
        case SQLITE_FLOAT: return .double(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            let length = Int(sqlite3_column_bytes(statement, column))
            guard let bytes = sqlite3_column_text(statement, column) else { return .null }
            return .string(String(decoding: UnsafeBufferPointer(start: bytes, count: length), as: UTF8.self))
        case SQLITE_BLOB: return .string("(\(sqlite3_column_bytes(statement, column)) bytes)")
        default: return .null
        }
    }

    /// What SQLite asks while it compiles.
    private static func allows(
        _ scope: UnsafeMutableRawPointer?, _ action: Int32, _ first: UnsafePointer<CChar>?,
        _ second: UnsafePointer<CChar>?
    ) -> Int32 {
        let isQuery = scope == UnsafeMutableRawPointer(bitPattern: Scope.query.rawValue + 1)
        switch action {
        case SQLITE_READ:
            // The schema's own tables show nothing that matters, but nothing needs them either.
            guard let table = first.map({ String(cString: $0) }) else { return SQLITE_DENY }
            return table.hasPrefix("sqlite_") ? SQLITE_DENY : SQLITE_OK
        case SQLITE_SELECT: return SQLITE_OK
        case SQLITE_RECURSIVE: return isQuery ? SQLITE_OK : SQLITE_DENY
        case SQLITE_FUNCTION:
            guard let name = second.map({ String(cString: $0).lowercased() }) else { return SQLITE_DENY }
            return functions.contains(name) || isQuery && queryFunctions.contains(name) ? SQLITE_OK : SQLITE_DENY
        default: return SQLITE_DENY
        }
    }

    /// Functions of one row: what they give is no larger than what they take.
    static let functions: Set<String> = [
        "abs", "min", "max", "round", "log", "ln", "log2", "log10", "exp", "sqrt", "pow", "power", "floor", "ceil",
        "ceiling", "trunc", "mod", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "pi",
        "degrees", "radians", "sign", "coalesce", "ifnull", "nullif", "iif", "lower", "upper", "length", "substr",
        "substring", "instr", "trim", "ltrim", "rtrim", "typeof", "like", "glob", "unicode", "char", "json_extract",
        "->", "->>", "json_type", "json_array_length", "date", "time", "datetime", "julianday", "unixepoch", "strftime",
    ]

    /// What a whole query may use besides: sums over rows, and windows.
    private static let queryFunctions: Set<String> = [
        "avg", "count", "sum", "total", "group_concat", "row_number", "rank", "dense_rank", "percent_rank", "cume_dist",
        "ntile", "lag", "lead", "first_value", "last_value", "nth_value", "replace", "hex", "quote", "json_each",
        "json_group_array",
    ]
}

/// When a query is given up.
private final class Deadline {
    private let end: ContinuousClock.Instant

    init(seconds: Double) { end = .now + .seconds(seconds) }

    var isOver: Bool { ContinuousClock.now >= end }
}

/// Names in SQL.
enum SQLText {
    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// As somebody would type it: in quotes only where it must be.
    static func shown(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain && !name.isEmpty && name.first?.isNumber == false ? name : quoted(name)
    }
}
