/// Where a trial stands.
///
/// `waiting → assigned → running → completed | pruned | failed | cancelled`; a trial whose attempt was lost, failed with
/// retries left, or was retried by a person goes back to `waiting`.
package enum TrialState: String, Sendable, Codable, CaseIterable {
    case waiting, assigned, running, completed, pruned, failed, cancelled

    /// Nothing further happens to it unless a person retries it.
    package var isFinal: Bool {
        switch self {
        case .waiting, .assigned, .running: false
        case .completed, .pruned, .failed, .cancelled: true
        }
    }

    /// It holds a slot.
    package var isLive: Bool { self == .assigned || self == .running }
}

/// How an attempt ended.
package enum AttemptOutcome: String, Sendable, Codable, CaseIterable {
    case completed, pruned, failed, cancelled
    /// Its lease ran out, or the agent that held it came back without it: the infrastructure's doing.
    case lost
    /// Handed back before its end (exit code 75, or the agent was told to drain): no failure.
    case preempted
}

/// Where a sweep stands.
package enum SweepState: String, Sendable, Codable, CaseIterable {
    /// Hands out trials.
    case running
    /// Hands out nothing; live trials go on.
    case paused
    /// Every trial it will ever have is final: the space or the run cap is used up, or the target was reached.
    case finished
    /// Stopped by a person: live trials may end, nothing new.
    case stopped
    /// Cancelled by a person: live trials are ended.
    case cancelled

    package var handsOutTrials: Bool { self == .running }
}

/// Why the controller ends an attempt.
package enum StopReason: String, Sendable, Codable, CaseIterable {
    /// A stopping rule decided it.
    case pruned
    /// A person did.
    case cancelled
    /// A newer attempt of the trial exists, or the trial is final: this one counts for nothing.
    case fenced
    /// It ran longer than `timeout`.
    case timeout
}
