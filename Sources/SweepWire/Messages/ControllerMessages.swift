package import SweepModel

/// What the controller says to an agent after `welcome`.
package enum ControllerMessage: Hashable, Sendable {
    case assign(Assignment)
    /// All numbered messages of the attempt up to this number are durable.
    case acknowledge(AttemptID, sequence: Int)
    /// The attempt's log, or another file of its record, is kept up to this byte.
    case logged(AttemptID, offset: Int, file: String? = nil)
    /// How an offered artifact stands.
    case artifact(ArtifactProgress)
    /// How much of a content is kept.
    case blob(BlobKept)
    /// What a trial is given.
    case inputs(InputAnswer)
    /// A piece of what the agent wants.
    case content(BlobContent)
    case stop(AttemptID, StopReason, detail: String?)
    case heartbeat
    /// Nothing will come for this agent any more (its sweep is over): it ends once its trials have. `error`: what kind of
    /// error that is of the person at the agent (there is no such sweep), nil when it is none.
    case dismiss(reason: String, error: SweepError.Category? = nil)
    /// Something that the person at the agent should know: its slot is paused, and why.
    case notice(String)
    /// A person wants the slot used again, whatever keeps it.
    case release(slot: Int)
    /// A line could not be understood; the connection goes on.
    case error(SweepError)
}

/// One attempt on one slot: everything that its launch needs.
package struct Assignment: Hashable, Sendable, Codable {
    package var slot: Int
    package var attempt: AttemptID
    package var launch: LaunchSpec
    package var parameters: Parameters
    /// A seed of the trial's own, the same for every attempt (`SWEEP_SEED`, `${seed}`).
    package var seed: Int
    /// The objective's metric name, where the sweep has one.
    package var metric: String?
    /// Attempts of this trial that came before, newest first, whose checkpoints may be resumed from.
    package var earlierAttempts: [Int]

    package init(
        slot: Int, attempt: AttemptID, launch: LaunchSpec, parameters: Parameters, seed: Int, metric: String? = nil,
        earlierAttempts: [Int] = []
    ) {
        self.slot = slot
        self.attempt = attempt
        self.launch = launch
        self.parameters = parameters
        self.seed = seed
        self.metric = metric
        self.earlierAttempts = earlierAttempts
    }

    private enum CodingKeys: String, CodingKey {
        case slot, attempt, launch, parameters, seed, metric, earlierAttempts
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        slot = try container.decode(Int.self, forKey: .slot)
        attempt = try container.decode(AttemptID.self, forKey: .attempt)
        launch = try container.decode(LaunchSpec.self, forKey: .launch)
        parameters = try container.decodeParameters(forKey: .parameters)
        seed = try container.decode(Int.self, forKey: .seed)
        metric = try container.decodeIfPresent(String.self, forKey: .metric)
        earlierAttempts = try container.decodeIfPresent([Int].self, forKey: .earlierAttempts) ?? []
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(slot, forKey: .slot)
        try container.encode(attempt, forKey: .attempt)
        try container.encode(launch, forKey: .launch)
        try container.encodeParameters(parameters, forKey: .parameters)
        try container.encode(seed, forKey: .seed)
        try container.encodeIfPresent(metric, forKey: .metric)
        try container.encode(earlierAttempts, forKey: .earlierAttempts)
    }
}
