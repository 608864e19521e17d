package import SweepModel
import SweepSearch
package import SweepWire

/// One thing that a table of trials can show and be sorted by.
package enum TrialColumn: Hashable, Sendable {
    case rank, front, trial, point, state, objective, step, attempt, time, started, agent, exit, memory, why, note
    case parameter(String)
    case metric(String)

    static let named: [(name: String, column: TrialColumn)] = [
        ("rank", .rank), ("front", .front), ("trial", .trial), ("point", .point), ("state", .state),
        ("objective", .objective),
        ("step", .step), ("attempt", .attempt), ("time", .time), ("started", .started), ("agent", .agent),
        ("exit", .exit), ("memory", .memory), ("why", .why), ("note", .note),
    ]

    /// Reads a column's name: one of ours, else a parameter, else a metric; `params.x` and `metrics.x` where both exist.
    ///
    /// - Throws: when there is nothing by that name, with what there is.
    package static func parse(
        _ name: String, parameters: [String], metrics: [String], objective: String?
    ) throws(SweepError) -> TrialColumn {
        if let known = named.first(where: { $0.name == name }) { return known.column }
        if name.hasPrefix("params."), parameters.contains(String(name.dropFirst(7))) {
            return .parameter(String(name.dropFirst(7)))
        }
        if name.hasPrefix("metrics."), metrics.contains(String(name.dropFirst(8))) {
            return .metric(String(name.dropFirst(8)))
        }
        if parameters.contains(name) { return .parameter(name) }
        if name == objective { return .objective }
        if metrics.contains(name) { return .metric(name) }
        if let summary = SummaryColumn(name), metrics.contains(summary.metric) || summary.metric == objective {
            return .metric(name)
        }
        let all = named.map(\.name) + parameters + metrics
        let close = Spelling.closest(to: name, among: all).map { "did you mean '\(DisplayText.escape($0))'?" }
        let list = all.prefix(40).map { DisplayText.escape($0) }.joined(separator: ", ")
        throw SweepError(
            .usage, "no column '\(DisplayText.escape(name))'",
            remedy: close ?? "there are: \(list), params, metrics, all")
    }

    func column(metric: String?) -> Table.Column {
        switch self {
        case .rank: .init("#", right: true)
        case .front: .init("front")
        case .trial: .init("trial", shrinksTo: 14)
        case .point: .init("point", right: true)
        case .state: .init("state")
        case .objective: .init(metric ?? "objective", right: true)
        case .step: .init("step", right: true, droppable: true)
        case .attempt: .init("attempt", right: true, droppable: true)
        case .time: .init("time", right: true, droppable: true)
        case .started: .init("started", right: true, droppable: true)
        case .agent: .init("agent", shrinksTo: 8, droppable: true)
        case .exit: .init("exit", right: true, droppable: true)
        case .memory: .init("memory", right: true, droppable: true)
        case .why: .init("why", shrinksTo: 24)
        case .note: .init("note", shrinksTo: 12, droppable: true)
        case .parameter(let name), .metric(let name): .init(name, right: true, shrinksTo: 10, droppable: true)
        }
    }
}

extension SummaryColumn {
    /// Those that `--columns` and `--sort` ask for: the controller computes them.
    static func names(columns: String?, sort: String?) -> [String] {
        var names = (columns ?? "").split(separator: ",").map { String($0).trimmed }
        if let sort { names.append(TrialOrder.split(sort).name) }
        var seen = Set<String>()
        return names.filter { SummaryColumn($0) != nil && seen.insert($0).inserted }
    }
}

extension TrialState {
    var tint: Tint? {
        switch self {
        case .waiting: .dim
        case .assigned, .running: .cyan
        case .completed: .green
        case .pruned, .cancelled: .yellow
        case .failed: .red
        }
    }
}

extension TrialRow {
    /// For a person: a trial that may go on from its checkpoint is paused, though the record has it as pruned.
    package var stateText: String {
        state == .pruned && reason.map(StoppingNote.isPause) == true ? "paused" : state.rawValue
    }

    /// Seconds that it has run, or ran.
    package func duration(now: Timestamp) -> Double? {
        guard let started, state != .waiting else { return nil }
        return max(0, (ended ?? now).seconds(since: started))
    }
}
