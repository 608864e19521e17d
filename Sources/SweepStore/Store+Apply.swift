import GRDB
package import SweepModel

extension Store {
    /// Writes all `changes`, in order, in one transaction: after it returns they are on the disk, and if it throws none is.
    ///
    /// Idempotent: a change that is there already (the same insertion, a message number that is not above the attempt's
    /// last) does nothing, so a caller that does not know whether its last call succeeded repeats it. A change of
    /// something that is gone (its sweep was deleted) does nothing either.
    package func apply(_ changes: [Change]) throws(SweepError) {
        guard !changes.isEmpty else { return }
        do {
            try pool.write { database in
                for change in changes.withoutReplaced { try change.write(to: database) }
            }
        } catch {
            throw StoreFailure.describe(error, path: path)
        }
    }
}

extension [Change] {
    /// Without the states of a trial that a later one among them replaces: in a busy turn a trial has three.
    fileprivate var withoutReplaced: [Change] {
        var newest: [TrialID: (index: Int, metrics: [String: Double]?)] = [:]
        for (index, change) in enumerated() {
            guard case .trialChanged(let progress) = change else { continue }
            newest[progress.id] = (index, progress.metrics ?? newest[progress.id]?.metrics)
        }
        return enumerated().compactMap { index, change in
            guard case .trialChanged(var progress) = change else { return change }
            guard let newest = newest[progress.id], newest.index == index else { return nil }
            progress.metrics = newest.metrics
            return .trialChanged(progress)
        }
    }
}

extension Change {
    fileprivate func write(to database: Database) throws {
        switch self {
        case .sweepInserted(let record): try SweepTable.insert(record, database)
        case .sweepEdited(let record): try EditTable.insert(record, database)
        case .priorInserted(let id, let trials): try PriorTable.insert(id, trials, database)
        case .sweepStateChanged(let id, let state, let reason, let time):
            try SweepTable.setState(id, state, reason: reason, at: time, database)
        case .sweepDeleted(let id): try SweepTable.delete(id, database)
        case .trialInserted(let record): try TrialTable.insert(record, database)
        case .trialChanged(let progress): try TrialTable.update(progress, database)
        case .attemptInserted(let id, let agent, let agentName, let host, let slot, let slotIndex, let time):
            try AttemptTable.insert(
                id, agent: agent, agentName: agentName, host: host, slot: slot, slotIndex: slotIndex, at: time, database
            )
        case .attemptStarted(let id, let sequence, let argv, let directory, let time):
            try AttemptTable.start(id, sequence: sequence, argv: argv, directory: directory, at: time, database)
        case .reportsAppended(let id, let sequence, let reports):
            try PointPacking.append(id, sequence: sequence, reports, database)
        case .curveExtended(let id, let marks, let start):
            try CurveTable.extend(id, marks, voidingFrom: start, database)
        case .stopOrdered(let id, let reason, let detail, let note):
            try AttemptTable.orderStop(id, reason, detail: detail, note: note, database)
        case .attemptEnded(let id, let sequence, let outcome, let reason, let end, let time):
            try AttemptTable.end(id, sequence: sequence, outcome, reason: reason, end, at: time, database)
            try PointPacking.settle(id, database)
        case .alertRaised(let alert): try AlertTable.insert(alert, database)
        case .lateResult(let id, let end, let time): try LateResultTable.insert(id, end, at: time, database)
        }
    }
}

extension Database {
    /// Runs a statement that is compiled once a connection.
    func run(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
        let statement = try cachedStatement(sql: sql)
        try statement.execute(arguments: StatementArguments(arguments))
    }
}
