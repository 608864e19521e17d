import GRDB
package import SweepModel

extension Store {
    /// Everything that a restart needs, in the order of creation.
    ///
    /// - Parameter metric: the name of a sweep's objective, from its file; of live trials its values so far are read.
    package func load(metric: (SweepRecord) -> String?) throws(SweepError) -> [StoredSweep] {
        try reading { database in
            let records = try Row.fetchAll(
                database, sql: "SELECT \(SweepTable.columns) FROM sweeps ORDER BY created, id"
            ).map(SweepTable.record)
            return try records.map { record in
                let name = metric(record)
                var trials: [StoredSweep.StoredTrial] = []
                let cursor = try Row.fetchCursor(
                    database, sql: "SELECT \(TrialTable.columns) FROM trials WHERE sweep = ? ORDER BY number",
                    arguments: [record.id.text])
                while let row = try cursor.next() {
                    let progress = try TrialTable.progress(row, withMetrics: false)
                    trials.append(.init(record: try TrialTable.record(row), progress: progress))
                }
                for index in trials.indices where trials[index].progress.state.isLive {
                    let id = trials[index].progress.id
                    trials[index].progress.metrics = try Self.metrics(of: id, database)
                    trials[index].live = try Self.live(
                        AttemptID(id, trials[index].progress.attempt), metric: name, database)
                }
                return StoredSweep(record: record, trials: trials)
            }
        }
    }

    private static func metrics(of id: TrialID, _ database: Database) throws -> [String: Double]? {
        let statement = try database.cachedStatement(sql: "SELECT metrics FROM trials WHERE sweep = ? AND number = ?")
        return try Row.fetchOne(statement, arguments: [id.sweep.text, id.number])?.metrics(0, "trials.metrics")
    }

    private static func live(
        _ id: AttemptID, metric: String?, _ database: Database
    ) throws -> StoredSweep.LiveAttempt? {
        let statement = try database.cachedStatement(
            sql: "SELECT \(AttemptTable.columns) FROM attempts WHERE sweep = ? AND trial = ? AND number = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id.sweep.text, id.trial.number, id.number]) else {
            return nil
        }
        let attempt = try AttemptTable.snapshot(row, of: id.trial)
        var objectives: [(step: Int?, value: Double)] = []
        if let metric {
            let reports = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(ReportTable.columns) FROM reports WHERE sweep = ? AND trial = ? AND attempt = ?
                    ORDER BY sequence, position
                    """,
                arguments: [id.sweep.text, id.trial.number, id.number])
            while let row = try reports.next() {
                let report = try ReportTable.report(row)
                if let value = report.metrics[metric] { objectives.append((report.step, value)) }
            }
        }
        return .init(
            agent: attempt.agent, agentName: attempt.agentName, host: attempt.host, slotIndex: attempt.slotIndex,
            acknowledged: attempt.acknowledged, objectives: objectives)
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
