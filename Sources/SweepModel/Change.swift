/// One change of the durable record. The engine decides it, the store writes it; together they are all that a restart
/// knows.
package enum Change: Equatable, Sendable {
    case sweepInserted(SweepRecord)
    /// Results of earlier sweeps that this one learns from, in order. With the sweep: they never change.
    case priorInserted(SweepID, [PriorTrial])
    /// The sweep has another file from now on.
    case sweepEdited(EditRecord)
    case sweepStateChanged(SweepID, SweepState, reason: String?, at: Timestamp)
    /// With everything that belongs to it.
    case sweepDeleted(SweepID)
    case trialInserted(TrialRecord)
    /// State, attempt, objective and the rest of the trial as it is now.
    case trialChanged(TrialProgress)
    case attemptInserted(
        AttemptID, agent: AgentID, agentName: String, host: String, slot: String, slotIndex: Int, at: Timestamp)
    case attemptStarted(AttemptID, sequence: Int, argv: [String], directory: String, at: Timestamp)
    /// `sequence` is the number of the message that brought them.
    case reportsAppended(AttemptID, sequence: Int, [Report])
    /// Points of the trial's learning curve. What earlier attempts left at the step `voidsFrom` and beyond is void: this
    /// attempt began before it.
    case curveExtended(AttemptID, [CurveMark], voidsFrom: Double?)
    /// The attempt is to end. `note` says why, where a stopping rule decided it.
    case stopOrdered(AttemptID, StopReason, detail: String?, note: ParameterValue?)
    /// `sequence` is nil when the attempt ended without a word of its agent (lost).
    case attemptEnded(AttemptID, sequence: Int?, AttemptOutcome, reason: String?, AttemptEnd?, at: Timestamp)
    /// To be told to whoever wants it.
    case alertRaised(AlertRecord)
    /// A result of an attempt that no longer counts: kept, visible, never counted.
    case lateResult(AttemptID, AttemptEnd, at: Timestamp)
}

/// A sweep as it is stored.
package struct SweepRecord: Equatable, Sendable {
    package var id: SweepID
    package var name: String?
    /// The file as it was given: the truth from which everything else about the sweep is made again.
    package var yaml: String
    /// The file's path, for messages.
    package var file: String?
    package var createdIn: String?
    /// The seed in force: the file's, or one drawn at creation.
    package var seed: UInt64
    package var state: SweepState
    package var reason: String?
    package var created: Timestamp
    package var ended: Timestamp?
    /// The keys of the edits that led to `yaml`, in order (`EditRequest.key`).
    package var editKeys: [String] = []
    /// Alerts that it has raised so far.
    package var alertCount = 0

    package init(
        id: SweepID, name: String? = nil, yaml: String, file: String? = nil, createdIn: String? = nil, seed: UInt64,
        state: SweepState = .running, reason: String? = nil, created: Timestamp, ended: Timestamp? = nil
    ) {
        self.id = id
        self.name = name
        self.yaml = yaml
        self.file = file
        self.createdIn = createdIn
        self.seed = seed
        self.state = state
        self.reason = reason
        self.created = created
        self.ended = ended
    }
}

/// A trial as it was suggested: this never changes.
package struct TrialRecord: Equatable, Sendable {
    package var id: TrialID
    /// Which suggestion it came from, from 1; the trials of one `repeat` share it.
    package var point: Int
    /// 0 ..< repeat.
    package var repetition: Int
    package var parameters: Parameters
    package var created: Timestamp
    /// Why this point was suggested (an encoded `SuggestionNote`), where the search says so.
    package var note: ParameterValue?

    package init(
        id: TrialID, point: Int, repetition: Int = 0, parameters: Parameters, created: Timestamp,
        note: ParameterValue? = nil
    ) {
        self.id = id
        self.point = point
        self.repetition = repetition
        self.parameters = parameters
        self.created = created
        self.note = note
    }
}

/// A point of a learning curve as it is stored: the objective at a step, and the best up to there.
package struct CurveMark: Hashable, Sendable {
    package var step: Double
    package var value: Double
    package var best: Double
    /// The how many-th report of its trial it is.
    package var report: Int

    package init(step: Double, value: Double, best: Double, report: Int) {
        self.step = step
        self.value = value
        self.best = best
        self.report = report
    }
}

/// A finished trial of an earlier sweep, as the later one learns from it.
package struct PriorTrial: Equatable, Sendable {
    package var source: TrialID
    package var parameters: Parameters
    /// The objectives in the order of the sweep that learns.
    package var values: [Double]

    package init(source: TrialID, parameters: Parameters, values: [Double]) {
        self.source = source
        self.parameters = parameters
        self.values = values
    }
}

/// What changes of a trial as it goes on.
package struct TrialProgress: Equatable, Sendable {
    package var id: TrialID
    package var state: TrialState
    /// The newest attempt's number; 0 before the first.
    package var attempt: Int
    /// The objective's final (or so far latest) value under `metric.summary`; nil when there is none, or it is no number.
    package var objective: Double?
    /// The further objectives, in the file's order, likewise; empty where one has no finite value.
    package var further: [Double]
    package var step: Int?
    /// Last values of the newest attempt's metrics; nil: as they were.
    package var metrics: [String: Double]?
    /// Why it failed, was cancelled or waits again, in one line.
    package var reason: String?
    /// How often the program failed, and the infrastructure lost it.
    package var failures: Int
    package var losses: Int
    package var started: Timestamp?
    package var ended: Timestamp?

    package init(
        id: TrialID, state: TrialState = .waiting, attempt: Int = 0, objective: Double? = nil,
        further: [Double] = [], step: Int? = nil, metrics: [String: Double]? = nil, reason: String? = nil,
        failures: Int = 0,
        losses: Int = 0, started: Timestamp? = nil, ended: Timestamp? = nil
    ) {
        self.id = id
        self.state = state
        self.attempt = attempt
        self.objective = objective
        self.further = further
        self.step = step
        self.metrics = metrics
        self.reason = reason
        self.failures = failures
        self.losses = losses
        self.started = started
        self.ended = ended
    }
}
