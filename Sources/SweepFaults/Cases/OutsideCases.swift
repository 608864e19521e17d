import Glibc
import SweepWire

extension FaultCase {
    /// 50 to 57: beyond the plan, as somebody would break things who has the programs only.
    static let outsideCases = [
        FaultCase(50, "agent stopped while another one takes its trial over", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 40, options: ["--pause=50"])
            let agent = try rig.startAgent("a")
            try rig.awaitStarts(1)
            let old = StartLog(rig).starts[0]
            // Its trainer runs on, or stands still with it.
            let isTrainerStopped = rig.dice.number(0...1) == 1
            agent.send(SIGSTOP)
            if isTrainerStopped { kill(old.pid, SIGSTOP) }
            try rig.startAgent("b")
            let isTaken = poll(rig.lease * 4) {
                StartLog(rig).starts.contains { $0.trial == old.trial && $0.attempt == 2 }
            }
            rig.check(isTaken, "nobody took the trial over")
            if isTrainerStopped { kill(old.pid, SIGCONT) }
            agent.send(SIGCONT)
            let woken = monotonic()
            let isGone = poll(rig.lease + 4) { !Processes.isAlive(old.pid) }
            rig.check(isGone, "the older attempt's trainer goes on")
            rig.figures.append("the older trainer gone \(rounded(monotonic() - woken)) s after its agent woke")
            try rig.finish(plan)
            rig.check(agent.isAlive, "the agent did not survive it")
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1, late: 1))
        },
        FaultCase(67, "cable pulled for longer than a lease, over TLS", isQuick: false) { rig in
            rig.isEncrypted = true
            try rig.pullCable()
        },
        FaultCase(68, "cable deaf in one direction, then the other, over TLS", isQuick: false) { rig in
            rig.isEncrypted = true
            try rig.deafenCable()
        },
        FaultCase(51, "cable pulled for longer than a lease", isQuick: false) { rig in try rig.pullCable() },
        FaultCase(52, "cable deaf in one direction, then the other", isQuick: false) { rig in try rig.deafenCable() },
        FaultCase(53, "hundreds of peers that say a byte a second", isQuick: false) { rig in
            let controller = try rig.startController()
            let plan = try rig.create(trials: 4, steps: 40, options: ["--pause=50"])
            try rig.startAgent("a")
            try rig.awaitStarts(1)
            let (memory, files) = (Processes.memory(controller.pid), Processes.openFiles(controller.pid))
            let peers = try (0..<300).map { _ in try RawPeer(port: rig.port()) }
            let text = Array(#"{"kind":"hello","protocol":1,"role":"agent","token":"wrong","build":"x"}"#.utf8)
            for byte in text.prefix(8) {
                for peer in peers { peer.socket.send([byte], within: 1) }
                nap(0.7)
            }
            let start = monotonic()
            let (code, _) = try rig.sweep("list")
            rig.check(code == 0 && monotonic() - start < 10, "others are not served")
            let isOver = poll(20) { Processes.openFiles(controller.pid) <= files + 2 }
            rig.check(isOver, "\(Processes.openFiles(controller.pid)) files are open, \(files) before")
            let growth = (Processes.memory(controller.pid) - memory) >> 20
            rig.figures.append("memory +\(growth) MiB")
            rig.check(growth < 64, "the controller's memory grew by \(growth) MiB")
            try rig.finish(plan)
            try rig.checkInvariants(plan)
            withExtendedLifetime(peers) {}
        },
        FaultCase(54, "shim stopped for longer than a lease, and cancelled while stopped", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 10, options: ["--pause=50"])
            try rig.startAgent("a")
            try rig.awaitStarts(1)
            let shims = Processes.named("trial-shim", in: rig.folder)
            for shim in shims { kill(shim, SIGSTOP) }
            nap(rig.lease * 1.5)
            for shim in shims { kill(shim, SIGCONT) }
            try rig.finish(plan)
            try rig.checkInvariants(plan)
            let other = try rig.create(trials: 1, steps: 3, options: ["--hang"])
            try rig.awaitStarts(3)
            for shim in Processes.named("trial-shim", in: rig.folder) { kill(shim, SIGSTOP) }
            let start = monotonic()
            _ = try rig.sweep("cancel", other.id)
            let isGone = poll(15) { Processes.ofTrials(in: rig.folder).isEmpty }
            rig.check(isGone, "a trial outlives its cancellation where its shim is stopped")
            rig.figures.append("none left \(rounded(monotonic() - start)) s after cancel")
        },
        FaultCase(55, "started on a full disk", isQuick: false) { rig in
            try rig.mountSmall(rig.home.path, bytes: 8 << 20)
            try rig.fill(rig.home.path)
            let refused = try rig.start([rig.programs + "/sweep", "controller", "--port", "0"], named: "refused")
            let code = refused.wait(15)
            rig.check((code ?? -1) > 0, "the controller ended with \(code.map { "\($0)" } ?? "nothing")")
            let reason = refused.text
            rig.check(
                reason.contains("space") || reason.contains("full"),
                "the controller does not say why: \(reason.suffix(400))")
            refused.slay()
            unlink(rig.home.path + "/filler")
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 3)
            let home = rig.folder + "/agent-home"
            try rig.mountSmall(home, bytes: 4 << 20)
            try rig.fill(home)
            rig.address = "127.0.0.1:\(try rig.port())"
            let agent = try rig.startAgent("a", home: home)
            nap(2)
            rig.check(
                agent.ending.map { $0 > 0 } ?? true, "the agent ended with \(agent.ending.map { "\($0)" } ?? "nothing")"
            )
            rig.check(
                agent.text.contains("space") || agent.text.contains("full"), "the agent does not say why: \(agent.text)"
            )
            unlink(home + "/filler")
            if !agent.isAlive { try rig.startAgent("a", home: home) }
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 2))
        },
        FaultCase(56, "everything stopped for longer than a lease", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 4, steps: 20, options: ["--pause=50"])
            let agent = try rig.startAgent("a", slots: 2)
            try rig.awaitStarts(2)
            // As a laptop that sleeps, except that they wake in any order.
            let all = Processes.inFolder(rig.folder)
            for pid in all { kill(pid, SIGSTOP) }
            nap(rig.lease * 1.5)
            for pid in all.shuffled(using: &rig.dice) {
                kill(pid, SIGCONT)
                nap(rig.dice.seconds(0...0.3))
            }
            try rig.finish(plan)
            rig.check(agent.isAlive && rig.controller?.isAlive == true, "somebody did not survive it")
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 2, late: 2))
        },
        FaultCase(57, "messages of a connection that was let in, again and from elsewhere", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 4)
            let first = try FakeAgent(rig, id: "fake1")
            try first.say(.ready(slot: 0))
            guard let mine = first.assignment() else { throw RigError("no assignment") }
            // Another agent of good standing claims that attempt for itself, and ends it.
            let thief = try FakeAgent(
                rig, id: "thief", held: [HeldAttempt(attempt: mine.attempt, slot: 0, alive: true)])
            try thief.run(mine, steps: 4, x: 55)
            try first.run(mine, steps: 4, x: mine.x)
            try first.run(mine, steps: 4, x: 77)
            try first.say(.ready(slot: 0))
            guard let next = first.assignment() else { throw RigError("no second assignment") }
            try first.run(next, steps: 4, x: next.x)
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(late: 1))
        },
    ]
}

extension Rig {
    /// A controller, and a network across which agents reach it.
    func startAcrossNetwork() throws -> NetworkNamespace {
        let network = try NetworkNamespace(self)
        try startController(arguments: ["--host", network.here] + (isEncrypted ? [] : ["--insecure"]))
        try lead(to: "\(network.here):\(try port())")
        return network
    }

    func pullCable() throws {
        let network = try startAcrossNetwork()
        let plan = try create(trials: 3, steps: 120, options: ["--pause=50"])
        let agent = try startAgent("a", wrapper: network.wrapper)
        try awaitStarts(1)
        let old = StartLog(self).starts[0]
        try network.unplug()
        let hasOther = dice.number(0...1) == 1
        if hasOther { try startAgent("b") }
        nap(lease * 1.6)
        check(Processes.isAlive(old.pid) || hasOther, "the trainer ended with the network")
        try network.plug()
        let back = monotonic()
        try finish(plan, within: 60)
        figures.append("done \(rounded(monotonic() - back)) s after the cable was back")
        check(agent.isAlive, "the agent is gone: \(agent.text.suffix(300))")
        try checkInvariants(plan, Allowance(losses: 1, further: 1, late: 1))
    }

    func deafenCable() throws {
        let network = try startAcrossNetwork()
        let plan = try create(trials: 4, steps: 50, options: ["--pause=50"])
        let agent = try startAgent("a", wrapper: network.wrapper)
        for direction in [true, false].shuffled(using: &dice) {
            try awaitStarts(1)
            try network.deafen(toHere: direction)
            nap(lease * dice.seconds(0.5...1.6))
            try network.hear()
            nap(1)
        }
        try finish(plan, within: 60)
        check(agent.isAlive, "the agent is gone: \(agent.text.suffix(300))")
        try checkInvariants(plan, Allowance(losses: 2, further: 4, late: 4))
    }
}
