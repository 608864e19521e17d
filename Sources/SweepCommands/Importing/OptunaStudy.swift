import SweepModel
import SweepStore

/// A study of Optuna: a journal file (JSON lines, op codes as in `optuna/storages/journal/_storage.py`), or an SQLite
/// storage (its RDB schema, version 12).
enum OptunaStudy {
    /// The metric that a trial's value becomes.
    static let metric = "value"
    static let mostBytes = 1 << 30

    static func read(_ path: String, study: String?, into runs: inout ImportedRuns) throws {
        let bytes = try BoundedFile.read(path, shown: DisplayText.escape(path), limit: mostBytes)
        if bytes.starts(with: "SQLite format 3\0".utf8) {
            let found = try OptunaDatabase.read(path, study: study)
            runs.name = found.name
            if found.goals.count == 1 { runs.objective = Objective(metric: metric, goal: found.goals[0]) }
            for trial in found.trials { if let run = run(trial) { runs.add(run) } }
            return
        }
        var journal = OptunaReplay()
        for line in bytes.split(separator: 0x0A) {
            guard let entry = try? JSONParser.parse(Array(line)) else { continue }
            journal.take(entry)
        }
        guard !journal.studies.isEmpty else {
            throw SweepError(
                .usage, "\(path) is no run that this version knows",
                remedy: "W&B: *.wandb; TensorBoard: *tfevents*; Optuna: a journal file or an SQLite storage")
        }
        let index = study.map { name in journal.studies.firstIndex { $0.name == name } } ?? 0
        guard let index else {
            throw SweepError(
                .notFound, "\(path) has no study '\(DisplayText.escape(study ?? ""))'",
                remedy: "it has \(journal.studies.map { DisplayText.escape($0.name) }.joined(separator: ", "))")
        }
        let found = journal.studies[index]
        runs.name = found.name
        if found.goals.count == 1 { runs.objective = Objective(metric: metric, goal: found.goals[0]) }
        for trial in journal.trials where trial.study == index { if let run = run(trial.trial) { runs.add(run) } }
    }

    /// nil: it has not ended.
    private static func run(_ trial: OptunaTrial) -> ImportedRun? {
        guard let state = trial.state else { return nil }
        var run = ImportedRun(name: "trial \(trial.number)")
        run.state = state
        run.started = trial.started
        run.ended = trial.ended
        for (name, value) in trial.parameters { run.setParameter(name, value) }
        let time = trial.ended ?? trial.started ?? Timestamp(milliseconds: 0)
        for (step, value) in trial.intermediate.sorted(by: { $0.key < $1.key }) {
            run.add(Report(step: step, time: time, metrics: [metric: value], source: "optuna"))
        }
        for (index, value) in trial.values.enumerated() {
            let name = trial.values.count == 1 ? metric : "\(metric)_\(index)"
            run.add(Report(time: time, metrics: [name: value], source: "optuna"))
        }
        return run
    }
}

/// A journal as it is replayed.
struct OptunaReplay {
    private(set) var studies: [(name: String, goals: [Objective.Goal])] = []
    private(set) var trials: [(study: Int, trial: OptunaTrial)] = []

    mutating func take(_ entry: ParameterValue) {
        switch entry["op_code"]?.number {
        case 0:
            studies.append((entry["study_name"]?.string ?? "study \(studies.count)", Self.goals(entry["directions"])))
        case 4: create(entry)
        case 5:
            change(entry) { trial in
                guard let name = entry["param_name"]?.string, let value = entry["param_value_internal"]?.number else {
                    return
                }
                trial.setParameter(name, value, distribution: entry["distribution"]?.string ?? "")
            }
        case 6:
            change(entry) { trial in
                trial.setState(entry["state"]?.number)
                if case .list(let values)? = entry["values"] { trial.values = values.compactMap(\.number) }
                trial.started = Self.time(entry["datetime_start"]) ?? trial.started
                trial.ended = Self.time(entry["datetime_complete"]) ?? trial.ended
            }
        case 7:
            change(entry) { trial in
                guard let step = entry["step"]?.number.flatMap({ Int(exactly: $0) }) else { return }
                trial.intermediate[step] = entry["intermediate_value"]?.number ?? .nan
            }
        default: break
        }
    }

    private mutating func create(_ entry: ParameterValue) {
        let study = entry["study_id"]?.number.flatMap { Int(exactly: $0) } ?? 0
        var trial = OptunaTrial(number: trials.count { $0.study == study })
        trial.setState(entry["state"]?.number)
        trial.started = Self.time(entry["datetime_start"])
        trial.ended = Self.time(entry["datetime_complete"])
        if let value = entry["value"]?.number { trial.values = [value] }
        if case .list(let values)? = entry["values"] { trial.values = values.compactMap(\.number) }
        for member in entry["params"]?.members ?? [] {
            guard let value = member.value.number else { continue }
            trial.setParameter(member.key, value, distribution: entry["distributions"]?[member.key]?.string ?? "")
        }
        for member in entry["intermediate_values"]?.members ?? [] {
            if let step = Int(member.key) { trial.intermediate[step] = member.value.number ?? .nan }
        }
        trials.append((study, trial))
    }

    private mutating func change(_ entry: ParameterValue, _ body: (inout OptunaTrial) -> Void) {
        guard let id = entry["trial_id"]?.number.flatMap({ Int(exactly: $0) }), trials.indices.contains(id) else {
            return
        }
        body(&trials[id].trial)
    }

    private static func goals(_ value: ParameterValue?) -> [Objective.Goal] {
        guard case .list(let directions)? = value else { return [.minimize] }
        return directions.map { $0.number == 2 ? .maximize : .minimize }
    }

    private static func time(_ value: ParameterValue?) -> Timestamp? { value?.string.flatMap { OptunaTrial.time($0) } }
}
