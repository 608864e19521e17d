import SweepModel
import SweepWire

/// A trial that is ready to start the moment that the one before it ends.
struct StandbyTrial {
    var assignment: Assignment
    var plan: LaunchPlan
    var since: Instant
    /// Counted in the order in which they came.
    var number: Int
}

/// Slots, and what waits behind them.
///
/// While a short trial runs, the next one is fetched and made ready, so that its GPU does not wait for a round trip to the
/// controller and its disk; and behind a tiny one, which is over before that round trip, the one after the next as well.
/// Trials that take long are not worth it: behind one of them a trial would wait that another slot could run. So this
/// begins after a trial that took less than `shortTrial`, and what has waited longer than `longestStandby` all the same is
/// handed back.
extension Agent {
    static let shortTrial = 1.0
    static let longestStandby = 2.0
    /// Most trials that stand by for a slot.
    static let standbys = 2

    /// What the controller is told: the slots, then their standbys.
    var slotInfos: [SlotInfo] {
        configuration.slots.map(\.info)
            + (configuration.slots.count..<slots.count).map { index in
                let primary = primary(of: index)
                return SlotInfo(index: index, gpus: configuration.slots[primary].info.gpus, standbyFor: primary)
            }
    }

    /// The configured slot that a slot or standby belongs to.
    func primary(of slot: Int) -> Int { slot % configuration.slots.count }

    /// A configured slot and its standbys: at most one of them runs a trial.
    private func turns(of primary: Int) -> StrideTo<Int> {
        stride(from: primary, to: slots.count, by: configuration.slots.count)
    }

    /// Trials that may stand by for it.
    private func standbysWanted(_ primary: Int) -> Int {
        switch lastDurations[primary] {
        case .some(..<configuration.tinyTrial): Self.standbys
        case .some(..<Self.shortTrial): 1
        default: 0
        }
    }

    func label(_ slot: Int) -> String {
        slots.indices.contains(slot) ? configuration.slots[primary(of: slot)].info.label : "slot \(slot)"
    }

    private func isBusy(_ slot: Int) -> Bool { if case .busy = slots[slot] { true } else { false } }

    /// An assignment may be taken there.
    func isFree(_ slot: Int) -> Bool {
        guard slots.indices.contains(slot), diskProblem == nil else { return false }
        return slots[slot] == .free || slots[slot] == .offered
    }

    /// A trial runs on a slot that this one takes turns with.
    func isAhead(_ slot: Int) -> Bool { turns(of: primary(of: slot)).contains { $0 != slot && isBusy($0) } }

    func free(slotOf attempt: AttemptID) {
        for index in slots.indices where [.busy(attempt), .standby(attempt), .fetching(attempt)].contains(slots[index])
        {
            slots[index] = .free
        }
    }

    var hasStartedAll: Bool { configuration.count.map { trialsStarted >= $0 } ?? false }

    /// Offers free slots as far as there may be new trials: not while draining, not beyond `--count`, and not before the
    /// end of the slot's last trial has been sent (the controller would take that trial for lost), unless it counts no more.
    func offerSlots() {
        guard link != nil, mode == .working, diskProblem == nil else { return }
        let untold = Set(
            held.values.filter { !$0.isDiscarded && ($0.isDraining || $0.hasEnded && !$0.spool.isSent) }
                .map(\.assignment.slot))
        var allowed =
            configuration.count.map {
                $0 - trialsStarted - standby.count - fetching.count - slots.count { $0 == .offered }
            } ?? Int.max
        for primary in configuration.slots.indices where keeping[primary] == nil {
            let turns = turns(of: primary)
            // One to start at once where none runs.
            var wanted = max(standbysWanted(primary), turns.contains(where: isBusy) ? 0 : 1)
            wanted -= turns.count { slots[$0] != .free && !isBusy($0) }
            for index in turns where wanted > 0 && allowed > 0 && slots[index] == .free && !untold.contains(index) {
                slots[index] = .offered
                wanted -= 1
                allowed -= 1
                send(.ready(slot: index))
            }
        }
    }

    // MARK: Standby

    /// Everything is made ready; the trial starts when the slot is free.
    func stand(by assignment: Assignment, _ plan: LaunchPlan, now: Now) {
        slots[assignment.slot] = .standby(assignment.attempt)
        standbysTaken += 1
        standby[assignment.attempt] = StandbyTrial(
            assignment: assignment, plan: plan, since: now.instant, number: standbysTaken)
    }

    /// A trial on the slot has ended: what stood by for it starts. After a failure it does not, since the controller may
    /// want to pause the slot.
    func slotFreed(_ slot: Int, after trial: HeldTrial, now: Now) {
        guard slots.indices.contains(slot) else { return }
        let primary = primary(of: slot)
        let hasFailed = trial.exit?.code != 0
        lastDurations[primary] = hasFailed ? nil : now.instant.seconds(since: trial.startedAt)
        keepUntilMemoryIsBack(primary)
        guard hasFailed else { return startStandby(of: primary, now: now) }
        for next in standing(by: primary).reversed() { handBack(next, "the trial before it failed", now: now) }
    }

    /// What stands by for a configured slot, in the order in which it came.
    private func standing(by primary: Int) -> [StandbyTrial] {
        standby.values.filter { self.primary(of: $0.assignment.slot) == primary }.sorted { $0.number < $1.number }
    }

    /// Starts what has stood by the longest for a configured slot on which nothing runs, unless the slot is kept back.
    func startStandby(of primary: Int, now: Now) {
        guard mode == .working, !hasStartedAll, keeping[primary] == nil, !turns(of: primary).contains(where: isBusy),
            let next = standing(by: primary).first
        else { return }
        standby[next.assignment.attempt] = nil
        free(slotOf: next.assignment.attempt)
        start(next.assignment, next.plan, now: now)
    }

    /// Hands back what has stood by for too long, or will not be started here.
    func reviewStandby(now: Now) {
        for trial in standbyBackwards {
            let hasWaited = now.instant.seconds(since: trial.since) > Self.longestStandby
            guard hasWaited || mode != .working || hasStartedAll else { continue }
            if hasWaited { lastDurations[primary(of: trial.assignment.slot)] = nil }
            handBack(trial, hasWaited ? "the trial before it takes longer" : "the agent takes no more trials", now: now)
        }
    }

    /// All that stand by, the last first: what is handed back goes to the head of its sweep's queue.
    var standbyBackwards: [StandbyTrial] { standby.values.sorted { $0.number > $1.number } }

    /// It never ran: another slot gets it.
    func handBack(_ trial: StandbyTrial, _ reason: String, now: Now) {
        endStandby(trial, .declined(reason, now: now), now: now)
    }

    func endStandby(_ trial: StandbyTrial, _ end: AttemptEnd, now: Now) {
        standby[trial.assignment.attempt] = nil
        free(slotOf: trial.assignment.attempt)
        refuse(trial.assignment, trial.plan.folder, end, now: now)
    }
}
