import OrderedCollections
package import SweepModel

/// The controller's brain: every sweep's state, and what follows from each event.
///
/// Synchronous and pure: no clock, no I/O, no randomness but the sweeps' own seeds. One loop owns it, writes the
/// `persist` effects of a batch of events in one transaction, and performs the others after that.
package struct Engine: Sendable {
    package let configuration: EngineConfiguration
    var sweeps = Roster<SweepID, Sweep>()
    var agents = Roster<AgentID, Agent>()
    /// Slots that asked for a trial and got none, oldest first.
    var idleSlots: OrderedSet<SlotID> = []
    /// Sweeps in state `running`, oldest first: only these are looked at when a slot is free.
    var activeSweeps: OrderedSet<SweepID> = []
    /// Those of them whose method is slow.
    var slowSweeps: OrderedSet<SweepID> = []
    /// Requests for suggestions so far; begins at a number that no earlier engine of this process has used.
    var requestCount = 0
    var lastTick: Instant?
    /// A slot waits for a suggestion until then: a tick is due.
    package internal(set) var wakeAt: Instant?

    package init(configuration: EngineConfiguration = EngineConfiguration()) {
        self.configuration = configuration
    }

    /// Takes one event to the effects that follow from it, in order.
    package mutating func handle(_ event: Event, now: Now) -> [Effect] {
        var effects = effects(of: event, now: now)
        if !slowSweeps.isEmpty { effects += requestSuggestions(now: now.instant) }
        return effects
    }

    private mutating func effects(of event: Event, now: Now) -> [Effect] {
        switch event {
        case .sweepCreated(let definition, let prior): sweepCreated(definition, prior: prior, now: now)
        case .sweepImported(let definition, let trials): sweepImported(definition, trials, now: now)
        case .sweepEdited(let edit): sweepEdited(edit, now: now)
        case .sweepPaused(let id): sweepPaused(id, now: now)
        case .sweepResumed(let id): sweepResumed(id, now: now)
        case .sweepStopped(let id): sweepStopped(id, now: now)
        case .sweepCancelled(let id): sweepCancelled(id, now: now)
        case .sweepDeleted(let id, let force): sweepDeleted(id, force: force, now: now)
        case .trialCancelled(let id): trialCancelled(id, now: now)
        case .trialRetried(let id): trialRetried(id, now: now)
        case .agentConnected(let agent): agentConnected(agent, now: now)
        case .agentDisconnected(let id, let incarnation): agentDisconnected(id, incarnation: incarnation)
        case .agentLeft(let id): agentLeft(id, now: now)
        case .slotReady(let slot): slotReady(slot, now: now)
        case .slotReported(let slot, let problem): slotReported(slot, problem: problem)
        case .slotsReleased(let id, let slot): slotsReleased(id, slot: slot, now: now)
        case .heartbeat(let agent, let attempts, let heat): heartbeat(agent, attempts, heat, now: now)
        case .attemptStarted(let attempt, let agent, let sequence, let launch):
            attemptStarted(attempt, from: agent, sequence: sequence, launch, now: now)
        case .reported(let attempt, let agent, let sequence, let reports):
            reported(attempt, from: agent, sequence: sequence, reports, now: now)
        case .attemptEnded(let attempt, let agent, let sequence, let end):
            attemptEnded(attempt, from: agent, sequence: sequence, end, now: now)
        case .suggested(let sweep, let number, let suggestion): suggested(sweep, number, suggestion, now: now)
        case .tick: tick(now: now)
        }
    }

    // MARK: What others ask

    package var sweepIDs: [SweepID] { sweeps.ids }

    package func definition(of sweep: SweepID) -> SweepDefinition? { sweeps[sweep]?.definition }

    package func state(of sweep: SweepID) -> SweepState? { sweeps[sweep]?.state }

    package var liveTrialCount: Int { sweeps.values.reduce(0) { $0 + $1.live.count } }
}
