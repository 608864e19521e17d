import DequeModule
import OrderedCollections
package import SweepModel
import SweepSearch

extension Engine {
    /// The engine as it was before a restart, from the durable record.
    ///
    /// Live leases begin anew, so that agents which kept training while the controller was away reconnect and go on.
    package static func restore(
        _ sweeps: [(definition: SweepDefinition, stored: StoredSweep)], configuration: EngineConfiguration, now: Now
    ) -> Engine {
        var engine = Engine(configuration: configuration)
        for (definition, stored) in sweeps { engine.restore(definition, stored, now: now) }
        return engine
    }

    private mutating func restore(_ definition: SweepDefinition, _ stored: StoredSweep, now: Now) {
        var sweep = Sweep(definition: definition)
        sweep.trials.reserveCapacity(stored.trials.count)
        for one in stored.trials.sorted(by: { $0.record.id < $1.record.id }) {
            let record = one.record
            let progress = one.progress
            // Trials are numbered without gaps, and points in the order of trials; a record that breaks this is not
            // ours, and what follows it is left out rather than read wrongly.
            guard record.id.number == sweep.trials.count + 1, record.point >= 1,
                record.point <= sweep.history.observations.count + 1
            else { break }
            if record.point == sweep.history.observations.count + 1 {
                let point = definition.space.point(of: record.parameters)
                sweep.history.observations.append(Observation(point: point, status: .pending))
            }
            var trial = Trial(number: record.id.number, point: record.point, repetition: record.repetition)
            trial.state = progress.state
            trial.attempt = progress.attempt
            trial.failures = progress.failures
            trial.losses = progress.losses
            trial.objective = progress.objective
            trial.step = progress.step
            trial.reason = progress.reason
            trial.started = progress.started
            trial.ended = progress.ended
            if progress.state.isFinal { sweep.finalCount += 1 }
            if progress.state.isLive, let live = one.live {
                sweep.live[trial.number] = restored(live, of: record.id, progress, now: now)
            } else if !progress.state.isFinal {
                trial.state = .waiting
                sweep.waiting.append(trial.number)
            }
            sweep.trials.append(trial)
        }
        sweeps[definition.id] = sweep
        if sweep.state.handsOutTrials { activeSweeps.append(definition.id) }
        for trial in sweep.trials where trial.state.isFinal && trial.repetition == 0 {
            observe(TrialID(definition.id, trial.number))
        }
        if sweep.state != .running { return }
        for trial in sweep.trials where trial.state == .completed { sweeps[definition.id]?.noteTarget(trial.number) }
    }

    private mutating func restored(
        _ stored: StoredSweep.LiveAttempt, of trial: TrialID, _ progress: TrialProgress, now: Now
    ) -> Live {
        let attempt = AttemptID(trial, progress.attempt)
        var live = Live(
            attempt: attempt, slot: SlotID(stored.agent, stored.slotIndex),
            leaseEnds: now.instant + configuration.lease)
        live.acknowledged = stored.acknowledged
        live.startedAt = progress.state == .running ? now.instant : nil
        live.metrics = progress.metrics ?? [:]
        for objective in stored.objectives { live.summary.add(objective.value, step: objective.step) }
        if agents[stored.agent] == nil {
            agents[stored.agent] = Agent(
                id: stored.agent, incarnation: "", name: stored.agentName, host: stored.host, sweep: nil, slots: [],
                isConnected: false, lastSeen: now)
        }
        return live
    }
}
