package import SweepModel
import SweepWire

/// `--sort`: a column, ascending unless it says otherwise (`lr:desc`); the objective best first.
package struct TrialOrder: Sendable {
    package var column: TrialColumn
    package var descending: Bool

    package init(_ text: String, in table: TrialTable) throws(SweepError) {
        let (name, direction) = Self.split(text)
        column = try TrialColumn.parse(
            name, parameters: table.parameters, metrics: table.metrics, objective: table.sweep.metric)
        let bestFirst = column == .objective && table.sweep.goal == .maximize
        descending = direction ?? bestFirst
    }

    /// The column, and whether it is to descend; nil: that is not said.
    static func split(_ text: String) -> (name: String, descends: Bool?) {
        if text.hasSuffix(":desc") { return (String(text.dropLast(5)), true) }
        if text.hasSuffix(":asc") { return (String(text.dropLast(4)), false) }
        return text.hasPrefix("-") ? (String(text.dropFirst()), true) : (text, nil)
    }

    /// Rows without a value come last, whatever the direction; equal ones keep their order.
    package func sort(_ standings: [Standing], now: Timestamp) -> [Standing] {
        let keyed = standings.enumerated().map { (offset: $0.offset, key: key($0.element, now), standing: $0.element) }
        return keyed.sorted { a, b in
            switch (a.key, b.key) {
            case (.none, .none): return a.offset < b.offset
            case (.none, _): return false
            case (_, .none): return true
            case (let x, let y):
                if x == y { return a.offset < b.offset }
                return descending ? y < x : x < y
            }
        }.map(\.standing)
    }

    /// Numbers before texts.
    private enum Key: Comparable {
        case number(Double)
        case text(String)
        case none

        static func < (a: Key, b: Key) -> Bool {
            switch (a, b) {
            case (.number(let x), .number(let y)): x < y
            case (.text(let x), .text(let y)): x < y
            case (.number, .text): true
            default: false
            }
        }
    }

    private func key(_ standing: Standing, _ now: Timestamp) -> Key {
        let row = standing.first
        func number(_ value: Double?) -> Key { value.flatMap { $0.isNaN ? nil : .number($0) } ?? .none }
        func number(_ value: Int?) -> Key { number(value.map { Double($0) }) }
        switch column {
        case .rank, .front, .objective: return number(standing.mean)
        case .trial: return number(row.number)
        case .point: return number(row.point)
        case .state: return .text(row.state.rawValue)
        case .step: return number(row.step)
        case .attempt: return number(row.attempt)
        case .time: return number(row.duration(now: now))
        case .started: return number(row.started.map { Double($0.milliseconds) })
        case .agent: return row.agent.map { .text($0) } ?? .none
        case .exit: return number(row.exit)
        case .memory: return number(row.peakMemory)
        case .why: return row.reason.map { .text($0) } ?? .none
        case .note: return row.remark.map { .text($0.short) } ?? .none
        case .metric(let name): return number(row.metrics[name])
        case .parameter(let name):
            guard let value = row.params.flattened.last(where: { $0.name == name })?.value else { return .none }
            return value.number.map { number($0) } ?? .text(ValueText.parameter(value))
        }
    }
}
