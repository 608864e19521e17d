import Glibc
import SweepWire

/// What may have happened besides completion, and how often.
struct Allowance {
    /// Trials that may have failed.
    var failed = 0
    /// Infrastructure losses of one trial.
    var losses = 0
    /// Attempts beyond the first, over all trials.
    var further = 0
    /// Late results.
    var late = 0
    /// Reports may be there twice (a torn spool).
    var repeats = false
    /// Trials that may have been cancelled.
    var cancelled = 0

    static let none = Allowance()
    static func some(_ count: Int) -> Allowance { Allowance(losses: 5, further: count, late: count) }
}

extension Rig {
    /// I1 to I12 of the fault plan, and I14, over a sweep that is over.
    func checkInvariants(_ plan: Plan, _ allowance: Allowance = .none) throws {
        let record = try Record(home)
        let trials = try record.trials(plan.id)
        let attempts = try record.attempts(plan.id)
        let log = StartLog(self)
        checkResults(plan, trials, attempts, allowance)
        checkReports(plan, attempts, allowance)

        for (key, starts) in Dictionary(grouping: log.starts, by: { "\($0.trial) attempt \($0.attempt)" }) {
            check(starts.count == 1, "I3: \(key) started \(starts.count) times")
        }
        let known = Set(attempts.map { "\(plan.id)-\($0.trial) \($0.number)" })
        for start in log.starts where start.trial.hasPrefix(plan.id + "-") {
            check(
                known.contains("\(start.trial) \(start.attempt)"),
                "I3: \(start.trial) attempt \(start.attempt) ran, and is not in the record")
        }
        for line in log.all("overlap") {
            findings.append("I7: \(line.trial) attempt \(line.attempt) ran on a slot that another trial was on")
        }
        var left: [pid_t] = []
        poll(3) {
            left = Processes.ofTrials(in: folder)
            return left.isEmpty
        }
        check(left.isEmpty, "I6: processes of trials are left: \(left)")
        check(trials.map(\.x).sorted() == Array(1...plan.trials), "I9: the parameters are not those of the plan")
        let integrity = try record.integrity()
        check(integrity == "ok", "I10: integrity_check says: \(integrity)")
        let late = try record.lateResults(plan.id)
        check(late <= allowance.late, "\(late) late results, \(allowance.late) allowed")
        checkLeftOvers()
        checkCopies(plan, attempts, allowance)
    }

    /// I14: of what completed attempts have printed the controller's copy is whole. Of agents that are there: who is gone has
    /// taken the rest along.
    private func checkCopies(_ plan: Plan, _ attempts: [Record.Attempt], _ allowance: Allowance) {
        guard !allowance.repeats, !plan.options.contains(where: { $0.hasPrefix("--flood") }),
            controller?.isAlive == true
        else { return }
        for attempt in attempts where attempt.outcome == "completed" && agents[attempt.agent]?.isAlive == true {
            let output = home.runFolder(plan.attempt(attempt)) + "/output.log"
            var lines = 0
            // An agent sends again ten seconds after what was not taken.
            poll(15) {
                lines = Files.text(output).split(separator: "\n").count { $0.hasPrefix("{\"step\":") }
                return lines == attempt.steps.count
            }
            check(
                lines == attempt.steps.count,
                "I14: the copy of trial \(attempt.trial)'s output has \(lines) of \(attempt.steps.count) lines")
        }
    }

    /// I12: nobody keeps files, memory or space of trials that are over.
    private func checkLeftOvers() {
        let live = agents.values.filter(\.isAlive)
        for child in [controller].compactMap({ $0 }).filter(\.isAlive) + live {
            var open: [String] = []
            // What a full disk did not take is sent again after ten seconds.
            poll(20) {
                open = Processes.openFiles(child.pid, below: folder).filter {
                    $0.contains("/runs/") || $0.contains("/attempts/")
                }
                return open.isEmpty
            }
            check(open.isEmpty, "I12: process \(child.pid) has \(open.count) files of trials open: \(open.prefix(2))")
            let memory = Processes.memory(child.pid) >> 20
            check(memory < 256, "I12: process \(child.pid) has \(memory) MiB")
        }
        for (name, child) in agents where child.isAlive {
            let path = home.agentFolder(name)
            var size = 0
            // Folders are removed when the machine has nothing better to do, or after some seconds without that.
            poll(60) {
                // What trials were given stays, for the next ones.
                size = Files.size(path) - Files.size(path + "/cache")
                return size < 4 << 20
            }
            check(size < 4 << 20, "I12: the folder of agent \(name) has \(size >> 20) MiB")
        }
    }

    private func checkResults(
        _ plan: Plan, _ trials: [Record.Trial], _ attempts: [Record.Attempt], _ allowance: Allowance
    ) {
        check(trials.count == plan.trials, "I1: \(trials.count) trials of \(plan.trials)")
        let failed = trials.filter { $0.state == "failed" }
        let cancelled = trials.count { $0.state == "cancelled" }
        check(
            failed.count <= allowance.failed,
            "I11: \(failed.count) trials failed: \(failed.first.map { "\($0.number): \($0.reason ?? "")" } ?? "")")
        check(cancelled <= allowance.cancelled, "I11: \(cancelled) trials were cancelled")
        for trial in trials {
            let mine = attempts.filter { $0.trial == trial.number }
            let completed = mine.filter { $0.outcome == "completed" }
            switch trial.state {
            case "completed":
                check(completed.count == 1, "I1: trial \(trial.number) completed \(completed.count) times")
                check(
                    completed.first?.number == trial.attempt,
                    "I4: trial \(trial.number)'s result is not its newest attempt's")
                check(
                    trial.objective == plan.loss(trial.x),
                    "I2: trial \(trial.number) has the loss \(trial.objective ?? .nan), not \(plan.loss(trial.x))")
            case "failed", "cancelled":
                check(completed.isEmpty, "I1: trial \(trial.number) is \(trial.state), an attempt completed")
            default: findings.append("I8: trial \(trial.number) is \(trial.state)")
            }
            check(
                trial.losses <= allowance.losses,
                "I11: trial \(trial.number) was lost \(trial.losses) times: \(mine.compactMap(\.reason))")
            check(
                mine.allSatisfy { $0.outcome != nil } || trial.state != "completed",
                "I1: trial \(trial.number) has an open attempt")
        }
        // One that an agent handed back unstarted was no attempt.
        let further = attempts.count { $0.hasStarted || $0.outcome != "preempted" } - trials.count
        check(
            further <= allowance.further,
            "\(further) attempts beyond the first, \(allowance.further) allowed: \(attempts.filter { $0.outcome != "completed" }.compactMap(\.reason).prefix(3))"
        )
    }

    private func checkReports(_ plan: Plan, _ attempts: [Record.Attempt], _ allowance: Allowance) {
        for attempt in attempts {
            let name = "trial \(attempt.trial) attempt \(attempt.number)"
            if allowance.repeats {
                if attempt.outcome == "completed" {
                    check(
                        Set(attempt.steps).isSuperset(of: 1...plan.steps), "I5: \(name) lacks reports: \(attempt.steps)"
                    )
                }
                continue
            }
            guard let first = attempt.steps.first else {
                check(attempt.outcome != "completed" || plan.resumes, "I5: \(name) completed without reports")
                continue
            }
            check(first == 1 || plan.resumes, "I5: \(name) begins with step \(first)")
            check(
                attempt.steps == Array(first..<(first + attempt.steps.count)),
                "I5: \(name) has the steps \(attempt.steps)")
            if attempt.outcome == "completed" {
                check(attempt.steps.last == plan.steps, "I5: \(name) ends with step \(attempt.steps.last ?? 0)")
            }
        }
    }
}
