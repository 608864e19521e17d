package import SweepModel

/// What the engine wants done, in order. Nothing here has happened yet: all `persist` of a batch of events are written in
/// one transaction, and only then is the rest performed.
package enum Effect: Equatable, Sendable {
    case persist(Change)
    case send(AgentID, Order)
    /// To be computed beside the loop, and answered with `Event.suggested`.
    case suggest(SuggestionRequest)
    /// The request cannot be done; goes to whoever asked.
    case refuse(SweepError)
}

/// What an agent is told. The controller adds what only it knows (the launch of the sweep) and sends it.
package enum Order: Equatable, Sendable {
    /// Which of the held attempts go on (with the number of their last durable message), and which are to be killed.
    case welcome(keep: [Kept], kill: [AttemptID])
    case assign(Grant)
    case acknowledge(AttemptID, sequence: Int)
    case stop(AttemptID, StopReason, detail: String?)
    /// `error`: what kind of mistake of the person at the agent it is, where it is one.
    case dismiss(reason: String, error: SweepError.Category? = nil)
    /// A person wants the slot used again, whatever keeps it.
    case release(slot: Int)
    /// For the person at the agent.
    case notice(String)
}

package struct Kept: Equatable, Sendable {
    package var attempt: AttemptID
    package var acknowledged: Int

    package init(attempt: AttemptID, acknowledged: Int) {
        self.attempt = attempt
        self.acknowledged = acknowledged
    }
}

/// An attempt on a slot, under a lease.
package struct Grant: Equatable, Sendable {
    package var slot: SlotID
    package var attempt: AttemptID
    package var parameters: Parameters
    package var seed: Int
    /// Earlier attempts of the trial, newest first.
    package var earlierAttempts: [Int]

    package init(slot: SlotID, attempt: AttemptID, parameters: Parameters, seed: Int, earlierAttempts: [Int]) {
        self.slot = slot
        self.attempt = attempt
        self.parameters = parameters
        self.seed = seed
        self.earlierAttempts = earlierAttempts
    }
}
