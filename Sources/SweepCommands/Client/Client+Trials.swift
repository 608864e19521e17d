package import SweepModel
package import SweepWire

extension Client {
    /// The `TrialRow`s of an answer. They come by the ten thousand, so they are read member by member rather than through
    /// `Decodable`.
    package func trialRows(_ request: ClientRequest) async throws -> [TrialRow] {
        var rows: [TrialRow] = []
        try await stream(request) { rows.append(try TrialRow(item: $0)) }
        return rows
    }
}

extension Client {
    /// One trial with all that is known of it, and its attempts.
    package func trial(_ id: TrialID) async throws -> (row: TrialRow, attempts: [AttemptRow]) {
        var row: TrialRow?
        var attempts: [AttemptRow] = []
        try await stream(.trial(id)) { item in
            if row == nil {
                row = try TrialRow(item: item)
            } else {
                attempts.append(try JSONCoding.decode(AttemptRow.self, from: item))
            }
        }
        guard let row else { throw SweepError(.notFound, "no trial \(id)") }
        return (row, attempts)
    }
}

extension TrialRow {
    /// The same as `Decodable` gives, in one pass over the members.
    package init(item: ParameterValue) throws {
        guard let members = item.members else { throw WireError("a trial should be an object") }
        var id: TrialID?
        var state: TrialState?
        var attempt = 0
        var params: Parameters = []
        var metrics: [String: Double] = [:]
        var objective: Double?
        var step: Int?
        var agent: String?
        var slot: String?
        var exit: Int?
        var reason: String?
        var started: Timestamp?
        var ended: Timestamp?
        var peakMemory: Int?
        var point: Int?
        var suggestion: ParameterValue?
        var stopping: ParameterValue?
        var further: [Double]?
        var remark: Remark?
        for member in members {
            switch member.key {
            case "id": id = member.value.string.flatMap { TrialID($0) }
            case "state": state = member.value.string.flatMap { TrialState(rawValue: $0) }
            case "attempt": attempt = member.value.whole ?? 0
            case "params": params = member.value.members ?? []
            case "metrics":
                for metric in member.value.members ?? [] { metrics[metric.key] = metric.value.number }
            case "objective": objective = member.value.number
            case "step": step = member.value.whole
            case "agent": agent = member.value.string
            case "slot": slot = member.value.string
            case "exit": exit = member.value.whole
            case "reason": reason = member.value.string
            case "started": started = member.value.time
            case "ended": ended = member.value.time
            case "peakMemory": peakMemory = member.value.whole
            case "point": point = member.value.whole
            case "suggestion": suggestion = member.value
            case "stopping": stopping = member.value
            case "further":
                if case .list(let values) = member.value { further = values.compactMap(\.number) }
            case "remark": remark = try JSONCoding.decode(Remark.self, from: member.value)
            default: break
            }
        }
        guard let id, let state else { throw WireError("a trial needs an id and a state that this version knows") }
        self.init(
            id: id, state: state, attempt: attempt, params: params, metrics: metrics, objective: objective, step: step,
            agent: agent, slot: slot, exit: exit, reason: reason, started: started, ended: ended,
            peakMemory: peakMemory, point: point ?? id.number, suggestion: suggestion, stopping: stopping,
            further: further, remark: remark)
    }
}

extension ParameterValue {
    fileprivate var whole: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    fileprivate var time: Timestamp? { whole.map { Timestamp(milliseconds: Int64($0)) } }
}
