package import SweepModel
package import SweepWire

/// Trials as a table: which columns are worth showing, and what stands in them.
package struct TrialTable: Sendable {
    package var sweep: SweepRow
    package var standings: [Standing]
    /// Parameters that differ within the sweep, where the caller knows it from the spec; otherwise seen from the rows.
    package var searched: Set<String>
    package var now: Timestamp
    /// The parameters that the trials of a row have in common, where that was asked for.
    package var grouped: [String]?
    /// With several objectives: the trials on the Pareto front, by number.
    package var front: Set<Int> = []

    package init(sweep: SweepRow, standings: [Standing], searched: Set<String> = [], now: Timestamp) {
        self.sweep = sweep
        self.standings = standings
        self.searched = searched
        self.now = now
    }

    /// Names of all parameters, in the order in which they first occur.
    package var parameters: [String] {
        var seen = Set<String>()
        var names: [String] = []
        for row in standings.lazy.flatMap(\.trials) {
            for parameter in row.params.flattened where seen.insert(parameter.name).inserted {
                names.append(parameter.name)
            }
        }
        return names
    }

    /// Names of all metrics, by name.
    package var metrics: [String] {
        var names = Set<String>()
        for row in standings.lazy.flatMap(\.trials) { names.formUnion(row.metrics.keys) }
        return names.sorted()
    }

    /// The parameters that differ between rows, or are searched.
    package var differing: [String] {
        if let grouped { return grouped }
        guard standings.count > 1 else { return parameters }
        var first: [String: ParameterValue] = [:]
        var counts: [String: Int] = [:]
        var differs = Set<String>()
        var order: [String] = []
        for standing in standings {
            for parameter in standing.first.params.flattened {
                counts[parameter.name, default: 0] += 1
                if let known = first[parameter.name] {
                    if known != parameter.value { differs.insert(parameter.name) }
                } else {
                    first[parameter.name] = parameter.value
                    order.append(parameter.name)
                }
            }
        }
        return order.filter {
            differs.contains($0) || searched.contains($0) || counts[$0, default: 0] < standings.count
        }
    }

    /// What a leaderboard shows unless it is told otherwise.
    package var leaderboardColumns: [TrialColumn] {
        let rows = standings.lazy.flatMap(\.trials)
        var columns: [TrialColumn] = [.rank, .trial]
        if sweep.metric != nil || rows.contains(where: { $0.objective != nil }) { columns.append(.objective) }
        if let objectives = sweep.objectives, objectives.count > 1 {
            columns.insert(.front, at: 1)
            columns += objectives.dropFirst().map { .metric($0.metric) }
        }
        if rows.contains(where: { $0.step != nil }) { columns.append(.step) }
        columns += differing.map { .parameter($0) }
        columns += [.state, .time]
        return columns + wordColumns
    }

    /// Why a trial ended so and what people say of it, where there is something.
    private var wordColumns: [TrialColumn] {
        let rows = standings.lazy.flatMap(\.trials)
        return (rows.contains { $0.reason != nil } ? [.why] : []) + (rows.contains { $0.remark != nil } ? [.note] : [])
    }

    /// What a list of trials shows unless it is told otherwise.
    package var listColumns: [TrialColumn] {
        let rows = standings.lazy.flatMap(\.trials)
        var columns: [TrialColumn] = [.trial, .state]
        if rows.contains(where: { $0.attempt > 1 }) { columns.append(.attempt) }
        if sweep.metric != nil || rows.contains(where: { $0.objective != nil }) { columns.append(.objective) }
        if rows.contains(where: { $0.step != nil }) { columns.append(.step) }
        columns += differing.map { .parameter($0) }
        if rows.contains(where: { $0.agent != nil }) { columns.append(.agent) }
        columns += [.started, .time]
        return columns + wordColumns
    }

    /// Columns by a list like `trial,lr,val_loss,state`; `params`, `metrics` and `all` stand for many.
    package func columns(_ list: String) throws(SweepError) -> [TrialColumn] {
        let parameters = parameters
        let metrics = metrics
        var columns: [TrialColumn] = []
        for name in list.split(separator: ",").map({ String($0).trimmed }) {
            switch name {
            case "params": columns += parameters.map { .parameter($0) }
            case "metrics": columns += metrics.filter { SummaryColumn($0) == nil }.map { .metric($0) }
            case "all":
                columns += [.rank, .trial, .state, .attempt, .objective, .step]
                columns += parameters.map { .parameter($0) }
                columns += metrics.filter { $0 != sweep.metric && SummaryColumn($0) == nil }.map { .metric($0) }
                columns += [.agent, .started, .time, .memory, .exit, .why, .note]
            default:
                columns.append(
                    try TrialColumn.parse(name, parameters: parameters, metrics: metrics, objective: sweep.metric))
            }
        }
        guard !columns.isEmpty else { throw SweepError(.usage, "--columns names no column") }
        return columns
    }

    package func table(_ columns: [TrialColumn], style: Style) -> Table {
        var table = Table(columns: columns.map { $0.column(metric: sweep.metric) })
        table.rows.reserveCapacity(standings.count)
        let wantsParameters = columns.contains { if case .parameter = $0 { true } else { false } }
        for (index, standing) in standings.enumerated() {
            let parameters =
                wantsParameters
                ? Dictionary(standing.first.params.flattened.map { ($0.name, $0.value) }) { $1 } : [:]
            table.rows.append(columns.map { cell($0, standing, rank: index + 1, parameters, style) })
        }
        return table
    }

    private func cell(
        _ column: TrialColumn, _ standing: Standing, rank: Int, _ parameters: [String: ParameterValue], _ style: Style
    ) -> Cell {
        let row = standing.first
        let many = standing.trials.count > 1
        switch column {
        case .rank:
            // What still runs has no place yet.
            let isPlaced = standing.mean != nil && (many || !row.state.isLive)
            return Cell(isPlaced ? String(rank) : "", .dim)
        case .trial: return Cell(many ? Self.ids(standing, style) : row.id.description)
        case .point: return Cell(String(row.point))
        case .front: return Cell(front.contains(row.number) ? "*" : "", .bold)
        case .state: return state(standing)
        case .objective: return objective(standing, style, isBest: rank == 1)
        case .step: return Cell(standing.trials.compactMap(\.step).max().map { String($0) } ?? "")
        case .attempt: return Cell(row.attempt == 0 ? "" : String(standing.trials.map(\.attempt).max() ?? 0))
        case .time:
            let seconds = standing.trials.compactMap { $0.duration(now: now) }
            return Cell(seconds.isEmpty ? "" : TimeText.duration(seconds.reduce(0, +)))
        case .started:
            return Cell(standing.trials.compactMap(\.started).min().map { TimeText.ago($0, now: now) } ?? "")
        case .agent:
            guard let agent = row.agent else { return .empty }
            return Cell(row.slot.map { "\(agent) \($0)" } ?? agent)
        case .exit: return Cell(row.exit.map { String($0) } ?? "")
        case .memory: return Cell(standing.trials.compactMap(\.peakMemory).max().map { ValueText.bytes($0) } ?? "")
        case .why:
            let reason = standing.trials.lazy.compactMap(\.reason).first
            return Cell(reason ?? "", row.state == .failed ? .red : nil)
        case .note: return Cell(standing.trials.compactMap { $0.remark?.short }.joined(separator: "; "))
        case .parameter(let name): return Cell(parameters[name].map { ValueText.parameter($0) } ?? "")
        case .metric(let name):
            let values = standing.trials.compactMap { $0.metrics[name] }
            return Cell(Standing.mean(of: values).map { Self.text($0, style) } ?? "")
        }
    }

    private func state(_ standing: Standing) -> Cell {
        guard standing.trials.count > 1 else { return Cell(standing.first.stateText, standing.first.state.tint) }
        let state = standing.state
        let done = standing.trials.count { $0.state.isFinal }
        return Cell("\(state.rawValue) \(done)/\(standing.trials.count)", state.tint)
    }

    private func objective(_ standing: Standing, _ style: Style, isBest: Bool) -> Cell {
        guard let mean = standing.mean else { return .empty }
        return Cell(Self.text((mean, standing.standardError), style), isBest ? .bold : nil)
    }

    private static func text(_ value: (mean: Double, standardError: Double?), _ style: Style) -> String {
        let error = value.standardError.map { " \(style.plusMinus)\(ValueText.number($0))" } ?? ""
        return ValueText.number(value.mean) + error
    }

    /// `k3f9x2mp-1,2,3`.
    private static func ids(_ standing: Standing, _ style: Style) -> String {
        let numbers = standing.trials.prefix(4).map { String($0.number) }.joined(separator: ",")
        return "\(standing.first.id.sweep)-\(numbers)\(standing.trials.count > 4 ? style.ellipsis : "")"
    }
}

extension String {
    /// Without spaces at both ends.
    var trimmed: String {
        guard let start = firstIndex(where: { !$0.isWhitespace }), let end = lastIndex(where: { !$0.isWhitespace })
        else {
            return ""
        }
        return String(self[start...end])
    }
}
