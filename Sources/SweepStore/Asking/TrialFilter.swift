package import SweepModel

/// Expressions over the trials of one sweep, in SQL: `--where`, derived metrics, and the pages' filter box.
///
/// SQLite evaluates them in a `ScratchDatabase` that holds one table with one row a trial: whatever is typed there can see
/// and harm nothing else.
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
    /// SQLite takes no more in one table.
    package static let maximumColumns = 1900
    /// Seconds.
    static let patience = 2.0

    /// The indices of the rows for which `expression` is true, ascending.
    ///
    /// - Throws: `.usage` with SQLite's message and the names there are, when it cannot be evaluated.
    package static func rows(where expression: String, columns: [Column]) throws(SweepError) -> [Int] {
        try rows(where: expression, columns: columns, patience: patience)
    }

    static func rows(
        where expression: String, columns: [Column], patience: Double
    ) throws(SweepError) -> [Int] {
        var rows: [Int] = []
        try evaluate(expression, "SELECT _row FROM trials WHERE", "ORDER BY _row", columns, patience) { row in
            if case .int(let index)? = row.first { rows.append(index) }
        }
        return rows
    }

    /// The value of `expression` in each row: a derived metric. nil where it is no number.
    package static func values(of expression: String, columns: [Column]) throws(SweepError) -> [Double?] {
        var values: [Double?] = []
        try evaluate(expression, "SELECT", "FROM trials ORDER BY _row", columns, patience) { row in
            values.append(row.first?.number)
        }
        return values
    }

    private static func evaluate(
        _ expression: String, _ before: String, _ after: String, _ columns: [Column], _ patience: Double,
        _ row: ([ParameterValue]) -> Void
    ) throws(SweepError) {
        guard expression.utf8.count <= maximumLength else {
            throw SweepError(.usage, "a filter has at most \(maximumLength) bytes", remedy: "shorten it")
        }
        let columns = unlike(columns)
        let database = try ScratchDatabase()
        try database.makeTable("trials", ["_row"] + columns.map(\.name))
        try database.fill("trials", columns: columns.count + 1, rows: columns.first?.values.count ?? 0) { row, column in
            column == 0 ? .int(row) : columns[column - 1].values[row]
        }
        do {
            // First alone: a bracket too many must not end ours. The line feed ends a comment.
            try database.ask("SELECT \(expression)\n FROM trials", .expression, patience: patience) { _ in false }
            try database.ask("\(before) (\(expression)\n) \(after)", .expression, patience: patience) { values in
                row(values)
                return true
            }
        } catch {
            let names = columns.prefix(40).map { SQLText.shown($0.name) }.joined(separator: ", ")
            throw SweepError(
                .usage, "'\(expression.prefix(200))' cannot be evaluated: \(error.message)",
                remedy: error.remedy ?? "use an SQL expression over: \(names)")
        }
    }

    /// Of columns with the same name (SQLite does not tell capitals from small letters) the first.
    private static func unlike(_ columns: [Column]) -> [Column] {
        var seen: Set<String> = ["_row"]
        return Array(columns.filter { seen.insert($0.name.lowercased()).inserted }.prefix(maximumColumns))
    }
}
