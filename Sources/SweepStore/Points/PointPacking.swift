import FoundationEssentials
import GRDB
import SweepModel

/// Which metric of which source: what a chunk holds the points of.
struct SeriesName: Hashable, Sendable {
    var metric: String
    var source: String?
}

/// Points on their way from the messages that brought them (`blocks`: quick to write) to chunks by metric (`chunks`: small,
/// and quick to read). A message's block and the packing that it sets off are part of the commit that takes it.
enum PointPacking {
    /// An attempt has at least so many loose points before they are packed,
    static let leastPoints = 4096
    /// and so many for each of its metrics, so that those with ten thousand metrics do not write chunks of one point,
    static let pointsPerSeries = 64
    /// but never more than this: reading decodes all that is loose.
    static let mostPoints = 262_144
    /// An ended attempt is packed when it has left so many blocks, and so many points for each metric.
    static let blocksAtEnd = 16
    static let pointsPerSeriesAtEnd = 8
    /// A chunk with fewer points than this is continued rather than followed by another.
    static let smallChunk = 512

    /// Writes the reports of a message, unless they are in already or the attempt is gone.
    static func append(_ id: AttemptID, sequence: Int, _ reports: [Report], _ database: Database) throws {
        let reports = reports.filter { !$0.metrics.isEmpty }
        let points = reports.reduce(0) { $0 + $1.metrics.count }
        let statement = try database.cachedStatement(
            sql: """
                UPDATE attempts SET acknowledged = ?4, reports = reports + ?5, loose_points = loose_points + ?6
                WHERE sweep = ?1 AND trial = ?2 AND number = ?3 AND acknowledged < ?4
                RETURNING reports, loose_points, pack_at
                """)
        let found = try Row.fetchAll(
            statement,
            arguments: [id.sweep.text, id.trial.number, id.number, sequence, reports.count, points])
        guard let row = found.first, !reports.isEmpty else { return }
        let total: Int = row[0]
        try insert(id, first: total - reports.count, reports, database)
        if row[1] >= (row[2] as Int) { try pack(id, leastPerSeries: pointsPerSeries, database) }
    }

    static func insert(_ id: AttemptID, first: Int, _ reports: [Report], _ database: Database) throws {
        try database.run(
            "INSERT INTO blocks (sweep, trial, attempt, first, reports, data) VALUES (?, ?, ?, ?, ?, ?)",
            [
                id.sweep.text, id.trial.number, id.number, first, reports.count, Data(ReportBlock.encode(reports)),
            ])
    }

    /// An attempt that has ended: nothing more comes, so what is worth it is packed now.
    static func settle(_ id: AttemptID, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT count(*) FROM blocks WHERE sweep = ? AND trial = ? AND attempt = ?")
        let blocks = try Int.fetchOne(statement, arguments: [id.sweep.text, id.trial.number, id.number]) ?? 0
        if blocks >= blocksAtEnd { try pack(id, leastPerSeries: pointsPerSeriesAtEnd, database) }
    }

    /// Makes chunks of what is loose, unless there are too few points a metric for it to pay.
    private static func pack(_ id: AttemptID, leastPerSeries: Int, _ database: Database) throws {
        var loose: [SeriesName: PointSeries] = [:]
        var points = 0
        try LoosePoints.read(id, database) { report, number in
            for (name, value) in report.metrics {
                points += 1
                loose[SeriesName(metric: name, source: report.source), default: PointSeries()].append(
                    report: Int64(number), step: report.step, time: report.time.milliseconds, value: value)
            }
        }
        let key: [(any DatabaseValueConvertible)?] = [id.sweep.text, id.trial.number, id.number]
        if points < leastPerSeries * loose.count, points < mostPoints {
            let later = min(mostPoints, max(points * 2, loose.count * leastPerSeries))
            try database.run(
                "UPDATE attempts SET pack_at = ?4 WHERE sweep = ?1 AND trial = ?2 AND number = ?3", key + [later])
            return
        }
        for (name, series) in loose { try ChunkTable.append(series, name, of: id, database) }
        try database.run("DELETE FROM blocks WHERE sweep = ? AND trial = ? AND attempt = ?", key)
        let next = min(mostPoints, max(leastPoints, loose.count * pointsPerSeries))
        try database.run(
            "UPDATE attempts SET loose_points = 0, pack_at = ?4 WHERE sweep = ?1 AND trial = ?2 AND number = ?3",
            key + [next])
    }
}

/// The table `blocks`: the reports of a message a row.
enum LoosePoints {
    /// Has `body` see each report that is not packed yet, and its number in its attempt.
    ///
    /// - Parameter range: only reports with these numbers.
    static func read(
        _ id: AttemptID, in range: Range<Int> = 0..<Int.max, _ database: Database,
        _ body: (Report, Int) throws -> Void
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                SELECT first, data FROM blocks
                WHERE sweep = ? AND trial = ? AND attempt = ? AND first < ? AND first + reports > ? ORDER BY first
                """)
        let rows = try Row.fetchCursor(
            statement,
            arguments: [id.sweep.text, id.trial.number, id.number, range.upperBound, range.lowerBound])
        while let row = try rows.next() {
            let first: Int = row[0]
            let reports = try row.block(1, "blocks.data") { bytes throws(BlockDamage) in try ReportBlock.decode(bytes) }
            for (offset, report) in reports.enumerated() where range.contains(first + offset) {
                try body(report, first + offset)
            }
        }
    }
}

extension Row {
    /// What `decode` makes of the bytes in a column, without a copy of them.
    func block<T>(
        _ index: Int, _ column: String, _ decode: (UnsafeRawBufferPointer) throws(BlockDamage) -> T
    ) throws -> T {
        do {
            return try withUnsafeData(atIndex: index) { data in
                guard let data else { throw BlockDamage() }
                return try data.withUnsafeBytes { try decode($0) }
            }
        } catch is BlockDamage {
            throw SweepError(
                .failed, "the database holds damaged points in \(column)", remedy: "restore a backup of it")
        }
    }
}
