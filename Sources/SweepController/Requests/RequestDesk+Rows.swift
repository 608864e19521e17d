import SweepModel
import SweepStore
import SweepWire

/// What lists and tables are made of.
extension RequestDesk {
    func list(_ answer: Answer) async throws { try await answer.send(rows()) }

    func rows() async throws -> [SweepRow] {
        try await blocking { [self] () throws(SweepError) in
            var rows: [SweepRow] = []
            let remarks = try parts.store.sweepRemarks()
            for snapshot in try parts.store.sweeps() {
                rows.append(try row(snapshot, remark: remarks[snapshot.record.id]))
            }
            return rows
        }
    }

    /// - Throws: `.notFound` when it was deleted meanwhile.
    func row(_ id: SweepID, withYAML: Bool = false) async throws -> SweepRow {
        try await blocking { [self] () throws(SweepError) in
            guard let snapshot = try parts.store.sweep(id) else {
                throw SweepError(.notFound, "sweep \(id) was deleted", remedy: "see 'sweep list'")
            }
            var row = try row(snapshot, withYAML: withYAML, remark: parts.store.remarks(id)[0])
            if withYAML {
                let edits = try parts.store.edits(id)
                row.edits = edits.isEmpty ? nil : edits
                row.alerts = try alertRows(id)
            }
            return row
        }
    }

    private func row(
        _ snapshot: SweepSnapshot, withYAML: Bool = false, remark: Remark?
    ) throws(SweepError) -> SweepRow {
        let record = snapshot.record
        let plan = parts.catalogue[record.id]
        let best = try plan?.objective.flatMap { objective throws(SweepError) in
            try parts.store.best(record.id, objective.goal)
        }
        let stands = plan?.problem != nil && record.state == .running
        return SweepRow(
            id: record.id, name: record.name, state: stands ? .paused : record.state,
            reason: plan?.problem ?? record.reason, method: plan?.method ?? "unknown",
            metric: plan?.objective?.metric, goal: plan?.objective?.goal, priority: plan?.priority ?? 0,
            created: record.created, ended: record.ended, expected: plan?.expected,
            counts: Dictionary(uniqueKeysWithValues: snapshot.counts.map { ($0.key.rawValue, $0.value) }),
            failures: snapshot.failures, best: best?.value, bestTrial: best?.trial,
            yaml: withYAML ? record.yaml : nil, createdIn: record.createdIn, file: record.file,
            objectives: plan.flatMap { plan in
                plan.further.isEmpty ? nil : plan.objective.map { [$0] + plan.further }
            }, remark: remark)
    }

    func trials(
        _ id: SweepID, _ after: Int?, _ states: [TrialState]?, _ summaries: [String], _ answer: Answer
    ) async throws {
        var after = after ?? 0
        let derived = parts.catalogue[id]?.derived ?? []
        let columns = try summaryColumns(summaries, of: id)
        while true {
            let rows = try await blocking { [store = parts.store, after] () throws(SweepError) in
                var rows = try Self.rows(store.trials(id, after: after, states: states, limit: Self.page), derived)
                try Self.summarise(&rows, columns, store)
                return rows
            }
            guard let last = rows.last else { return }
            try await answer.send(rows)
            // A short page is the last one. To ask once more would add trials of a later moment to those of an earlier one:
            // a slot would seem to run two.
            guard rows.count == Self.page else { return }
            after = last.number
        }
    }

    func leaderboard(_ id: SweepID, _ top: Int?, _ summaries: [String], _ answer: Answer) async throws {
        let columns = try summaryColumns(summaries, of: id)
        let goal = parts.catalogue[id]?.objective?.goal ?? .minimize
        let numbers = try await blocking { [store = parts.store] () throws(SweepError) in
            try store.leaderboard(id, goal, top: top)
        }
        for start in stride(from: 0, to: numbers.count, by: Self.page) {
            let page = Array(numbers[start..<min(numbers.count, start + Self.page)])
            try await answer.send(rows(of: id, page, columns))
        }
    }

    func rows(of id: SweepID, _ numbers: [Int], _ columns: [SummaryColumn] = []) async throws -> [TrialRow] {
        let derived = parts.catalogue[id]?.derived ?? []
        return try await blocking { [store = parts.store] () throws(SweepError) in
            var rows = try Self.rows(store.trials(id, numbers: numbers), derived)
            try Self.summarise(&rows, columns, store)
            return rows
        }
    }

    /// Most of them in one request.
    private static let mostSummaries = 100

    /// Each as least, greatest, … : what is the best is told by the goals of the sweep.
    private func summaryColumns(_ names: [String], of id: SweepID) throws(SweepError) -> [SummaryColumn] {
        guard names.count <= Self.mostSummaries else {
            throw SweepError(.usage, "at most \(Self.mostSummaries) such columns are computed at once")
        }
        var columns: [SummaryColumn] = []
        for name in names {
            guard let column = SummaryColumn(name) else {
                let kinds = SummaryColumn.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw SweepError(.usage, "'\(name.prefix(200))' is no metric with one of \(kinds)")
            }
            guard column.kind == .best else {
                columns.append(column)
                continue
            }
            let plan = parts.catalogue[id]
            let objectives = [plan?.objective].compactMap { $0 } + (plan?.further ?? [])
            guard let goal = objectives.first(where: { $0.metric == column.metric })?.goal else {
                throw SweepError(
                    .usage, "which '\(column.metric)' is the best is not known: it is no objective of the sweep",
                    remedy: "write '\(column.metric):min' or '\(column.metric):max'")
            }
            columns.append(SummaryColumn(column.metric, goal == .minimize ? .min : .max, as: column.name))
        }
        return columns
    }

    /// Puts them among the metrics of the rows.
    private static func summarise(
        _ rows: inout [TrialRow], _ columns: [SummaryColumn], _ store: Store
    ) throws(SweepError) {
        guard !columns.isEmpty else { return }
        let metrics = Array(Set(columns.map(\.metric)))
        for index in rows.indices where rows[index].attempt > 0 {
            let attempt = AttemptID(rows[index].id, rows[index].attempt)
            let extents = Dictionary(zip(metrics, try store.extents(metrics, of: attempt))) { $1 }
            for column in columns {
                guard let extent = extents[column.metric] else { continue }
                rows[index].metrics[column.name] =
                    switch column.kind {
                    case .min: extent.min
                    case .max: extent.max
                    case .mean: extent.mean
                    case .first: extent.first
                    case .last: extent.last
                    case .best: nil
                    }
            }
        }
    }

    func trial(_ id: TrialID, _ answer: Answer) async throws {
        let derived = parts.catalogue[id.sweep]?.derived ?? []
        let (row, attempts) = try await blocking { [store = parts.store] () throws(SweepError) in
            guard let snapshot = try store.trial(id), var row = try Self.rows([snapshot], derived).first else {
                throw Self.noTrial(id)
            }
            (row.suggestion, row.stopping) = try store.notes(id)
            let late = Dictionary(try store.lateResults(of: id).map { ($0.attempt.number, $0.end) }) { $1 }
            return (row, try store.attempts(id).map { AttemptRow($0, late: late[$0.id.number]) })
        }
        try await answer.send(row)
        try await answer.send(attempts)
    }

    func reports(_ id: TrialID, _ number: Int?, _ answer: Answer) async throws {
        let attempt = try await attempt(id, number)
        var sent = 0
        while true {
            let reports = try await blocking { [store = parts.store, sent] () throws(SweepError) in
                try store.reports(attempt, skipping: sent, limit: Self.page)
            }
            guard !reports.isEmpty else { return }
            try await answer.send(reports)
            sent += reports.count
        }
    }

    /// The attempt `number` of a trial, or its newest.
    func attempt(_ id: TrialID, _ number: Int?) async throws -> AttemptID {
        let newest = try await blocking { [store = parts.store] () throws(SweepError) in
            guard let snapshot = try store.trial(id) else { throw Self.noTrial(id) }
            return snapshot.progress.attempt
        }
        let number = number ?? newest
        guard newest > 0 else {
            throw SweepError(.conflict, "trial \(id) has not started yet", remedy: "start an agent, or wait")
        }
        guard (1...newest).contains(number) else {
            throw SweepError(.notFound, "trial \(id) has no attempt \(number)", remedy: "it has 1 to \(newest)")
        }
        return AttemptID(id, number)
    }

    static func noTrial(_ id: TrialID) -> SweepError {
        SweepError(.notFound, "there is no trial '\(id)'", remedy: "'sweep trials \(id.sweep)' shows those there are")
    }
}

extension TrialRow {
    init(_ snapshot: TrialSnapshot) {
        let progress = snapshot.progress
        self.init(
            id: progress.id, state: progress.state, attempt: progress.attempt, params: snapshot.record.parameters,
            metrics: progress.metrics ?? [:], objective: progress.objective, step: progress.step,
            agent: snapshot.agentName, slot: snapshot.slot, exit: snapshot.exit, reason: progress.reason,
            started: progress.started, ended: progress.ended, peakMemory: snapshot.peakMemory,
            point: snapshot.record.point, further: progress.further.isEmpty ? nil : progress.further,
            remark: snapshot.remark)
    }
}

extension AttemptRow {
    /// - Parameter late: what it said of its end after it had been given up.
    init(_ attempt: AttemptSnapshot, late: AttemptEnd?) {
        self.init(
            attempt: attempt.id.number, agent: attempt.agentName, host: attempt.host, slot: attempt.slot,
            assigned: attempt.assigned, started: attempt.started, ended: attempt.ended, outcome: attempt.outcome,
            exit: attempt.exit, reason: attempt.reason, argv: attempt.argv, directory: attempt.directory,
            peakMemory: attempt.end?.peakMemory, cpuSeconds: attempt.end?.cpuSeconds,
            late: late.map(Self.words))
    }

    private static func words(_ end: AttemptEnd) -> String {
        if let error = end.launchError { return error }
        if let reason = end.stopReason { return reason.rawValue }
        if let code = end.exitCode { return "exit code \(code)" + (end.lastLine.map { ": \($0)" } ?? "") }
        return end.signal.map { "signal \($0)" } ?? "an end that was not recorded"
    }
}
