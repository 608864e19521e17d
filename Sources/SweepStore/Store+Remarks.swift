import GRDB
package import SweepModel

/// Notes, tags and stars. They are people's, not the search's: the engine never sees them, so they are written beside it, in
/// a transaction of their own.
extension Store {
    /// The remarks of a sweep by trial number; 0 is the sweep itself.
    package func remarks(_ sweep: SweepID) throws(SweepError) -> [Int: Remark] {
        try reading { database in
            var remarks: [Int: Remark] = [:]
            for row in try Row.fetchAll(
                database, sql: "SELECT trial, note, tags, star FROM remarks WHERE sweep = ?", arguments: [sweep.text])
            {
                remarks[row[0]] = Self.remark(row, at: 1)
            }
            return remarks
        }
    }

    /// Of every sweep that has one, its own remark.
    package func sweepRemarks() throws(SweepError) -> [SweepID: Remark] {
        try reading { database in
            var remarks: [SweepID: Remark] = [:]
            for row in try Row.fetchAll(database, sql: "SELECT sweep, note, tags, star FROM remarks WHERE trial = 0") {
                remarks[SweepID(row[0] as String)] = Self.remark(row, at: 1)
            }
            return remarks
        }
    }

    /// Changes what is said of a sweep (`trial` nil) or a trial. Blocks until it is durable.
    ///
    /// - Throws: `.notFound` when the sweep or the trial does not exist.
    @discardableResult
    package func remark(
        _ sweep: SweepID, trial: Int?, _ change: RemarkChange, at time: Timestamp
    ) throws(SweepError) -> Remark {
        do {
            return try pool.write { database in
                let exists =
                    if let trial {
                        try Bool.fetchOne(
                            database, sql: "SELECT 1 FROM trials WHERE sweep = ? AND number = ?",
                            arguments: [sweep.text, trial])
                    } else {
                        try Bool.fetchOne(database, sql: "SELECT 1 FROM sweeps WHERE id = ?", arguments: [sweep.text])
                    }
                guard exists == true else {
                    throw SweepError(
                        .notFound, trial.map { "sweep \(sweep) has no trial \($0)" } ?? "no sweep \(sweep)")
                }
                let old = try Row.fetchOne(
                    database, sql: "SELECT trial, note, tags, star FROM remarks WHERE sweep = ? AND trial = ?",
                    arguments: [sweep.text, trial ?? 0])
                let new = try (old.flatMap { Self.remark($0, at: 1) } ?? Remark()).changed(by: change)
                if new.isEmpty {
                    try database.execute(
                        sql: "DELETE FROM remarks WHERE sweep = ? AND trial = ?", arguments: [sweep.text, trial ?? 0])
                } else {
                    try database.execute(
                        sql: """
                            INSERT OR REPLACE INTO remarks (sweep, trial, note, tags, star, changed) VALUES (?, ?, ?, ?, ?, ?)
                            """,
                        arguments: [
                            sweep.text, trial ?? 0, new.note,
                            ParameterValue.list(new.tags.map { .string($0) }).json(), new.star, time.milliseconds,
                        ])
                }
                return new
            }
        } catch let error as SweepError {
            throw error
        } catch {
            throw StoreFailure.describe(error, path: path)
        }
    }

    /// The three columns from the one at `place` on; nil where they are NULL.
    static func remark(_ row: Row, at place: Int) -> Remark? {
        guard let note: String = row[place] else { return nil }
        let tags: String = row[place + 1]
        var names: [String] = []
        if case .list(let values)? = try? JSONParser.parse([UInt8](tags.utf8)) { names = values.compactMap(\.string) }
        return Remark(note: note, tags: names, star: row[place + 2])
    }
}
