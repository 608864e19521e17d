import FoundationEssentials
import GRDB
import SweepModel

/// The tables `series` (a metric of an attempt, from one source, a row) and `chunks` (up to 4096 of its points a row).
enum ChunkTable {
    static func append(_ series: PointSeries, _ name: SeriesName, of id: AttemptID, _ database: Database) throws {
        let number = try self.series(name, adding: series.count, of: id, database)
        var rest = series
        if let last = try last(of: number, database), last.count < PointPacking.smallChunk {
            try database.run("DELETE FROM chunks WHERE series = ? AND first = ?", [number, last.first])
            rest = last.points
            rest.append(series)
        }
        for start in stride(from: 0, to: rest.count, by: PointChunk.capacity) {
            let part = rest.slice(start..<min(rest.count, start + PointChunk.capacity))
            try database.run(
                "INSERT INTO chunks (series, first, last, points, data) VALUES (?, ?, ?, ?, ?)",
                [number, part.reports.first, part.reports.last, part.count, Data(PointChunk.encode(part))])
        }
    }

    private static func series(
        _ name: SeriesName, adding points: Int, of id: AttemptID, _ database: Database
    ) throws -> Int64? {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO series (sweep, trial, attempt, metric, source, points) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET points = points + excluded.points RETURNING id
                """)
        return try Int64.fetchAll(
            statement,
            arguments: [id.sweep.text, id.trial.number, id.number, name.metric, name.source ?? "", points]
        ).first
    }

    private static func last(
        of series: Int64?, _ database: Database
    ) throws -> (first: Int64, count: Int, points: PointSeries)? {
        let statement = try database.cachedStatement(
            sql: "SELECT first, points, data FROM chunks WHERE series = ? ORDER BY first DESC LIMIT 1")
        guard let row = try Row.fetchOne(statement, arguments: [series]) else { return nil }
        let count: Int = row[1]
        var points = PointSeries()
        if count < PointPacking.smallChunk { try decode(row, 2, into: &points) }
        return (row[0], count, points)
    }

    static func decode(_ row: Row, _ column: Int, into series: inout PointSeries) throws {
        try row.block(column, "chunks.data") { bytes throws(BlockDamage) in
            try PointChunk.decode(bytes, into: &series)
        }
    }
}
