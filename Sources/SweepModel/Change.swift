/// One change of the durable record. The engine decides it, the store writes it; together they are all that a restart
/// knows.
package enum Change: Equatable, Sendable {
    case sweepInserted(SweepRecord)
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
    /// `sequence` is nil when the attempt ended without a word of its agent (lost).
    case attemptEnded(AttemptID, sequence: Int?, AttemptOutcome, reason: String?, AttemptEnd?, at: Timestamp)
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

    package init(id: TrialID, point: Int, repetition: Int = 0, parameters: Parameters, created: Timestamp) {
        self.id = id
        self.point = point
        self.repetition = repetition
        self.parameters = parameters
        self.created = created
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
        id: TrialID, state: TrialState = .waiting, attempt: Int = 0, objective: Double? = nil, step: Int? = nil,
        metrics: [String: Double]? = nil, reason: String? = nil, failures: Int = 0, losses: Int = 0,
        started: Timestamp? = nil, ended: Timestamp? = nil
    ) {
        self.id = id
        self.state = state
        self.attempt = attempt
        self.objective = objective
        self.step = step
        self.metrics = metrics
        self.reason = reason
        self.failures = failures
        self.losses = losses
        self.started = started
        self.ended = ended
    }
}

/// What a restart reads of one sweep, to make the engine again.
package struct StoredSweep: Equatable, Sendable {
    package struct StoredTrial: Equatable, Sendable {
        package var record: TrialRecord
        package var progress: TrialProgress
        /// Of a live trial: where its newest attempt runs.
        package var live: LiveAttempt?

        package init(record: TrialRecord, progress: TrialProgress, live: LiveAttempt? = nil) {
            self.record = record
            self.progress = progress
            self.live = live
        }
    }

    package struct LiveAttempt: Equatable, Sendable {
        package var agent: AgentID
        package var agentName: String
        package var host: String
        package var slotIndex: Int
        /// The number of the last message that is durable.
        package var acknowledged: Int
        /// Values of the objective so far, in order, to make its summary again.
        package var objectives: [(step: Int?, value: Double)]

        package init(
            agent: AgentID, agentName: String, host: String, slotIndex: Int, acknowledged: Int,
            objectives: [(step: Int?, value: Double)]
        ) {
            self.agent = agent
            self.agentName = agentName
            self.host = host
            self.slotIndex = slotIndex
            self.acknowledged = acknowledged
            self.objectives = objectives
        }

        package static func == (a: LiveAttempt, b: LiveAttempt) -> Bool {
            a.agent == b.agent && a.agentName == b.agentName && a.host == b.host && a.slotIndex == b.slotIndex
                && a.acknowledged == b.acknowledged
                && a.objectives.elementsEqual(b.objectives) { $0.step == $1.step && $0.value == $1.value }
        }
    }

    package var record: SweepRecord
    package var trials: [StoredTrial]

    package init(record: SweepRecord, trials: [StoredTrial]) {
        self.record = record
        self.trials = trials
    }
}
