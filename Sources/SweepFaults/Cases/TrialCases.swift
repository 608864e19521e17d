import Glibc
import SweepWire

extension FaultCase {
    /// 34 to 36, 41, 48: what trials and people do.
    static let trialCases = [
        FaultCase(34, "a trial that floods its output") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 5, options: ["--flood=60"])
            let agent = try rig.startAgent("a", slots: 2)
            try rig.finish(plan)
            let memory = Processes.memory(agent.pid) >> 20
            rig.figures.append("agent \(memory) MiB")
            rig.check(memory < 300, "the agent has \(memory) MiB")
            try rig.checkInvariants(plan)
        },
        FaultCase(35, "daemons that ignore SIGTERM") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 3, options: ["--fork-daemon=5", "--ignore-term", "--pause=20"])
            try rig.startAgent("a")
            try rig.awaitStarts(2)
            let first = StartLog(rig)
            let gap = (first.starts[1].time - (first.all("end").first?.time ?? 0))
            rig.figures.append("slot used again after \(gap) ms")
            try rig.finish(plan)
            try rig.checkInvariants(plan)
            // Cancelled, not ended: the ladder, then the sweep.
            let other = try rig.create(trials: 1, steps: 3, options: ["--fork-daemon=5", "--ignore-term", "--hang"])
            try rig.awaitStarts(3)
            poll(5) { Processes.ofTrials(in: rig.folder).count >= 6 }
            let start = monotonic()
            _ = try rig.sweep("cancel", other.id)
            rig.check(poll(10) { Processes.ofTrials(in: rig.folder).isEmpty }, "daemons outlive their trial")
            let took = monotonic() - start
            rig.figures.append("none left \(rounded(took)) s after cancel (grace 1 s)")
            // The figure is for a quiet machine. Where the ladder did not end them, the shim waits for ten seconds.
            rig.check(took < 8, "the daemons were there for \(rounded(took)) s")
        },
        FaultCase(36, "a grandchild keeps the output open") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 3, steps: 3, options: ["--hold-stdout"])
            try rig.startAgent("a")
            let took = try rig.finish(plan)
            rig.check(took < 15, "three ends took \(rounded(took)) s to be seen")
            try rig.checkInvariants(plan)
        },
        FaultCase(58, "trainer killed after its last checkpoint", isQuick: false) { rig in
            try rig.startController()
            let gate = rig.folder + "/gate"
            let plan = try rig.create(trials: 2, steps: 1, options: ["--checkpoint", "--wait=\(gate)"], retries: 1)
            try rig.startAgent("a", slots: 2)
            try rig.awaitStarts(2)
            try rig.require(
                poll(20) { (try? Record(rig.home).reportCount(plan.id)) == 2 }, "the reports did not come in")
            for pid in Processes.named("FaultTrainer", in: rig.folder) { kill(pid, SIGKILL) }
            try Files.write(gate, "")
            try rig.finish(plan)
            // The second attempt finds all done, and the third begins anew.
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 4))
            rig.check(StartLog(rig).all("resume").count == 2, "no attempt went on from a checkpoint")
        },
        FaultCase(41, "trials that crash, and a slot that does", isQuick: false) { rig in
            try rig.startController()
            let good = try rig.create(trials: 2, steps: 5, options: ["--crash-at=3", "--crash-attempts=2"], retries: 2)
            try rig.startAgent("a")
            try rig.finish(good)
            try rig.checkInvariants(good, Allowance(further: 4))
            rig.killAgent("a")
            let bad = try rig.create(trials: 8, steps: 2, options: ["--exit=3"])
            try rig.startAgent("b")
            let paused = try poll(20, every: 0.3) { try rig.sweep("agents").text.contains("trials in a row failed") }
            rig.check(paused, "the slot was not paused")
            nap(1)
            let eaten = try Record(rig.home).finalTrials(bad.id)
            rig.check(eaten <= 3, "the slot ate \(eaten) trials")
            let (code, text) = try rig.sweep("release", "b")
            rig.check(code == 0 && text.contains("cpu 0"), "sweep release: \(text)")
            rig.check(try poll(10) { try Record(rig.home).finalTrials(bad.id) > eaten }, "the slot was not used again")
        },
        FaultCase(48, "cancelling races with ending", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 20, steps: 2, options: ["--pause=5"])
            try rig.startAgent("a", slots: 2)
            try rig.awaitStarts(1)
            let peer = try RawPeer(port: rig.port())
            _ = peer.send(#"{"kind":"hello","protocol":1,"role":"client","token":"\#(rig.token)","build":"x"}"# + "\n")
            for number in 1...20 {
                _ = peer.send(#"{"kind":"cancel-trial","id":\#(number),"trial":"\#(plan.id)-\#(number)"}"# + "\n")
                nap(rig.dice.seconds(0...0.03))
            }
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(cancelled: 20))
        },
    ]
}
