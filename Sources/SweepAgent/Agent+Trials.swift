import Glibc
package import SweepModel
import SweepRecord
import SweepWire

/// Trials from their assignment to their end.
extension Agent {
    nonisolated var processID: Int32 { getpid() }

    /// Idempotent: an assignment that is held already changes nothing.
    func assigned(_ assignment: Assignment, now: Now) {
        guard held[assignment.attempt] == nil, standby[assignment.attempt] == nil, fetching[assignment.attempt] == nil
        else { return }
        CrashPoint.pass(.onAssign)
        let folder = AttemptFolder(agentFolder: configuration.folder, attempt: assignment.attempt)
        guard isFree(assignment.slot), mode == .working, !hasStartedAll else {
            // It crossed this agent's own word. Put back (EX_TEMPFAIL, for a controller that does not know `declined`):
            // nothing is wrong with it, only this agent does not take it.
            let reason = isFree(assignment.slot) ? "the agent takes no more trials" : "the agent's slot is not free"
            return refuse(assignment, folder, .declined(reason, now: now), now: now)
        }
        do {
            let inputs = try inputs(of: assignment)
            var context = launchContext(assignment, folder)
            context.resumeFrom = checkpoint(for: assignment)
            context.mlflow = mlflowBase.map { $0 + MLflowDesk.path(assignment.attempt) }
            if !inputs.isEmpty { context.inputs = inputFolder(assignment.attempt) }
            let plan = try LaunchPlan.make(assignment, context)
            try configuration.launcher.prepare(plan, assignment, reusing: cleaner.take())
            if inputs.isEmpty {
                begin(assignment, plan, now: now)
            } else {
                fetch(inputs, for: assignment, plan, now: now)
            }
        } catch {
            couldNotStart(assignment, folder, error, now: now)
        }
    }

    /// What this agent gives every trial on that slot; of an earlier agent's trial, as far as this one has the slot.
    func launchContext(_ assignment: Assignment, _ folder: AttemptFolder) -> LaunchContext {
        let slot = assignment.slot
        return LaunchContext(
            environment: configuration.environment, directory: configuration.directory, folder: folder,
            devices: slots.indices.contains(slot) ? configuration.slots[primary(of: slot)].devices : .none,
            rules: configuration.rules)
    }

    /// Starts a trial that has all that it needs, or has it wait for the one that runs on its slot.
    func begin(_ assignment: Assignment, _ plan: LaunchPlan, now: Now) {
        if isAhead(assignment.slot) || keeping[primary(of: assignment.slot)] != nil {
            stand(by: assignment, plan, now: now)
        } else {
            start(assignment, plan, now: now)
        }
    }

    /// Starts a trial whose folder is prepared.
    func start(_ assignment: Assignment, _ plan: LaunchPlan, now: Now) {
        do {
            // Last, and whole: a folder with an assignment is an attempt, for an agent that starts anew.
            try plan.folder.begin(assignment)
            CrashPoint.pass(.beforeSpawn)
            let process = try configuration.launcher.start(plan.folder, by: &shimServer)
            launched(assignment, plan, process, now: now)
        } catch {
            couldNotStart(assignment, plan.folder, error, now: now)
        }
    }

    func couldNotStart(_ assignment: Assignment, _ folder: AttemptFolder, _ error: SweepError, now: Now) {
        if DiskSpace.isFull(configuration.folder) {
            lookAtDisk(now: now)
            let reason = "the disk of agent \(configuration.name) is full"
            return refuse(assignment, folder, .declined(reason, now: now), now: now)
        }
        say("trial \(assignment.attempt.trial) could not be started: \(error)")
        // As W&B counts: `--count 1` ends after a command that does not exist, too.
        trialsStarted += 1
        refuse(
            assignment, folder,
            AttemptEnd(
                launchError: error.description, started: now.wall, ended: now.wall,
                refused: error.category == .denied ? true : nil), now: now)
    }

    /// From now on the agent looks after this attempt.
    func hold(_ assignment: Assignment, _ folder: AttemptFolder, isAlive: Bool, now: Now) -> HeldTrial {
        let trial = HeldTrial(
            assignment, folder, isAlive: isAlive, owner: configuration.rules.runAs?.user, now: now)
        held[trial.id] = trial
        return trial
    }

    private func launched(_ assignment: Assignment, _ plan: LaunchPlan, _ process: Launcher.Started, now: Now) {
        let trial = hold(assignment, plan.folder, isAlive: true, now: now)
        (trial.argv, trial.directory) = (plan.argv, plan.directory)
        trial.resumedFrom = plan.environment["SWEEP_RESUME_FROM"]
        trial.pidfd = process.pidfd
        slots[assignment.slot] = .busy(trial.id)
        trialsStarted += 1
        idleSince = now.instant
        trial.shim = process.shim
        watcher.watch(process.pidfd, trial.id)
        CrashPoint.pass(.afterSpawn)
        trial.spoolStarted(pid: process.shim)
        beginRecord(of: trial, plan)
        let attempt = assignment.attempt.number > 1 ? " attempt \(assignment.attempt.number)" : ""
        say("trial \(trial.id.trial)\(attempt) started on \(label(assignment.slot))")
        if configuration.isVerbose { say("  in \(plan.directory): \(plan.argv.joined(separator: " "))") }
    }

    /// Ends an attempt that never ran. Told like any other end, so that it is not told twice.
    func refuse(_ assignment: Assignment, _ folder: AttemptFolder, _ end: AttemptEnd, now: Now) {
        try? DiskFile.makeFolder(folder.path)
        let trial = hold(assignment, folder, isAlive: false, now: now)
        trial.spoolEnded(end)
        if slots.indices.contains(assignment.slot), slots[assignment.slot] == .offered {
            slots[assignment.slot] = .free
        }
        ship(now: now)
        offerSlots()
    }

    /// The checkpoint folder of the newest earlier attempt that has published something there, on any agent of this home.
    private func checkpoint(for assignment: Assignment) -> String? {
        Checkpoints.newest(
            of: assignment.attempt.trial, attempts: assignment.earlierAttempts, agentFolder: configuration.folder)
    }

    // MARK: While it runs

    /// Reads what is new. At the end of a trial everything is read before its end is told.
    func readOutput(of trial: HeldTrial, now: Now) {
        guard !trial.hasEnded, trial.isAlive || trial.isDraining else { return }
        // Bounded, so that a trial that floods its output holds up no other one's heartbeat.
        takeLogged(of: trial, now: now)
        for _ in 0..<8 {
            let findings = trial.tail.read(time: now.wall)
            trial.take(findings)
            if !trial.hasSaidLongLine, let long = trial.longLines {
                trial.hasSaidLongLine = true
                say("trial \(trial.id.trial): \(long)")
            }
            if findings.isComplete {
                if trial.isDraining { concluded(trial, now: now) }
                return
            }
        }
    }

    /// A shim has ended: its trial has, and nothing of it is left.
    package func exited(_ id: AttemptID) {
        guard let trial = held[id], trial.isAlive else { return }
        let now = clock()
        trial.isAlive = false
        if let pidfd = trial.pidfd {
            close(pidfd)
            trial.pidfd = nil
        }
        trial.exit = ExitRecord.read(trial.folder)
        if trial.exit == nil { Orphans.kill(of: trial.folder) }
        trial.isDraining = true
        sampler.end(id)
        // Costs nothing where there are none; told apart from those of the next trial by coming first.
        findLastFiles(of: trial, now: now)
        // Nothing of it is left but what it printed: the next one need not wait until that is read.
        free(slotOf: id)
        slotFreed(trial.assignment.slot, after: trial, now: now)
        readOutput(of: trial, now: now)
        ship(now: now)
        flush()
    }

    /// Everything of it is read: its end is told, and in the same packet its slot is offered again.
    private func concluded(_ trial: HeldTrial, now: Now) {
        trial.isDraining = false
        trial.take(trial.tail.finish(time: now.wall))
        trial.record.close()
        var end = trial.end(now: now.wall)
        if trial.isPreempted {
            say("trial \(trial.id.trial) ended and is handed back")
            return
        }
        if let finished = trial.finishedCheckpoints(end) {
            end.lost = "it went on from \(finished), where all was done, and reported no objective; that is set aside"
            // The next attempt does it all again: what this one may have saved leads nowhere either.
            for folder in [finished, trial.folder.checkpoints] { Checkpoints.setAside(folder) }
        }
        CrashPoint.pass(.beforeEnded)
        trial.spoolEnded(end)
        CrashPoint.pass(.afterEnded)
        say("trial \(trial.id.trial) ended: \(Self.describe(end))")
        ship(now: now)
        offerSlots()
        lookForArtifacts(of: trial)
    }

    /// An ended trial is forgotten once the controller has all of it. An end that was acknowledged waits for the log some
    /// minutes at most (the controller's disk may be full): the log is for people.
    func settle(_ trial: HeldTrial, now: Now) {
        guard trial.isDiscarded || trial.hasEnded && trial.spool.isAcknowledged else { return }
        let since = trial.settledAt ?? now.instant
        trial.settledAt = since
        guard isShipped(trial) || link != nil && now.instant.seconds(since: since) > Self.logPatience else { return }
        forget(trial)
    }

    /// The controller has all that it takes of it but its messages.
    private func isShipped(_ trial: HeldTrial) -> Bool {
        trial.log.isDone(size: trial.outputSize) && (!takesFiles || trial.isCaptured && trial.record.isShipped)
            && (!takesArtifacts || trial.artifacts?.isSettled != false)
    }

    private func forget(_ trial: HeldTrial) {
        free(slotOf: trial.id)
        held[trial.id] = nil
        logPace.forget(trial.id)
        trial.folder.retire()
        recordFiles.unwatch(trial.folder.path)
        mlflow.close(trial.id)
        releaseInputs(of: trial)
        cleaner.remove(trial.folder, isLarge: trial.outputSize > 1 << 20)
    }

    // MARK: Ending it

    func stop(_ id: AttemptID, _ reason: StopReason, detail: String?, now: Now) {
        if let trial = standby[id] {
            return endStandby(
                trial, AttemptEnd(stopReason: reason, started: now.wall, ended: now.wall, lastLine: detail), now: now)
        }
        if let trial = drop(id) {
            return refuse(
                trial.assignment, trial.plan.folder,
                AttemptEnd(stopReason: reason, started: now.wall, ended: now.wall, lastLine: detail), now: now)
        }
        guard let trial = held[id], trial.isAlive, trial.ladder == nil else { return }
        say("ending trial \(id.trial): \(detail ?? reason.rawValue)")
        trial.stopReason = reason
        let saves =
            reason == .pruned && trial.assignment.launch.pauses == true
            && trial.canSave(by: configuration.checkpointSignal)
        trial.ladder = StopLadder(grace: configuration.grace, from: saves ? .checkpoint : .interrupt, now: now.instant)
        climb(trial, now: now)
    }

    /// It counts for nothing any more: ended without ceremony and forgotten.
    func discard(_ id: AttemptID, now: Now) {
        if let trial = standby.removeValue(forKey: id) {
            free(slotOf: id)
            cleaner.remove(trial.plan.folder)
            return offerSlots()
        }
        if let trial = drop(id) {
            cleaner.remove(trial.plan.folder)
            return offerSlots()
        }
        guard let trial = held[id] else { return }
        guard trial.isAlive || trial.isDraining else {
            // The controller may have had its end, and not its log.
            trial.isDiscarded = true
            free(slotOf: id)
            settle(trial, now: now)
            return offerSlots()
        }
        if trial.stopReason == nil { say("trial \(id.trial) counts no more (a newer attempt exists): ending it") }
        trial.stopReason = .fenced
        if trial.ladder == nil {
            trial.ladder = StopLadder(grace: configuration.grace, from: .terminate, now: now.instant)
        }
        climb(trial, now: now)
    }

    /// The next rung, when it is due; a trial that runs for too long steps on the first one.
    func climb(_ trial: HeldTrial, now: Now) {
        guard trial.isAlive else { return }
        if trial.ladder == nil, let limit = trial.assignment.launch.timeout,
            now.instant.seconds(since: trial.startedAt) >= limit
        {
            say("trial \(trial.id.trial) has run for \(Int(limit)) s, its timeout: ending it")
            trial.stopReason = .timeout
            trial.ladder = StopLadder(grace: configuration.grace, now: now.instant)
        }
        guard let rung = trial.ladder?.due(now: now.instant) else { return }
        let checkpoint = configuration.checkpointSignal
        if rung > .interrupt { say("trial \(trial.id.trial) has not ended yet: \(rung.name(checkpoint))") }
        trial.signal(rung.signal(checkpoint))
        // A shim that somebody has stopped does nothing.
        if rung == .kill { trial.signal(SIGCONT) }
    }

    /// One line for people.
    private static func describe(_ end: AttemptEnd) -> String {
        let seconds = max(0, end.ended.seconds(since: end.started))
        let after = "after \(Double(Int(seconds * 10)) / 10) s"
        let line = end.lastLine.map { ": \($0)" } ?? ""
        if let error = end.launchError { return error }
        if let reason = end.stopReason { return "\(reason.rawValue) \(after)" }
        if let code = end.exitCode { return code == 0 ? "exit code 0 \(after)" : "exit code \(code) \(after)\(line)" }
        if let signal = end.signal { return "signal \(signal) \(after)\(line)" }
        return "its supervisor was killed \(after)"
    }
}
