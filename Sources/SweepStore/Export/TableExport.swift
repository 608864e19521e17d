package import SweepModel

/// A sweep as a table, a piece at a time: what `sweep export` prints and an address of the dashboard answers with.
///
///     var export = try TableExport(store, sweep, ExportRequest(rows: .points))
///     while let piece = try export.next() { send(piece) }
///
/// A row a trial has the columns of `TrialColumns`. A row a point has `id` (of the trial), `number`, `attempt`, `metric`,
/// `step` (empty where the script gave none), `time` (seconds since 1970, as all times in exports), `value` and `source`.
/// Blocks its thread; holds the points of one metric of one trial at most.
package struct TableExport: Sendable {
    /// Rows that make a piece: some 100 KB.
    private static let pieceRows = 2048
    private static let groupRows = 65_536
    static let pointNames = ["id", "number", "attempt", "metric", "step", "time", "value", "source"]

    private let store: Store
    private let request: ExportRequest
    private var writer: TableWriter
    private var wantsHeader = true

    /// For rows of trials.
    private let columns: [[ParameterValue]]
    private let rowCount: Int
    private var row = 0

    /// For rows of points: the trials, the metrics of the one at hand, the points of the one at hand.
    private let attempts: [AttemptID]
    private var attempt = 0
    private var metrics: [MetricSummary] = []
    private var metric = 0
    private var series = PointSeries()
    private var point = 0

    /// - Throws: `.usage` for a filter that cannot be evaluated.
    package init(
        _ store: Store, _ sweep: SweepID, _ request: ExportRequest, derived: [DerivedMetric] = []
    ) throws(SweepError) {
        self.store = store
        self.request = request
        let snapshots = try store.allTrials(sweep).filter {
            request.trial == nil || $0.record.id.number == request.trial
        }
        let wanted = request.metrics.map { Set($0) }
        switch request.rows {
        case .trials:
            let table = try TrialColumns(snapshots, derived: derived)
            let shown = table.columns.filter { column in
                wanted.map { $0.contains(column.name) || column.kind == .own || column.kind == .parameter } ?? true
            }
            var columns = shown.map(\.values)
            if let filter = request.filter {
                let rows = try table.rows(where: filter)
                columns = columns.map { column in rows.map { column[$0] } }
                rowCount = rows.count
            } else {
                rowCount = table.count
            }
            self.columns = columns
            attempts = []
            writer = TableWriter(request.format, shown.map(\.name))
        case .points:
            var chosen = snapshots
            if let filter = request.filter {
                let table = try TrialColumns(snapshots, derived: derived)
                chosen = try table.rows(where: filter).map { snapshots[$0] }
            }
            attempts = chosen.compactMap { trial in
                trial.progress.attempt > 0 ? AttemptID(trial.record.id, trial.progress.attempt) : nil
            }
            columns = []
            rowCount = 0
            writer = TableWriter(request.format, Self.pointNames)
        }
    }

    /// The next bytes; nil at the end.
    package mutating func next() throws(SweepError) -> [UInt8]? {
        if wantsHeader {
            wantsHeader = false
            writer.header()
        }
        let limit = request.format == .columns ? Self.groupRows : Self.pieceRows
        if request.rows == .trials {
            let end = min(rowCount, row + limit)
            writer.write(row..<end, columns)
            row = end
        } else {
            try writePoints(limit)
        }
        let piece = writer.take()
        return piece.isEmpty ? nil : piece
    }

    private mutating func writePoints(_ limit: Int) throws(SweepError) {
        while point >= series.count {
            guard try advance() else { return }
        }
        let id = attempts[attempt - 1]
        let summary = metrics[metric - 1]
        let end = min(series.count, point + limit)
        let count = end - point
        func constant(_ value: ParameterValue) -> [ParameterValue] { Array(repeating: value, count: count) }
        let range = point..<end
        writer.write(
            0..<count,
            [
                constant(.string(id.trial.description)), constant(.int(id.trial.number)), constant(.int(id.number)),
                constant(.string(summary.name)), range.map { series.step($0).map { .int($0) } ?? .null },
                range.map { .double(Double(series.times[$0]) / 1000) }, range.map { .double(series.values[$0]) },
                constant(summary.sources.isEmpty ? .null : .string(summary.sources.joined(separator: "+"))),
            ])
        point = end
    }

    /// To the next metric that has points.
    ///
    /// - Returns: false at the end.
    private mutating func advance() throws(SweepError) -> Bool {
        while metric >= metrics.count {
            guard attempt < attempts.count else { return false }
            let wanted = request.metrics
            metrics = try store.metrics(of: attempts[attempt]).filter { wanted?.contains($0.name) ?? true }
            metric = 0
            attempt += 1
        }
        series = try store.points(metrics[metric].name, of: attempts[attempt - 1])
        point = 0
        metric += 1
        return true
    }
}

extension Store {
    /// Most trials that one table, filter or query takes.
    package static let mostTrialsAsked = 200_000

    /// All trials of a sweep, by number.
    package func allTrials(_ sweep: SweepID) throws(SweepError) -> [TrialSnapshot] {
        let trials = try trials(sweep, limit: Self.mostTrialsAsked + 1)
        guard trials.count <= Self.mostTrialsAsked else {
            throw SweepError(
                .usage, "sweep \(sweep) has more than \(Self.mostTrialsAsked) trials",
                remedy: "read them from a copy of sweep.db")
        }
        return trials
    }
}
