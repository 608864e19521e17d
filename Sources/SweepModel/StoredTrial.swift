/// What a restart reads of one trial.
package struct StoredTrial: Equatable, Sendable {
    package var record: TrialRecord
    package var progress: TrialProgress
    /// Its learning curve, ascending in step.
    package var curve: [CurveMark]
    /// The first so many of these are of attempts before the newest one.
    package var earlierMarks: Int
    /// Of a live trial: where its newest attempt runs.
    package var live: LiveAttempt?
    /// The machine of the newest attempt of a trial that was stopped early, where that was asked for.
    package var host: String?

    package init(
        record: TrialRecord, progress: TrialProgress, curve: [CurveMark] = [], earlierMarks: Int = 0,
        live: LiveAttempt? = nil, host: String? = nil
    ) {
        self.record = record
        self.progress = progress
        self.curve = curve
        self.earlierMarks = earlierMarks
        self.live = live
        self.host = host
    }
}

/// The newest attempt of a live trial, as the record has it.
package struct LiveAttempt: Equatable, Sendable {
    package var agent: AgentID
    package var agentName: String
    package var host: String
    package var slotIndex: Int
    /// The number of the last message that is durable.
    package var acknowledged: Int
    /// Its reports so far of each of the metrics that were asked for.
    package var summaries: [ObjectiveSummary]
    /// Its reports of the first of those metrics, in order, where its learning curve is wanted.
    package var track: [Reported]
    /// The stop that was ordered.
    package var stop: StopReason?
    package var stopDetail: String?

    package struct Reported: Equatable, Sendable {
        package var step: Int?
        /// The fidelity's metric then.
        package var position: Double?
        package var value: Double

        package init(step: Int?, position: Double? = nil, value: Double) {
            self.step = step
            self.position = position
            self.value = value
        }
    }

    package init(
        agent: AgentID, agentName: String, host: String, slotIndex: Int, acknowledged: Int,
        summaries: [ObjectiveSummary] = [], track: [Reported] = [],
        stop: StopReason? = nil, stopDetail: String? = nil
    ) {
        self.agent = agent
        self.agentName = agentName
        self.host = host
        self.slotIndex = slotIndex
        self.acknowledged = acknowledged
        self.summaries = summaries
        self.track = track
        self.stop = stop
        self.stopDetail = stopDetail
    }
}

/// What a restart wants to know of the live attempts of a sweep.
package struct LoadWishes: Hashable, Sendable {
    /// The objectives' metrics.
    package var metrics: [String]
    /// Reports of the first metric one by one, for the learning curve.
    package var track: Bool
    /// The metric that tells the step, where it is not the report's own.
    package var position: String?
    /// Where stopped trials ran: they may go on there.
    package var places: Bool

    package init(metrics: [String] = [], track: Bool = false, position: String? = nil, places: Bool = false) {
        self.metrics = metrics
        self.track = track
        self.position = position
        self.places = places
    }
}
