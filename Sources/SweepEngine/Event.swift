package import SweepModel
package import SweepSearch

/// What happened. The engine is told nothing else, and learns the time only with it.
package enum Event: Sendable {
    /// `prior`: what its search was told of earlier sweeps, for the record.
    case sweepCreated(SweepDefinition, prior: [PriorTrial] = [])
    /// A sweep that is over and durable already, with all its trials (`sweep import`).
    case sweepImported(SweepDefinition, [StoredTrial])
    case sweepEdited(SweepEdit)
    case sweepPaused(SweepID)
    case sweepResumed(SweepID)
    case sweepStopped(SweepID)
    case sweepCancelled(SweepID)
    /// With live trials only by force: they are fenced.
    case sweepDeleted(SweepID, force: Bool)
    case trialCancelled(TrialID)
    case trialRetried(TrialID)

    case agentConnected(ConnectedAgent)
    /// The connection ended; its leases run on.
    case agentDisconnected(AgentID, incarnation: String)
    /// It left for good: its slots are gone, and what it held is handed back.
    case agentLeft(AgentID)
    case slotReady(SlotID)
    /// Its agent says why the slot takes nothing for now; nil: nothing keeps it any more.
    case slotReported(SlotID, problem: String?)
    /// A person wants slots used again that are paused or kept: one, or all of the agent.
    case slotsReleased(AgentID, slot: Int?)
    /// `heat`: of its slots with GPUs, as far as it knows.
    case heartbeat(AgentID, [AttemptID], heat: [SlotHeat] = [])

    case attemptStarted(AttemptID, from: AgentID, sequence: Int, Launch)
    case reported(AttemptID, from: AgentID, sequence: Int, [Report])
    case attemptEnded(AttemptID, from: AgentID, sequence: Int, AttemptEnd)

    /// What was asked for with `Effect.suggest`, by the number of the request.
    case suggested(SweepID, request: Int, Suggestion)

    /// Time has passed: leases are looked at. Sent at least once a second,
    /// and at `Engine.wakeAt`.
    case tick
}

/// How an attempt was launched, for the record.
package struct Launch: Hashable, Sendable {
    package var argv: [String]
    package var directory: String
    package var time: Timestamp

    package init(argv: [String], directory: String, time: Timestamp) {
        self.argv = argv
        self.directory = directory
        self.time = time
    }
}

/// An agent that said `hello`.
package struct ConnectedAgent: Hashable, Sendable {
    package struct Slot: Hashable, Sendable {
        package var label: String
        package var gpuCount: Int
        package var gpu: String?
        /// The slot with which this one takes turns: see `SlotInfo.standbyFor`.
        package var standbyFor: Int?

        package init(label: String, gpuCount: Int = 0, gpu: String? = nil, standbyFor: Int? = nil) {
            self.label = label
            self.gpuCount = gpuCount
            self.gpu = gpu
            self.standbyFor = standbyFor
        }
    }

    package struct Held: Hashable, Sendable {
        package var attempt: AttemptID
        package var slot: Int
        package var alive: Bool

        package init(attempt: AttemptID, slot: Int, alive: Bool) {
            self.attempt = attempt
            self.slot = slot
            self.alive = alive
        }
    }

    package var id: AgentID
    package var incarnation: String
    package var name: String
    package var host: String
    package var slots: [Slot]
    /// It takes trials of this sweep only.
    package var sweep: SweepID?
    package var held: [Held]

    package init(
        id: AgentID, incarnation: String, name: String, host: String, slots: [Slot], sweep: SweepID? = nil,
        held: [Held] = []
    ) {
        self.id = id
        self.incarnation = incarnation
        self.name = name
        self.host = host
        self.slots = slots
        self.sweep = sweep
        self.held = held
    }
}
