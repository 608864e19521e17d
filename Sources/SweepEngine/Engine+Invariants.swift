import DequeModule
import OrderedCollections
import SweepModel
import SweepSearch

extension Engine {
    /// What must hold after every event; each broken rule in words. For tests, and for `doctor`.
    package func checkInvariants() -> [String] {
        var broken: [String] = []
        var slotsOfAttempts: [SlotID: AttemptID] = [:]
        for sweep in sweeps.values {
            checkTrials(of: sweep, &broken)
            for (number, live) in sweep.live {
                if live.attempt.trial != TrialID(sweep.id, number)
                    || sweep.trial(number)?.attempt != live.attempt.number
                {
                    broken.append("the live attempt of trial \(sweep.id)-\(number) is not its newest")
                }
                if let other = slotsOfAttempts.updateValue(live.attempt, forKey: live.slot) {
                    broken.append("slot \(live.slot) runs \(other) and \(live.attempt)")
                }
            }
        }
        for agent in agents.values {
            for (index, slot) in agent.slots.enumerated() {
                let id = SlotID(agent.id, index)
                if let attempt = slot.attempt {
                    if slotsOfAttempts[id] != attempt {
                        broken.append("slot \(id) holds \(attempt), which is not live")
                    }
                    if slot.isIdle { broken.append("slot \(id) is idle and holds \(attempt)") }
                }
                if slot.isIdle != idleSlots.contains(id) {
                    broken.append("slot \(id) is wrongly listed as idle or not")
                }
                if slot.isIdle, !agent.isConnected { broken.append("slot \(id) is idle, its agent is not connected") }
            }
        }
        for id in idleSlots where slot(id) == nil { broken.append("idle slot \(id) does not exist") }
        return broken
    }

    private func checkTrials(of sweep: Sweep, _ broken: inout [String]) {
        var finals = 0
        var waiting = 0
        for (index, trial) in sweep.trials.enumerated() {
            let id = TrialID(sweep.id, index + 1)
            if trial.number != index + 1 { broken.append("trial \(id) has the number \(trial.number)") }
            if trial.state.isLive != (sweep.live[trial.number] != nil) {
                broken.append("trial \(id) is \(trial.state.rawValue), its live attempt says otherwise")
            }
            if trial.state.isFinal { finals += 1 }
            if trial.state == .waiting { waiting += 1 }
            if !sweep.history.observations.indices.contains(trial.point - 1) {
                broken.append("trial \(id) has no point")
            }
        }
        for number in sweep.paused.keys where sweep.trial(number)?.state != .pruned {
            broken.append("trial \(sweep.id)-\(number) is paused and not pruned")
        }
        if finals != sweep.finalCount {
            broken.append("sweep \(sweep.id) counts \(sweep.finalCount) final trials of \(finals)")
        }
        if waiting != sweep.waiting.count || Set(sweep.waiting).count != sweep.waiting.count {
            broken.append("sweep \(sweep.id) queues \(sweep.waiting.count) waiting trials of \(waiting)")
        }
        if sweep.trials.count != sweep.history.observations.count * sweep.definition.repetitions {
            broken.append(
                "sweep \(sweep.id) has \(sweep.trials.count) trials of \(sweep.history.observations.count) points")
        }
        if sweep.state.handsOutTrials != activeSweeps.contains(sweep.id) {
            broken.append("sweep \(sweep.id) is \(sweep.state.rawValue) and wrongly listed as active or not")
        }
        if sweep.state == .finished, !sweep.live.isEmpty {
            broken.append("sweep \(sweep.id) is finished with live trials")
        }
    }
}
