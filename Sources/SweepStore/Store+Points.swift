import GRDB
package import SweepModel

/// A metric of an attempt, and how many points of it there are.
package struct MetricSummary: Equatable, Sendable {
    package var name: String
    /// Which sources gave it, where the agent said so.
    package var sources: [String]
    package var points: Int
}

extension Store {
    /// The metrics of an attempt, by name.
    package func metrics(of attempt: AttemptID) throws(SweepError) -> [MetricSummary] {
        try reading { database in
            var found: [String: MetricSummary] = [:]
            func add(_ name: String, _ source: String?, _ points: Int) {
                var summary = found[name] ?? MetricSummary(name: name, sources: [], points: 0)
                summary.points += points
                if let source, !summary.sources.contains(source) { summary.sources.append(source) }
                found[name] = summary
            }
            let rows = try Row.fetchCursor(
                database,
                sql: "SELECT metric, source, points FROM series WHERE sweep = ? AND trial = ? AND attempt = ?",
                arguments: [attempt.sweep.text, attempt.trial.number, attempt.number])
            while let row = try rows.next() {
                let source: String = row[1]
                add(row[0], source.isEmpty ? nil : source, row[2])
            }
            try LoosePoints.read(attempt, database) { report, _ in
                for name in report.metrics.keys { add(name, report.source, 1) }
            }
            return found.values.sorted { $0.name < $1.name }
        }
    }

    /// How many points of an attempt there are, and the bytes that each takes on average, without SQLite's own.
    package func pointBytes(of attempt: AttemptID) throws(SweepError) -> (points: Int, perPoint: Double) {
        try reading { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT
                        (SELECT total(points) FROM series WHERE sweep = ?1 AND trial = ?2 AND attempt = ?3)
                            + (SELECT loose_points FROM attempts WHERE sweep = ?1 AND trial = ?2 AND number = ?3),
                        (SELECT total(length(data)) FROM blocks WHERE sweep = ?1 AND trial = ?2 AND attempt = ?3)
                            + (SELECT total(length(data)) FROM series JOIN chunks ON chunks.series = series.id
                                WHERE sweep = ?1 AND trial = ?2 AND attempt = ?3)
                    """, arguments: [attempt.sweep.text, attempt.trial.number, attempt.number])
            let points: Double = row?[0] ?? 0
            let bytes: Double = row?[1] ?? 0
            return (Int(points), bytes / max(1, points))
        }
    }

    /// All points of one metric of an attempt, in the order in which they came.
    package func points(_ metric: String, of attempt: AttemptID) throws(SweepError) -> PointSeries {
        try reading { database in try Self.series(metric, of: attempt, database) }
    }

    /// One metric of an attempt as a chart of `width` points shows it: see `MinMaxView`.
    package func view(
        _ metric: String, of attempt: AttemptID, width: Int
    ) throws(SweepError) -> MinMaxView {
        try reading { database in
            var steps: [Int64] = []
            var values: [Double] = []
            let points = try Int.fetchOne(
                database,
                sql: "SELECT sum(points) FROM series WHERE sweep = ? AND trial = ? AND attempt = ? AND metric = ?",
                arguments: [attempt.sweep.text, attempt.trial.number, attempt.number, metric])
            steps.reserveCapacity(min(points ?? 0, 100_000_000))
            values.reserveCapacity(min(points ?? 0, 100_000_000))
            let rows = try Self.chunks(of: attempt, metric, database)
            while let row = try rows.next() {
                try row.block(0, "chunks.data") { bytes throws(BlockDamage) in
                    try PointChunk.decodeLine(bytes, steps: &steps, values: &values)
                }
            }
            try LoosePoints.read(attempt, database) { report, _ in
                guard let value = report.metrics[metric] else { return }
                steps.append(report.step.map(Int64.init) ?? PointSeries.noStep)
                values.append(value)
            }
            return MinMaxView(steps: steps, values: values, width: width)
        }
    }

    /// Of a metric the smallest and the largest number in each trial's newest attempt, of the newest `limit` trials that
    /// have one, in their order.
    package func extremes(
        of metric: String, in sweep: SweepID, limit: Int
    ) throws(SweepError) -> [(trial: Int, low: Double, high: Double)] {
        try reading { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT number, attempt FROM trials WHERE sweep = ? AND attempt > 0 ORDER BY number DESC LIMIT ?",
                arguments: [sweep.text, limit])
            return try rows.reversed().compactMap { row in
                let trial: Int = row[0]
                let values = try Self.values(metric, of: AttemptID(TrialID(sweep, trial), row[1]), database)
                guard let low = values.lazy.filter({ !$0.isNaN }).min(),
                    let high = values.lazy.filter({ !$0.isNaN }).max()
                else { return nil }
                return (trial, low, high)
            }
        }
    }

    private static func values(_ metric: String, of attempt: AttemptID, _ database: Database) throws -> [Double] {
        var steps: [Int64] = []
        var values: [Double] = []
        let rows = try chunks(of: attempt, metric, database)
        while let row = try rows.next() {
            try row.block(0, "chunks.data") { bytes throws(BlockDamage) in
                try PointChunk.decodeLine(bytes, steps: &steps, values: &values)
            }
        }
        try LoosePoints.read(attempt, database) { report, _ in
            if let value = report.metrics[metric] { values.append(value) }
        }
        return values
    }

    /// Reports of one attempt in the order in which they came, at most `limit` of them, after the first `skipping`.
    package func reports(
        _ attempt: AttemptID, skipping: Int = 0, limit: Int = .max
    ) throws(SweepError) -> [Report] {
        let start = max(0, skipping)
        let (end, overflow) = start.addingReportingOverflow(max(0, limit))
        return try reading { database in
            try Self.reports(attempt, start..<(overflow ? .max : end), database)
        }
    }

    /// Has `body` see the reports of one attempt, in the order in which they came, without holding them all.
    package func forEachReport(_ attempt: AttemptID, _ body: (Report) -> Void) throws(SweepError) {
        var start = 0
        try reading { database in
            while true {
                let page = try Self.reports(attempt, start..<start + PointChunk.capacity, database)
                guard !page.isEmpty else { return }
                for report in page { body(report) }
                start += page.count
            }
        }
    }

    static func series(_ metric: String, of attempt: AttemptID, _ database: Database) throws -> PointSeries {
        var series = PointSeries()
        let rows = try chunks(of: attempt, metric, database)
        while let row = try rows.next() { try ChunkTable.decode(row, 0, into: &series) }
        series.sort()
        try LoosePoints.read(attempt, database) { report, number in
            guard let value = report.metrics[metric] else { return }
            series.append(report: Int64(number), step: report.step, time: report.time.milliseconds, value: value)
        }
        return series
    }

    static func chunks(of attempt: AttemptID, _ metric: String, _ database: Database) throws -> RowCursor {
        try Row.fetchCursor(
            database,
            sql: """
                SELECT chunks.data FROM series JOIN chunks ON chunks.series = series.id
                WHERE sweep = ? AND trial = ? AND attempt = ? AND metric = ? ORDER BY chunks.first
                """,
            arguments: [attempt.sweep.text, attempt.trial.number, attempt.number, metric])
    }

    private static func reports(
        _ attempt: AttemptID, _ range: Range<Int>, _ database: Database
    ) throws -> [Report] {
        guard !range.isEmpty else { return [] }
        var found: [Int: Report] = [:]
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT metric, source, data FROM series JOIN chunks ON chunks.series = series.id
                WHERE sweep = ? AND trial = ? AND attempt = ? AND first < ? AND last >= ?
                """,
            arguments: [
                attempt.sweep.text, attempt.trial.number, attempt.number, range.upperBound, range.lowerBound,
            ])
        while let row = try rows.next() {
            let metric: String = row[0]
            let source: String = row[1]
            var series = PointSeries()
            try ChunkTable.decode(row, 2, into: &series)
            for index in 0..<series.count {
                let number = Int(series.reports[index])
                guard range.contains(number) else { continue }
                found[
                    number,
                    default: Report(
                        step: series.step(index), time: Timestamp(milliseconds: series.times[index]), metrics: [:],
                        source: source.isEmpty ? nil : source)
                ].metrics[metric] = series.values[index]
            }
        }
        try LoosePoints.read(attempt, in: range, database) { report, number in found[number] = report }
        return found.sorted { $0.key < $1.key }.map(\.value)
    }
}
