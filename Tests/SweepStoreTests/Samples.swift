import SweepModel
import SweepStore

/// A small sweep for tests: everything has a value that differs from its default.
enum Sample {
    static let sweep = SweepID("abc23456")
    static let trial = TrialID(sweep, 1)
    static let attempt = AttemptID(trial, 1)

    static func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    static let record = SweepRecord(
        id: sweep, name: "digits", yaml: "method: grid\n# ünï ♥\n", file: "a/digits.yaml", createdIn: "/home/ann",
        seed: .max - 5, state: .running, reason: nil, created: time(1_000))

    static func trialRecord(_ number: Int, created: Int64 = 2_000) -> TrialRecord {
        TrialRecord(
            id: TrialID(sweep, number), point: number, repetition: 0,
            parameters: [
                .init("lr", 1e-05), .init("layers", 2), .init("opt", .object([.init("name", "sgd")])),
                .init("odd", .double(.nan)),
            ],
            created: time(created))
    }

    static func attemptInserted(_ id: AttemptID) -> Change {
        .attemptInserted(
            id, agent: AgentID("agent-1"), agentName: "box", host: "box.local", slot: "gpu 0", slotIndex: 0,
            at: time(3_000))
    }

    static let end = AttemptEnd(
        exitCode: nil, signal: 9, launchError: nil, stopReason: .timeout, started: time(4_000), ended: time(9_000),
        peakMemory: 1 << 40, cpuSeconds: 1.5, lastLine: "MemoryError")

    /// A running trial with three reports.
    static let running: [Change] = [
        .sweepInserted(record), .trialInserted(trialRecord(1)), attemptInserted(attempt),
        .trialChanged(TrialProgress(id: trial, state: .running, attempt: 1, started: time(4_000))),
        .attemptStarted(attempt, sequence: 1, argv: ["python", "a b.py"], directory: "/tmp", at: time(4_000)),
        .reportsAppended(
            attempt, sequence: 2,
            [
                Report(step: 1, time: time(5_000), metrics: ["loss": .infinity, "acc": 0.1]),
                Report(step: nil, time: time(5_001), metrics: ["acc": 1.0 / 3]),
            ]),
        .reportsAppended(attempt, sequence: 3, [Report(step: 3, time: time(6_000), metrics: ["loss": 0.5])]),
    ]

    static let marks = [
        CurveMark(step: 1, value: 0.75, best: 0.75, report: 1), CurveMark(step: 3, value: 0.5, best: 0.5, report: 2),
    ]
    static let stopping: ParameterValue = ["rule": "asha", "rung": 3.0, "neighbours": [2, 5]]
    static let prior = [
        PriorTrial(source: TrialID(SweepID("old23456"), 7), parameters: [.init("lr", 0.5)], values: [0.25, 3])
    ]

    /// What schema 2 added: a learning curve, an ordered stop with its note, prior runs.
    static let learning: [Change] = [
        .priorInserted(sweep, prior), .curveExtended(attempt, marks, voidsFrom: nil),
        .stopOrdered(attempt, .pruned, detail: "stopped at step 3", note: stopping),
    ]

    /// Trials 1 ... count of one sweep, completed with the objectives that `objective` gives.
    static func finished(_ count: Int, objective: (Int) -> Double?) -> [Change] {
        var changes: [Change] = [.sweepInserted(record)]
        for number in 1...count {
            let id = TrialID(sweep, number)
            changes.append(.trialInserted(trialRecord(number)))
            changes.append(attemptInserted(AttemptID(id, 1)))
            changes.append(
                .attemptEnded(
                    AttemptID(id, 1), sequence: 1, .completed, reason: nil, end, at: time(9_000)))
            changes.append(
                .trialChanged(
                    TrialProgress(
                        id: id, state: .completed, attempt: 1, objective: objective(number), step: 10,
                        metrics: ["loss": Double(number), "acc": 0.5], started: time(4_000), ended: time(9_000))))
        }
        return changes
    }
}

extension Store {
    struct Loaded {
        var record: SweepRecord
        var prior: [PriorTrial]
        var trials: [StoredTrial]
    }

    /// All that `load` tells.
    func loaded(_ wishes: LoadWishes = LoadWishes(metrics: ["loss"])) throws -> [Loaded] {
        var loaded: [Loaded] = []
        try load { record, prior in
            loaded.append(Loaded(record: record, prior: prior, trials: []))
            return wishes
        } trials: {
            loaded[loaded.count - 1].trials += $0
        }
        return loaded
    }
}
