import GRDB
package import SweepModel

extension Store {
    /// Trials that are handed on at once.
    static let loadPage = 256

    /// Everything that a restart needs, sweep by sweep in the order of creation, each sweep's trials by number and a page at
    /// a time: what was read is never all in memory, only what the reader makes of it.
    ///
    /// - Parameters:
    ///   - sweep: is told of each sweep, and says what it wants to know of live attempts.
    ///   - trials: takes the sweep's next trials.
    package func load(
        sweep: (SweepRecord, [PriorTrial]) -> LoadWishes, trials: ([StoredTrial]) -> Void
    ) throws(SweepError) {
        try reading { database in
            let records = try Row.fetchAll(
                database, sql: "SELECT \(SweepTable.columns) FROM sweeps ORDER BY created, id"
            ).map(SweepTable.record)
            for var record in records {
                record.editKeys = try EditTable.keys(of: record.id, database)
                record.alertCount = try AlertTable.count(of: record.id, database)
                let wishes = sweep(record, try PriorTable.trials(of: record.id, database))
                try Self.load(record.id, wishes, trials, database)
            }
        }
    }

    private static func load(
        _ id: SweepID, _ wishes: LoadWishes, _ take: ([StoredTrial]) -> Void, _ database: Database
    ) throws {
        var curves = try CurveCursor(id, database)
        var page: [StoredTrial] = []
        page.reserveCapacity(loadPage)
        let cursor = try Row.fetchCursor(
            database, sql: "SELECT \(TrialTable.columns) FROM trials WHERE sweep = ? ORDER BY number",
            arguments: [id.text])
        while let row = try cursor.next() {
            let record = try TrialTable.record(row)
            let progress = try TrialTable.progress(row, withMetrics: false)
            let curve = try curves.curve(of: record.id.number, newest: progress.attempt)
            var trial = StoredTrial(
                record: record, progress: progress, curve: curve.marks, earlierMarks: curve.earlier)
            if trial.progress.state.isLive {
                trial.progress.metrics = try row.metrics(10, "trials.metrics")
                trial.live = try live(AttemptID(record.id, trial.progress.attempt), wishes, database)
            }
            if wishes.places, trial.progress.state == .pruned {
                trial.host = try host(AttemptID(record.id, trial.progress.attempt), database)
            }
            page.append(trial)
            if page.count == loadPage {
                take(page)
                page.removeAll(keepingCapacity: true)
            }
        }
        if !page.isEmpty { take(page) }
    }

    private static func host(_ id: AttemptID, _ database: Database) throws -> String? {
        let statement = try database.cachedStatement(
            sql: "SELECT host FROM attempts WHERE sweep = ? AND trial = ? AND number = ?")
        return try String.fetchOne(statement, arguments: [id.sweep.text, id.trial.number, id.number])
    }

    private static func live(_ id: AttemptID, _ wishes: LoadWishes, _ database: Database) throws -> LiveAttempt? {
        let statement = try database.cachedStatement(
            sql: "SELECT \(AttemptTable.columns) FROM attempts WHERE sweep = ? AND trial = ? AND number = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id.sweep.text, id.trial.number, id.number]) else {
            return nil
        }
        let attempt = try AttemptTable.snapshot(row, of: id.trial)
        var live = LiveAttempt(
            agent: attempt.agent, agentName: attempt.agentName, host: attempt.host, slotIndex: attempt.slotIndex,
            acknowledged: attempt.acknowledged,
            summaries: Array(repeating: ObjectiveSummary(), count: wishes.metrics.count), stop: attempt.stopOrdered,
            stopDetail: attempt.stopDetail)
        guard !wishes.metrics.isEmpty else { return live }
        let position = try wishes.position.map { try Self.series($0, of: id, database) }
        for (index, metric) in wishes.metrics.enumerated() {
            let series = try Self.series(metric, of: id, database)
            var passed = 0
            for point in 0..<series.count {
                live.summaries[index].add(series.values[point], step: series.step(point))
                guard index == 0, wishes.track else { continue }
                while let position, passed < position.count, position.reports[passed] <= series.reports[point] {
                    passed += 1
                }
                live.track.append(
                    .init(
                        step: series.step(point), position: passed > 0 ? position?.values[passed - 1] : nil,
                        value: series.values[point]))
            }
        }
        return live
    }

    /// One read on a connection of its own, with SQLite's errors in words.
    func reading<T>(_ body: (Database) throws -> T) throws(SweepError) -> T {
        do {
            return try pool.read(body)
        } catch let error as SweepError {
            throw error
        } catch {
            throw StoreFailure.describe(error, path: path)
        }
    }
}
