import SweepModel
import SweepSearch
import SweepSpec
import SweepWire

/// A sweep as a journal file of Optuna (`optuna.storages.journal.JournalFileBackend`): JSON lines, one that makes the study,
/// then one a trial with all of it. A fresh file needs no lock.
struct OptunaJournal {
    private static let worker = "sweep"

    let lines: [[UInt8]]

    init(_ sweep: SweepRow, _ trials: [TrialRow], points: [Int: [PointLines.Point]]) {
        let goals = sweep.objectives?.map(\.goal) ?? [sweep.goal ?? .minimize]
        let parameters = Self.parameters(sweep, trials)
        var lines: [ParameterValue] = [
            [
                "op_code": 0, "worker_id": .string(Self.worker), "study_name": .string(sweep.name ?? sweep.id.text),
                "directions": .list(goals.map { .int($0 == .maximize ? 2 : 1) }),
            ]
        ]
        lines += trials.sorted { $0.number < $1.number }.map { row in
            Self.trial(row, parameters, points[row.number] ?? [], objectives: goals.count)
        }
        self.lines = lines.map { $0.jsonBytes() + [0x0A] }
    }

    /// Optuna's names of states: 0 running, 1 complete, 2 pruned, 3 failed, 4 waiting.
    private static func state(_ row: TrialRow, hasValues: Bool) -> Int {
        switch row.state {
        case .completed: hasValues ? 1 : 3
        case .pruned: 2
        case .failed, .cancelled: 3
        case .running, .assigned: 0
        case .waiting: 4
        }
    }

    private static func trial(
        _ row: TrialRow, _ parameters: [OptunaParameter], _ points: [PointLines.Point], objectives: Int
    ) -> ParameterValue {
        let values = ([row.objective].compactMap { $0 } + (row.further ?? [])).filter { !$0.isNaN }
        let isWhole = values.count == objectives
        let state = state(row, hasValues: isWhole)
        var members: [ParameterValue.Member] = [
            .init("op_code", 4), .init("worker_id", .string(worker)), .init("study_id", 0), .init("state", .int(state)),
            .init("user_attrs", ["sweep_trial": .string(row.id.description)]), .init("system_attrs", .object([])),
        ]
        if let start = row.started { members.append(.init("datetime_start", .string(TimeText.optuna(start)))) }
        if let end = row.ended, (1...3).contains(state) {
            members.append(.init("datetime_complete", .string(TimeText.optuna(end))))
        }
        if state == 1 {
            members.append(
                .init(
                    objectives > 1 ? "values" : "value",
                    values.count > 1 ? .list(values.map { .double($0) }) : .double(values[0])))
        }
        let flat = Dictionary(row.params.flattened.map { ($0.name, $0.value) }) { $1 }
        let known = parameters.compactMap { parameter -> (OptunaParameter, ParameterValue)? in
            flat[parameter.name].flatMap(parameter.stored).map { (parameter, $0) }
        }
        members.append(.init("params", .object(known.map { .init($0.0.name, $0.1) })))
        members.append(
            .init("distributions", .object(known.map { .init($0.0.name, .string($0.0.distribution.json())) })))
        if objectives == 1 {
            var steps: [Int: Double] = [:]
            for (index, point) in points.enumerated() { steps[point.step ?? index] = point.value }
            members.append(
                .init(
                    "intermediate_values",
                    .object(steps.sorted { $0.key < $1.key }.map { .init(String($0.key), .double($0.value)) })))
        } else {
            members.append(.init("intermediate_values", .object([])))
        }
        return .object(members)
    }

    private static func parameters(_ sweep: SweepRow, _ trials: [TrialRow]) -> [OptunaParameter] {
        var laws: [String: any Distribution] = [:]
        if let yaml = sweep.yaml, let spec = SpecParser.parse(yaml).spec {
            for parameter in spec.space.parameters { laws[parameter.name] = parameter.distribution }
        }
        var order: [String] = []
        var seen: [String: [ParameterValue]] = [:]
        for row in trials {
            for (name, value) in row.params.flattened.map({ ($0.name, $0.value) }) {
                if seen[name] == nil { order.append(name) }
                seen[name, default: []].append(value)
            }
        }
        return order.map { OptunaParameter($0, law: laws[$0], seen: seen[$0] ?? []) }
    }
}

/// A parameter with the distribution of Optuna's that its law is, or that its values fit.
struct OptunaParameter {
    let name: String
    let distribution: ParameterValue
    /// Of a categorical one: each value's text, and its index.
    private var choices: [String: Int]?

    init(_ name: String, law: (any Distribution)?, seen: [ParameterValue]) {
        self.name = name
        let numbers = seen.compactMap(\.number)
        let low = ([law?.value(at: 0).number].compactMap { $0 }.filter(\.isFinite) + numbers).min()
        let high = ([law?.value(at: 1).number].compactMap { $0 }.filter(\.isFinite) + numbers).max()
        let kind = law.map { type(of: $0).name } ?? ""
        let isListed = ["categorical", "categorical_w_probabilities", "constant"].contains(kind)
        guard !isListed, numbers.count == seen.count, let low, let high, low.isFinite, high.isFinite else {
            var values: [ParameterValue] = []
            if isListed, let law, let axis = law.gridAxis, axis.count <= 10_000 {
                values = (0..<axis.count).map { axis[$0] }
            }
            var known: [String: Int] = [:]
            for value in values + seen where known[value.json()] == nil { known[value.json()] = known.count }
            // Optuna's choices are None, booleans, numbers and texts.
            let texts = known.sorted { $0.value < $1.value }.map(\.key)
            choices = known
            distribution = [
                "name": "CategoricalDistribution",
                "attributes": ["choices": .list(texts.map { Self.choice($0) })],
            ]
            return
        }
        let isLog = kind.contains("log_uniform") && low > 0
        let areWhole = seen.allSatisfy { if case .int = $0 { true } else { false } }
        if areWhole, let first = Int(exactly: low), let last = Int(exactly: high) {
            distribution = [
                "name": "IntDistribution",
                "attributes": ["log": .bool(isLog && first >= 1), "step": 1, "low": .int(first), "high": .int(last)],
            ]
        } else {
            distribution = [
                "name": "FloatDistribution",
                "attributes": ["step": nil, "low": .double(low), "high": .double(high), "log": .bool(isLog)],
            ]
        }
    }

    private static func choice(_ text: String) -> ParameterValue {
        switch try? JSONParser.parse(text) {
        case .list?, .object?, nil: .string(text)
        case let value?: value
        }
    }

    /// As Optuna keeps it: of a choice its index.
    func stored(_ value: ParameterValue) -> ParameterValue? {
        if let choices { return choices[value.json()].map { .double(Double($0)) } }
        return value.number.map { .double($0) }
    }
}

extension TimeText {
    /// As Python's `datetime.fromisoformat` reads it in every version: no `Z`.
    static func optuna(_ time: Timestamp) -> String { String(iso(time).dropLast()) + "+00:00" }
}
