/// What `sweep export` and the pages ask for as a table.
package struct ExportRequest: Hashable, Sendable, Codable {
    package enum Rows: String, Sendable, Codable, CaseIterable {
        /// A row a trial: what it is, its parameters, its last (or derived) metrics.
        case trials
        /// A row a point: each value of each metric of each trial's newest attempt.
        case points
    }

    package enum Format: String, Sendable, Codable, CaseIterable {
        case csv
        /// A JSON object a row.
        case jsonl
        /// A JSON object of lists, one a column, for up to 65,536 rows a line: the row groups of a Parquet file.
        case columns
    }

    package var rows: Rows
    package var format: Format
    /// Only trials for which this is true (`TrialFilter`).
    package var filter: String?
    /// Only these metrics; nil: all.
    package var metrics: [String]?
    /// Only this trial.
    package var trial: Int?

    package init(
        rows: Rows = .trials, format: Format = .csv, filter: String? = nil, metrics: [String]? = nil, trial: Int? = nil
    ) {
        self.rows = rows
        self.format = format
        self.filter = filter
        self.metrics = metrics
        self.trial = trial
    }
}

/// A metric that is computed from others (`metrics: {gap: "val_loss - loss"}`), by an SQL expression over a trial.
package struct DerivedMetric: Hashable, Sendable, Codable {
    package var name: String
    package var expression: String

    package init(_ name: String, _ expression: String) {
        self.name = name
        self.expression = expression
    }
}
