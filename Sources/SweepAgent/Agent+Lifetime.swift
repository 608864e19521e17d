import Glibc
import SweepModel
import SweepWire
import TrialShim

/// How the agent begins and ends.
extension Agent {
    /// Finds the attempts that an earlier agent of this name has left: those that still run (by the lock, never by a
    /// process id alone) are watched on, those that have ended meanwhile are told.
    package func adopt() {
        let now = clock()
        let wasRestarted = MachineBoot.note(configuration.bootID, in: configuration.folder)
        defer { tidyInputs() }
        for name in DiskFile.names(in: configuration.folder + "/attempts").sorted() {
            let folder = AttemptFolder(path: "\(configuration.folder)/attempts/\(name)")
            guard let bytes = DiskFile.read(folder.assignment),
                let assignment = try? JSONCoding.decode(Assignment.self, from: bytes)
            else {
                // Delivered, or not yet begun, when the earlier agent was killed; or cut short by a crash of the machine.
                if RunLock.holder(folder) == .free { folder.remove() }
                continue
            }
            let trial = hold(assignment, folder, isAlive: false, now: now)
            trial.record.restore()
            restoreStart(of: trial, now: now)
            if wasRestarted { trial.lossReason = "machine \(configuration.host) was restarted" }
            trial.hasEnded = trial.spool.last { $0.starts(with: Array(#"{"kind":"ended""#.utf8)) } != nil
            captureAnew(trial)
            if trial.hasEnded {
                lookForArtifacts(of: trial)
                continue
            }
            if trial.spool.count == 0 { trial.spoolStarted(pid: 0) }
            if case .held(let pid) = RunLock.holder(folder) {
                adopt(trial, pid: pid)
            } else {
                say("trial \(trial.id.trial) has ended while no agent was here")
                if ExitRecord.read(folder) == nil { Orphans.kill(of: folder) }
                trial.isDraining = true
                watchFiles(of: trial)
                findLastFiles(of: trial, now: now)
                while trial.isDraining { readOutput(of: trial, now: now) }
            }
        }
    }

    private func adopt(_ trial: HeldTrial, pid: Int32?) {
        say("trial \(trial.id.trial) still runs; watching it on")
        trial.isAlive = true
        trial.shim = pid
        watchFiles(of: trial)
        if slots.indices.contains(trial.assignment.slot), slots[trial.assignment.slot] == .free {
            slots[trial.assignment.slot] = .busy(trial.id)
        }
        guard let pid else { return }
        let pidfd = trial_shim_pidfd_open(pid)
        guard pidfd >= 0 else { return }
        // Still held now, so the process that the descriptor refers to is the one that holds it.
        guard RunLock.holder(trial.folder) == .held(by: pid) else {
            close(pidfd)
            return
        }
        trial.pidfd = pidfd
        watcher.watch(pidfd, trial.id)
    }

    /// When it was started and how, from the spool; the timeout goes on counting from there.
    private func restoreStart(of trial: HeldTrial, now: Now) {
        let start = trial.spool.last { $0.starts(with: Array(#"{"kind":"started""#.utf8)) }
        guard let start, case .agent(.started(let message))? = try? PeerLine.decode(start) else { return }
        (trial.argv, trial.directory, trial.started) = (message.argv, message.directory, message.time)
        trial.startedAt = now.instant + -max(0, now.wall.seconds(since: message.time))
    }

    /// Ctrl-C: the first one drains, the second one ends the trials, the third one kills them.
    package func interrupted() {
        interrupts += 1
        let running = held.values.count { $0.isAlive }
        switch interrupts {
        case 1:
            say(
                running > 0
                    ? "Ctrl-C: no new trials; waiting for \(running) running (press Ctrl-C again to end them)"
                    : "Ctrl-C: leaving")
            if mode == .working { mode = .draining("the agent was told to drain") }
        case 2:
            say("Ctrl-C again: ending \(running) trial(s), which are handed back (once more kills them)")
            handBack("the agent was interrupted", from: .interrupt)
        default:
            say("Ctrl-C a third time: killing \(running) trial(s)")
            handBack("the agent was interrupted", from: .kill)
        }
    }

    /// SIGTERM, SIGUSR2 or a hang-up: the machine is wanted for something else.
    package func terminated(_ signal: String) {
        let running = held.values.count { $0.isAlive }
        if leavingSince == nil { say("\(signal): ending \(running) trial(s), which are handed back, and leaving") }
        handBack("the agent was told to go (\(signal))", from: .checkpoint)
    }

    /// SIGUSR1: another agent of this name is to take over (an upgrade, a restart of the service). Nothing is told to the
    /// controller, and no trial notices.
    package func detached() {
        let running = held.values.count { $0.isAlive }
        say(
            "SIGUSR1: leaving; \(running) trial(s) go on, and the next agent with the name '\(configuration.name)' finds them"
        )
        for trial in standbyBackwards { handBack(trial, "the agent leaves", now: clock()) }
        for trial in Array(fetching.values) { handBack(trial, "the agent leaves", now: clock()) }
        flush()
        end(0)
    }

    private func handBack(_ reason: String, from rung: StopLadder.Rung) {
        let now = clock()
        if leavingSince == nil { leavingSince = now.instant }
        mode = .leaving(reason)
        for trial in held.values where trial.isAlive {
            if trial.stopReason == nil { trial.isPreempted = true }
            if trial.ladder == nil {
                trial.ladder =
                    rung == .checkpoint
                    ? .handingBack(within: configuration.grace, from: rung, now: now.instant)
                    : StopLadder(grace: configuration.grace, from: rung, now: now.instant)
            }
            trial.ladder?.hurry(to: rung)
            climb(trial, now: now)
        }
    }
}
