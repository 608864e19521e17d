package import SweepModel

/// The answer to an SQL query.
package struct QueryResult: Equatable, Sendable {
    package var columns: [String] = []
    package var rows: [[ParameterValue]] = []
    /// There are more rows than were asked for.
    package var isCut = false
}

/// `sweep query`: SQL over tables that are documented and stay as they are, whatever the database looks like inside.
///
/// | Table | A row | Columns |
/// |---|---|---|
/// | `sweeps` | a sweep | `id`, `name`, `state`, `reason`, `created`, `ended`, `file` |
/// | `trials` | a trial | those of `TrialColumns`: `sweep`, `id`, `number`, `state`, `objective`, …, `note`, `tags` (each between spaces), `star`, each parameter and each last metric by name |
/// | `parameters` | a parameter of a trial | `sweep`, `trial`, `name`, `value` |
/// | `metrics` | a last metric of a trial | `sweep`, `trial`, `name`, `value` |
/// | `attempts` | an attempt | `sweep`, `trial`, `attempt`, `agent`, `host`, `slot`, `assigned`, `started`, `ended`, `outcome`, `reason`, `exit`, `peak_memory`, `cpu_seconds` |
/// | `points` | a point of the newest attempt of a trial | `sweep`, `trial`, `attempt`, `metric`, `step`, `time`, `value` |
///
/// `trial` is the trial's number; times are seconds since 1970. The tables are copies in memory (`ScratchDatabase`); those
/// whose names do not occur in the query are left empty.
extension Store {
    package static let mostQueryPoints = 5_000_000
    /// Seconds.
    static let queryPatience = 30.0

    /// - Parameter sweep: only this one's rows; nil: those of all sweeps.
    /// - Throws: `.usage` with SQLite's words.
    package func query(
        _ sql: String, sweep: SweepID?, derived: (SweepID) -> [DerivedMetric] = { _ in [] }, limit: Int
    ) throws(SweepError) -> QueryResult {
        let database = try ScratchDatabase()
        let words = sql.lowercased()
        let sweeps = try sweeps().filter { sweep == nil || $0.record.id == sweep }
        try add("sweeps", ["id", "name", "state", "reason", "created", "ended", "file"], to: database, sweeps) {
            sweep in
            let record = sweep.record
            return [
                .string(record.id.text), .optional(record.name), .string(record.state.rawValue),
                .optional(record.reason), .seconds(record.created), .seconds(record.ended), .optional(record.file),
            ]
        }
        var trials: [TrialSnapshot] = []
        if ["trials", "parameters", "metrics", "attempts", "points"].contains(where: words.contains) {
            for sweep in sweeps { trials += try allTrials(sweep.record.id) }
            guard trials.count <= Self.mostTrialsAsked else {
                throw SweepError(
                    .usage, "the sweeps have more than \(Self.mostTrialsAsked) trials", remedy: "name one with --sweep")
            }
        }
        let rules = sweeps.count == 1 ? derived(sweeps[0].record.id) : []
        try addTrials(TrialColumns(trials, derived: rules), to: database)
        let attempts = words.contains("attempts") ? try allAttempts(trials) : []
        try addAttempts(attempts, to: database)
        try addPoints(words.contains("points") ? trials : [], to: database)
        var result = QueryResult()
        result.columns = try database.ask(sql, .query, patience: Self.queryPatience) { row in
            guard result.rows.count < limit else {
                result.isCut = true
                return false
            }
            result.rows.append(row)
            return true
        }
        return result
    }

    private func add<T>(
        _ name: String, _ columns: [String], to database: ScratchDatabase, _ rows: [T],
        _ values: (T) -> [ParameterValue]
    ) throws(SweepError) {
        try database.makeTable(name, columns)
        var last = -1
        var current: [ParameterValue] = []
        try database.fill(name, columns: columns.count, rows: rows.count) { row, column in
            if row != last {
                current = values(rows[row])
                last = row
            }
            return current[column]
        }
    }

    private func addTrials(_ table: TrialColumns, to database: ScratchDatabase) throws(SweepError) {
        let columns = Array(table.columns.prefix(TrialFilter.maximumColumns))
        try database.makeTable("trials", columns.map(\.name))
        try database.fill("trials", columns: columns.count, rows: table.count) { row, column in
            columns[column].values[row]
        }
        let sweeps = table.columns.first { $0.name == "sweep" }?.values ?? []
        let numbers = table.columns.first { $0.name == "number" }?.values ?? []
        for (name, kinds) in [("parameters", [TrialColumns.Kind.parameter]), ("metrics", [.metric, .derived])] {
            var cells: [(row: Int, column: Int)] = []
            for (index, column) in table.columns.enumerated() where kinds.contains(column.kind) {
                for row in 0..<table.count where column.values[row] != .null { cells.append((row, index)) }
            }
            try add(name, ["sweep", "trial", "name", "value"], to: database, cells) { cell in
                let column = table.columns[cell.column]
                return [sweeps[cell.row], numbers[cell.row], .string(column.name), column.values[cell.row]]
            }
        }
    }

    private func allAttempts(_ trials: [TrialSnapshot]) throws(SweepError) -> [AttemptSnapshot] {
        var attempts: [AttemptSnapshot] = []
        for trial in trials where trial.progress.attempt > 0 { attempts += try self.attempts(trial.record.id) }
        return attempts
    }

    private func addAttempts(_ attempts: [AttemptSnapshot], to database: ScratchDatabase) throws(SweepError) {
        let names = [
            "sweep", "trial", "attempt", "agent", "host", "slot", "assigned", "started", "ended", "outcome", "reason",
            "exit", "peak_memory", "cpu_seconds",
        ]
        try add("attempts", names, to: database, attempts) { attempt in
            [
                .string(attempt.id.trial.sweep.text), .int(attempt.id.trial.number), .int(attempt.id.number),
                .string(attempt.agentName), .string(attempt.host), .string(attempt.slot), .seconds(attempt.assigned),
                .seconds(attempt.started), .seconds(attempt.ended), .optional(attempt.outcome?.rawValue),
                .optional(attempt.reason), attempt.exit.map { .int($0) } ?? .null,
                attempt.end?.peakMemory.map { .int($0) } ?? .null, .optional(attempt.end?.cpuSeconds),
            ]
        }
    }

    private func addPoints(_ trials: [TrialSnapshot], to database: ScratchDatabase) throws(SweepError) {
        let names = ["sweep", "trial", "attempt", "metric", "step", "time", "value"]
        try database.makeTable("points", names)
        var total = 0
        for trial in trials where trial.progress.attempt > 0 {
            let id = AttemptID(trial.record.id, trial.progress.attempt)
            for metric in try metrics(of: id) {
                total += metric.points
                guard total <= Self.mostQueryPoints else {
                    throw SweepError(
                        .usage, "there are more than \(Self.mostQueryPoints) points",
                        remedy: "name one sweep with --sweep, or use 'sweep export --rows points'")
                }
                let series = try points(metric.name, of: id)
                try database.fill("points", columns: names.count, rows: series.count) { row, column in
                    switch column {
                    case 0: .string(id.trial.sweep.text)
                    case 1: .int(id.trial.number)
                    case 2: .int(id.number)
                    case 3: .string(metric.name)
                    case 4: series.step(row).map { .int($0) } ?? .null
                    case 5: .double(Double(series.times[row]) / 1000)
                    default: .double(series.values[row])
                    }
                }
            }
        }
    }
}
