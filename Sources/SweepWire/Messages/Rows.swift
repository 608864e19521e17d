package import SweepModel

/// The answer to `create`.
package struct CreatedSweep: Hashable, Sendable, Codable {
    package var id: SweepID
    package var name: String?
    /// Points of the space; nil: without end.
    package var size: Int?
    package var warnings: [String]

    package init(id: SweepID, name: String? = nil, size: Int? = nil, warnings: [String] = []) {
        self.id = id
        self.name = name
        self.size = size
        self.warnings = warnings
    }
}

/// A sweep as lists show it.
package struct SweepRow: Hashable, Sendable, Codable {
    package var id: SweepID
    package var name: String?
    package var state: SweepState
    /// Why it ended or is paused, in words.
    package var reason: String?
    package var method: String
    package var metric: String?
    package var goal: Objective.Goal?
    package var priority: Int
    package var created: Timestamp
    package var ended: Timestamp?
    /// Trials that it will have at most; nil: no bound.
    package var expected: Int?
    /// Trials by state; states with none may be absent.
    package var counts: [String: Int]
    /// Number of failed trials by reason.
    package var failures: [String: Int]
    package var best: Double?
    package var bestTrial: TrialID?
    package var yaml: String?
    package var createdIn: String?
    package var file: String?
    /// All objectives, where there are several: a Pareto front is wanted.
    package var objectives: [Objective]?
    /// What people say of it; nil: nothing.
    package var remark: Remark?
    /// How it was changed while it ran, in order (`show`); nil: not at all.
    package var edits: [EditRow]?
    /// The newest of what it told people, newest first; only where one sweep is shown.
    package var alerts: [AlertRow]?

    package init(
        id: SweepID, name: String? = nil, state: SweepState, reason: String? = nil, method: String,
        metric: String? = nil, goal: Objective.Goal? = nil, priority: Int = 0, created: Timestamp,
        ended: Timestamp? = nil, expected: Int? = nil, counts: [String: Int] = [:], failures: [String: Int] = [:],
        best: Double? = nil, bestTrial: TrialID? = nil, yaml: String? = nil, createdIn: String? = nil,
        file: String? = nil, objectives: [Objective]? = nil, remark: Remark? = nil
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.reason = reason
        self.method = method
        self.metric = metric
        self.goal = goal
        self.priority = priority
        self.created = created
        self.ended = ended
        self.expected = expected
        self.counts = counts
        self.failures = failures
        self.best = best
        self.bestTrial = bestTrial
        self.yaml = yaml
        self.createdIn = createdIn
        self.file = file
        self.objectives = objectives
        self.remark = remark
    }
}

/// What people say of a sweep, or of one of its trials.
package struct RemarkRow: Hashable, Sendable, Codable {
    package var sweep: SweepID
    /// nil: of the sweep itself.
    package var trial: Int?
    package var remark: Remark

    package init(sweep: SweepID, trial: Int? = nil, remark: Remark) {
        self.sweep = sweep
        self.trial = trial
        self.remark = remark
    }
}

/// A trial as `sweep trials --json` gives it; its members are only ever added to.
package struct TrialRow: Hashable, Sendable, Codable {
    package var id: TrialID
    package var number: Int
    package var state: TrialState
    /// The number of the newest attempt; 0 before the first.
    package var attempt: Int
    package var params: Parameters
    /// The last value of each metric of the newest attempt.
    package var metrics: [String: Double]
    /// The final (or, while it runs, latest) value of the objective under `metric.summary`.
    package var objective: Double?
    /// The last step of the objective.
    package var step: Int?
    package var agent: String?
    package var slot: String?
    /// The exit code, or minus the signal's number.
    package var exit: Int?
    package var reason: String?
    package var started: Timestamp?
    package var ended: Timestamp?
    /// Bytes.
    package var peakMemory: Int?
    /// Trials with the same point (`repeat`) carry the same number here.
    package var point: Int
    /// Why its point was suggested (`SuggestionNote`), and why a stopping rule ended it (`StoppingNote`): where one trial
    /// is asked for, and there is something to say.
    package var suggestion: ParameterValue?
    package var stopping: ParameterValue?
    /// The objectives after the first, in the file's order; nil: there is one objective, or they have no values yet.
    package var further: [Double]?
    /// What people say of it; nil: nothing.
    package var remark: Remark?

    package init(
        id: TrialID, state: TrialState, attempt: Int = 0, params: Parameters, metrics: [String: Double] = [:],
        objective: Double? = nil, step: Int? = nil, agent: String? = nil, slot: String? = nil, exit: Int? = nil,
        reason: String? = nil, started: Timestamp? = nil, ended: Timestamp? = nil, peakMemory: Int? = nil, point: Int,
        suggestion: ParameterValue? = nil, stopping: ParameterValue? = nil, further: [Double]? = nil,
        remark: Remark? = nil
    ) {
        self.id = id
        self.number = id.number
        self.state = state
        self.attempt = attempt
        self.params = params
        self.metrics = metrics
        self.objective = objective
        self.step = step
        self.agent = agent
        self.slot = slot
        self.exit = exit
        self.reason = reason
        self.started = started
        self.ended = ended
        self.peakMemory = peakMemory
        self.point = point
        self.suggestion = suggestion
        self.stopping = stopping
        self.further = further
        self.remark = remark
    }

    private enum CodingKeys: String, CodingKey {
        case id, number, state, attempt, params, metrics, objective, step, agent, slot, exit, reason, started, ended
        case peakMemory, point, suggestion, stopping, further, remark
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(TrialID.self, forKey: .id)
        number = id.number
        state = try container.decode(TrialState.self, forKey: .state)
        attempt = try container.decode(Int.self, forKey: .attempt)
        params = try container.decodeParameters(forKey: .params)
        metrics = try container.decode([String: Double].self, forKey: .metrics)
        objective = try container.decodeIfPresent(Double.self, forKey: .objective)
        step = try container.decodeIfPresent(Int.self, forKey: .step)
        agent = try container.decodeIfPresent(String.self, forKey: .agent)
        slot = try container.decodeIfPresent(String.self, forKey: .slot)
        exit = try container.decodeIfPresent(Int.self, forKey: .exit)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        started = try container.decodeIfPresent(Timestamp.self, forKey: .started)
        ended = try container.decodeIfPresent(Timestamp.self, forKey: .ended)
        peakMemory = try container.decodeIfPresent(Int.self, forKey: .peakMemory)
        point = try container.decodeIfPresent(Int.self, forKey: .point) ?? id.number
        suggestion = try container.decodeIfPresent(ParameterValue.self, forKey: .suggestion)
        stopping = try container.decodeIfPresent(ParameterValue.self, forKey: .stopping)
        further = try container.decodeIfPresent([Double].self, forKey: .further)
        remark = try container.decodeIfPresent(Remark.self, forKey: .remark)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(number, forKey: .number)
        try container.encode(state, forKey: .state)
        try container.encode(attempt, forKey: .attempt)
        try container.encodeParameters(params, forKey: .params)
        try container.encode(metrics, forKey: .metrics)
        try container.encode(objective, forKey: .objective)
        try container.encode(step, forKey: .step)
        try container.encode(agent, forKey: .agent)
        try container.encode(slot, forKey: .slot)
        try container.encode(exit, forKey: .exit)
        try container.encode(reason, forKey: .reason)
        try container.encode(started, forKey: .started)
        try container.encode(ended, forKey: .ended)
        try container.encode(peakMemory, forKey: .peakMemory)
        try container.encode(point, forKey: .point)
        try container.encodeIfPresent(suggestion, forKey: .suggestion)
        try container.encodeIfPresent(stopping, forKey: .stopping)
        try container.encodeIfPresent(further, forKey: .further)
        try container.encodeIfPresent(remark, forKey: .remark)
    }
}

/// One attempt in a trial's history.
package struct AttemptRow: Hashable, Sendable, Codable {
    package var attempt: Int
    package var agent: String
    package var host: String?
    package var slot: String
    package var assigned: Timestamp
    package var started: Timestamp?
    package var ended: Timestamp?
    package var outcome: AttemptOutcome?
    package var exit: Int?
    package var reason: String?
    package var argv: [String]?
    package var directory: String?
    package var peakMemory: Int?
    package var cpuSeconds: Double?
    /// How it ended after it had been given up: kept, never counted.
    package var late: String?

    package init(
        attempt: Int, agent: String, host: String? = nil, slot: String, assigned: Timestamp, started: Timestamp? = nil,
        ended: Timestamp? = nil, outcome: AttemptOutcome? = nil, exit: Int? = nil, reason: String? = nil,
        argv: [String]? = nil, directory: String? = nil, peakMemory: Int? = nil, cpuSeconds: Double? = nil,
        late: String? = nil
    ) {
        self.attempt = attempt
        self.agent = agent
        self.host = host
        self.slot = slot
        self.assigned = assigned
        self.started = started
        self.ended = ended
        self.outcome = outcome
        self.exit = exit
        self.reason = reason
        self.argv = argv
        self.directory = directory
        self.peakMemory = peakMemory
        self.cpuSeconds = cpuSeconds
        self.late = late
    }
}

package struct AgentRow: Hashable, Sendable, Codable {
    package enum State: String, Sendable, Codable {
        case connected
        /// Silent for a while; its leases still hold.
        case suspect
        case disconnected
    }

    package struct Slot: Hashable, Sendable, Codable {
        package var label: String
        package var gpu: String?
        package var trial: TrialID?
        /// Why it takes no trial, when it does not.
        package var paused: String?
        /// The hottest of its GPUs, in Celsius.
        package var temperature: Double?

        package init(
            label: String, gpu: String? = nil, trial: TrialID? = nil, paused: String? = nil, temperature: Double? = nil
        ) {
            self.label = label
            self.gpu = gpu
            self.trial = trial
            self.paused = paused
            self.temperature = temperature
        }
    }

    package var id: AgentID
    package var name: String
    package var host: String
    package var state: State
    package var sweep: SweepID?
    package var slots: [Slot]
    package var lastSeen: Timestamp

    package init(
        id: AgentID, name: String, host: String, state: State, sweep: SweepID? = nil, slots: [Slot],
        lastSeen: Timestamp
    ) {
        self.id = id
        self.name = name
        self.host = host
        self.state = state
        self.sweep = sweep
        self.slots = slots
        self.lastSeen = lastSeen
    }
}

/// A piece of a trial's log.
package struct LogPiece: Hashable, Sendable, Codable {
    package var attempt: Int
    /// Text where the bytes are UTF-8, base64 otherwise.
    package var text: String?
    package var base64: String?
    /// Bytes that the agent left out before this piece.
    package var skipped: Int?
    /// Where this was asked for: it comes from standard error; from standard output, or from both where that is not known.
    package var isError: Bool?
    /// Where this was asked for: by then it was printed.
    package var time: Timestamp?

    package init(attempt: Int, text: String?, base64: String? = nil, skipped: Int? = nil) {
        self.attempt = attempt
        self.text = text
        self.base64 = base64
        self.skipped = skipped
    }
}

/// A change that `watch` tells: exactly one member is set.
package struct SweepEvent: Hashable, Sendable, Codable {
    package var sweep: SweepRow?
    package var trial: TrialRow?

    package init(sweep: SweepRow? = nil, trial: TrialRow? = nil) {
        self.sweep = sweep
        self.trial = trial
    }
}

package struct RetriedTrials: Hashable, Sendable, Codable {
    package var trials: [TrialID]

    package init(trials: [TrialID]) { self.trials = trials }
}

/// The slots that take trials again, by label.
package struct ReleasedSlots: Hashable, Sendable, Codable {
    package var agent: String
    package var slots: [String]

    package init(agent: String, slots: [String]) {
        self.agent = agent
        self.slots = slots
    }
}

package struct ControllerStatus: Hashable, Sendable, Codable {
    package var build: String
    package var pid: Int
    package var address: String
    package var home: String
    package var started: Timestamp
    package var sweeps: Int
    package var agents: Int
    package var slots: Int
    package var liveTrials: Int
    /// What keeps it from handing out trials, when something does (disk full).
    package var problem: String?
    /// SHA-256 of its certificate.
    package var fingerprint: String?
    /// It takes connections without TLS from other machines.
    package var insecure: Bool?
    /// What should be looked at, though everything works.
    package var note: String?
    /// Where its pages are; nil when it serves none.
    package var dashboard: String?

    package init(
        build: String, pid: Int, address: String, home: String, started: Timestamp, sweeps: Int, agents: Int,
        slots: Int, liveTrials: Int, problem: String? = nil, fingerprint: String? = nil, insecure: Bool? = nil,
        note: String? = nil, dashboard: String? = nil
    ) {
        self.build = build
        self.pid = pid
        self.address = address
        self.home = home
        self.started = started
        self.sweeps = sweeps
        self.agents = agents
        self.slots = slots
        self.liveTrials = liveTrials
        self.problem = problem
        self.fingerprint = fingerprint
        self.insecure = insecure
        self.note = note
        self.dashboard = dashboard
    }
}

/// What an edit changed, or would change.
package struct EditedSweep: Hashable, Sendable, Codable {
    package var sweep: SweepID
    /// nil: it was only tried.
    package var edit: EditRow?
    package var changes: [String]
    package var warnings: [String]
    /// The file as it would be, where it was only tried.
    package var yaml: String?

    package init(
        sweep: SweepID, edit: EditRow? = nil, changes: [String], warnings: [String] = [], yaml: String? = nil
    ) {
        self.sweep = sweep
        self.edit = edit
        self.changes = changes
        self.warnings = warnings
        self.yaml = yaml
    }
}
