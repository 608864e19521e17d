import FoundationEssentials
import Glibc
import SweepWire

extension FaultCase {
    /// 3 to 6, 32, 49: agents, shims and trainers die.
    static let agentCases = [
        FaultCase(3, "agent killed, its trials go on") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 4, steps: 8, options: ["--pause=80"])
            try rig.startAgent("a", slots: 2)
            try rig.awaitStarts(2)
            nap(rig.dice.seconds(0...0.4))
            rig.killAgent("a")
            nap(rig.dice.seconds(0...0.3))
            let alive = StartLog(rig).starts.prefix(2).filter { kill($0.pid, 0) == 0 }.count
            rig.check(alive > 0 || StartLog(rig).all("end").count > 0, "the trainers died with their agent")
            try rig.startAgent("a", slots: 2)
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(4, "agent killed at named points, trials end meanwhile") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 6, steps: 3, options: ["--pause=30"])
            let points = ["on-assign", "before-spawn", "after-spawn", "before-ended", "after-ended"]
            for point in points.shuffled(using: &rig.dice) {
                let agent = try rig.startAgent(
                    "a", slots: 2, adding: ["SWEEP_CRASH_AT": "\(point):\(rig.dice.number(1...2))"])
                agent.wait(1.5)
                rig.killAgent("a")
            }
            nap(0.3)
            try rig.startAgent("a", slots: 2)
            try rig.finish(plan)
            // An assignment that had left no trace is lost with the agent that had it, and so is an attempt whose start had.
            try rig.checkInvariants(plan, Allowance(losses: 5, further: 10))
        },
        FaultCase(5, "shim killed") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 3, steps: 10, options: ["--pause=60", "--fork-daemon=2"])
            try rig.startAgent("a")
            try rig.awaitStarts(1)
            nap(rig.dice.seconds(0...0.3))
            let trainer = StartLog(rig).starts.last?.pid ?? 0
            guard let shim = Processes.named("trial-shim", in: rig.folder).first else { throw RigError("no shim") }
            kill(shim, SIGKILL)
            rig.check(
                poll(3) { !Processes.all().contains(trainer) || Files.text("/proc/\(trainer)/stat").contains(") Z") },
                "the trainer outlives its shim")
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1))
            let reasons = try Record(rig.home).attempts(plan.id).filter { $0.outcome == "lost" }.compactMap(\.reason)
            rig.check(reasons == ["its supervisor was killed"], "the loss is told as \(reasons)")
        },
        FaultCase(6, "agent, shim and trainer killed: the machine died") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 12, options: ["--pause=60", "--checkpoint"])
            try rig.startAgent("a")
            try rig.awaitStarts(1)
            nap(rig.dice.seconds(0.2...0.5))
            rig.killAgent("a")
            for pid in Processes.inFolder(rig.folder) where pid != rig.controller?.pid { kill(pid, SIGKILL) }
            try rig.startAgent("b")
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1))
            rig.check(!StartLog(rig).all("resume").isEmpty, "the second attempt did not go on from the checkpoint")
            let reasons = try Record(rig.home).attempts(plan.id).filter { $0.outcome == "lost" }.compactMap(\.reason)
            rig.check(
                reasons.allSatisfy { $0.hasPrefix("attempt 1 lost: agent a silent for") } && reasons.count == 1,
                "the loss is told as \(reasons)")
            let trial = try Record(rig.home).attempts(plan.id).first { $0.outcome == "lost" }?.trial ?? 1
            let (_, text) = try rig.sweep("show", "\(plan.id)-\(trial)")
            rig.check(
                text.contains("attempt 1 lost: agent a silent for") && text.contains("attempt 2 completed"),
                "sweep show does not tell it: \(text)")
        },
        FaultCase(32, "trainer killed as for want of memory", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 3, steps: 10, options: ["--pause=60"], retries: 1)
            try rig.startAgent("a")
            try rig.awaitStarts(1)
            kill(StartLog(rig).starts[0].pid, SIGKILL)
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(further: 1))
            let record = try Record(rig.home)
            rig.check(try record.trials(plan.id).contains { $0.failures == 1 }, "a killed program is no failure of it")
        },
        FaultCase(49, "SIGTERM twice while draining; the machine is restarted", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 3, steps: 20, options: ["--pause=60", "--checkpoint"])
            let agent = try rig.startAgent("a", arguments: ["--grace", "4"])
            try rig.awaitStarts(1)
            nap(0.3)
            let told = monotonic()
            agent.send(SIGTERM)
            nap(0.05)
            agent.send(SIGTERM)
            rig.check(agent.wait(8) == 0, "the agent ended with \(agent.ending.map { "\($0)" } ?? "nothing")")
            rig.figures.append("gone after \(rounded(monotonic() - told)) s")
            try rig.checkHandedBack(plan)
            // Another start of the machine: no process of before lives, and the number of the start is another.
            try rig.startAgent("a")
            try rig.awaitStarts(2)
            nap(0.3)
            rig.killAgent("a")
            for pid in Processes.inFolder(rig.folder) where pid != rig.controller?.pid { kill(pid, SIGKILL) }
            try Files.write(rig.home.agentFolder("a") + "/boot", "another\n")
            try rig.startAgent("a")
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 2))
            let reasons = try Record(rig.home).attempts(plan.id).filter { $0.outcome == "lost" }.compactMap(\.reason)
            rig.check(reasons.contains { $0.contains("was restarted") }, "the loss is told as \(reasons)")
        },
    ]
}

extension Rig {
    /// The attempt that was live was handed back with a checkpoint, at no cost.
    func checkHandedBack(_ plan: Plan) throws {
        let attempts = try Record(home).attempts(plan.id)
        check(attempts.contains { $0.outcome == "preempted" }, "nothing was handed back: \(attempts.map(\.outcome))")
        check(!StartLog(self).all("saved").isEmpty, "the trainer was not told to save")
        check(
            try Record(home).trials(plan.id).allSatisfy { $0.failures == 0 && $0.losses == 0 },
            "handing back was counted")
    }
}
