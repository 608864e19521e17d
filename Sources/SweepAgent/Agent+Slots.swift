import SweepModel
import SweepWire

/// A trial that is ready to start the moment that the one before it ends.
struct StandbyTrial {
    var assignment: Assignment
    var plan: LaunchPlan
    var since: Instant
}

/// Slots, and what waits behind them.
///
/// While a short trial runs, the next one is fetched and made ready, so that its GPU does not wait for a round trip to the
/// controller and its disk. Trials that take long are not worth it: behind one of them a trial would wait that another
/// slot could run. So this begins after a trial that took less than `shortTrial`, and what has waited longer than
/// `longestStandby` all the same is handed back.
extension Agent {
    static let shortTrial = 1.0
    static let longestStandby = 2.0

    /// What the controller is told: the slots, then their standbys.
    var slotInfos: [SlotInfo] {
        configuration.slots.map(\.info)
            + configuration.slots.enumerated().map { index, slot in
                SlotInfo(index: configuration.slots.count + index, gpus: slot.info.gpus, standbyFor: index)
            }
    }

    /// The configured slot that a slot or standby belongs to.
    func primary(of slot: Int) -> Int { slot % configuration.slots.count }

    private func partner(of slot: Int) -> Int { (slot + configuration.slots.count) % slots.count }

    func label(_ slot: Int) -> String {
        slots.indices.contains(slot) ? configuration.slots[primary(of: slot)].info.label : "slot \(slot)"
    }

    private func isBusy(_ slot: Int) -> Bool { if case .busy = slots[slot] { true } else { false } }

    /// An assignment may be taken there.
    func isFree(_ slot: Int) -> Bool {
        guard slots.indices.contains(slot), diskProblem == nil else { return false }
        return slots[slot] == .free || slots[slot] == .offered
    }

    /// A trial runs on the slot that this one takes turns with.
    func isAhead(_ slot: Int) -> Bool { isBusy(partner(of: slot)) }

    func free(slotOf attempt: AttemptID) {
        for index in slots.indices where slots[index] == .busy(attempt) || slots[index] == .standby(attempt) {
            slots[index] = .free
        }
    }

    var hasStartedAll: Bool { configuration.count.map { trialsStarted >= $0 } ?? false }

    /// Offers free slots as far as there may be new trials: not while draining, not beyond `--count`, and not before the
    /// end of the slot's last trial has been sent (the controller would take that trial for lost).
    func offerSlots() {
        guard link != nil, mode == .working, diskProblem == nil else { return }
        let untold = Set(
            held.values.filter { $0.isDraining || $0.hasEnded && !$0.spool.isSent }.map(\.assignment.slot))
        var allowed =
            configuration.count.map { $0 - trialsStarted - standby.count - slots.count { $0 == .offered } } ?? Int.max
        for primary in configuration.slots.indices where allowed > 0 {
            let turns = [primary, partner(of: primary)]
            let isWanted = !turns.contains(where: isBusy) || lastDurations[primary] ?? .infinity < Self.shortTrial
            guard isWanted, keeping[primary] == nil, turns.allSatisfy({ slots[$0] == .free || isBusy($0) }),
                let index = turns.first(where: { slots[$0] == .free && !untold.contains($0) })
            else { continue }
            slots[index] = .offered
            allowed -= 1
            send(.ready(slot: index))
        }
    }

    // MARK: Standby

    /// Everything is made ready; the trial starts when the slot is free.
    func stand(by assignment: Assignment, _ plan: LaunchPlan, now: Now) {
        slots[assignment.slot] = .standby(assignment.attempt)
        standby[assignment.attempt] = StandbyTrial(assignment: assignment, plan: plan, since: now.instant)
    }

    /// A trial on the slot has ended: what stood by for it starts. After a failure it does not, since the controller may
    /// want to pause the slot.
    func slotFreed(_ slot: Int, after trial: HeldTrial, now: Now) {
        guard slots.indices.contains(slot) else { return }
        let hasFailed = trial.exit?.code != 0
        lastDurations[primary(of: slot)] = hasFailed ? nil : now.instant.seconds(since: trial.startedAt)
        keepUntilMemoryIsBack(primary(of: slot))
        guard hasFailed, case .standby(let id) = slots[partner(of: slot)], let next = standby[id] else {
            return startStandby(behind: slot, now: now)
        }
        handBack(next, "the trial before it failed", now: now)
    }

    /// Starts what stood by for the slot that has become free, unless the slot is kept back.
    func startStandby(behind slot: Int, now: Now) {
        guard slots.indices.contains(slot), mode == .working, !hasStartedAll, keeping[primary(of: slot)] == nil else {
            return
        }
        guard case .standby(let id) = slots[partner(of: slot)], let next = standby.removeValue(forKey: id) else {
            return
        }
        free(slotOf: id)
        start(next.assignment, next.plan, now: now)
    }

    /// Hands back what has stood by for too long, or will not be started here.
    func reviewStandby(now: Now) {
        for trial in Array(standby.values) {
            let hasWaited = now.instant.seconds(since: trial.since) > Self.longestStandby
            guard hasWaited || mode != .working || hasStartedAll else { continue }
            if hasWaited { lastDurations[primary(of: trial.assignment.slot)] = nil }
            handBack(trial, hasWaited ? "the trial before it takes longer" : "the agent takes no more trials", now: now)
        }
    }

    /// It never ran: another slot gets it.
    func handBack(_ trial: StandbyTrial, _ reason: String, now: Now) {
        endStandby(
            trial,
            AttemptEnd(exitCode: 75, started: now.wall, ended: now.wall, lastLine: reason, declined: true), now: now)
    }

    func endStandby(_ trial: StandbyTrial, _ end: AttemptEnd, now: Now) {
        standby[trial.assignment.attempt] = nil
        free(slotOf: trial.assignment.attempt)
        refuse(trial.assignment, trial.plan.folder, end, now: now)
    }
}
