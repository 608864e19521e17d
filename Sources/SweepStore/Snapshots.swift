package import SweepModel

/// A sweep with the numbers of its trials, as of one moment.
package struct SweepSnapshot: Equatable, Sendable {
    package var record: SweepRecord
    /// Trials by state; states with none are absent.
    package var counts: [TrialState: Int]
    /// Failed trials by reason, the most frequent ones.
    package var failures: [String: Int]

    package var trialCount: Int { counts.values.reduce(0, +) }
}

/// A trial with what its newest attempt adds, as of one moment.
package struct TrialSnapshot: Equatable, Sendable {
    package var record: TrialRecord
    package var progress: TrialProgress
    /// Of the newest attempt.
    package var agentName: String?
    package var slot: String?
    /// Of the newest attempt: the exit code, or minus the signal's number.
    package var exit: Int?
    /// Of the newest attempt, in bytes.
    package var peakMemory: Int?
    /// What people say of it.
    package var remark: Remark?
}

/// One attempt, as of one moment.
package struct AttemptSnapshot: Equatable, Sendable {
    package var id: AttemptID
    package var agent: AgentID
    package var agentName: String
    package var host: String
    package var slot: String
    package var slotIndex: Int
    package var assigned: Timestamp
    /// The number of the last message of its agent that is durable.
    package var acknowledged: Int
    package var argv: [String]?
    package var directory: String?
    package var started: Timestamp?
    package var outcome: AttemptOutcome?
    package var reason: String?
    package var ended: Timestamp?
    /// What its agent said of the end.
    package var end: AttemptEnd?
    /// The stop that was ordered, and why in words.
    package var stopOrdered: StopReason?
    package var stopDetail: String?
    /// What the stopping rule said, where it ordered it.
    package var stopping: ParameterValue?

    /// The exit code, or minus the signal's number.
    package var exit: Int? { end?.exitCode ?? end?.signal.map { -$0 } }
}

/// How an attempt ended that no longer counted.
package struct LateResult: Equatable, Sendable {
    package var attempt: AttemptID
    package var received: Timestamp
    package var end: AttemptEnd
}
