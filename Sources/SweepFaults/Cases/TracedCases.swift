import Glibc
import SweepWire

extension FaultCase {
    /// 80 to 84: a debugger at each of the programs, and lines without an end where peers were let in.
    static let tracedCases =
        ["controller", "agent", "trial-shim", "FaultTrainer"].enumerated().map { index, program in
            FaultCase(
                80 + index, "a debugger stops \(program) for longer than a lease, and goes or dies", isQuick: false
            ) {
                rig in try rig.trace(program)
            }
        } + [
            FaultCase(84, "lines without an end after hello", isQuick: false, limit: 120) { rig in
                let controller = try rig.startController()
                let plan = try rig.create(trials: 2, steps: 60, options: ["--pause=50"])
                try rig.startAgent("a")
                try rig.awaitStarts(1)
                let before = Processes.memory(controller.pid)
                let agent = try FakeAgent(rig, id: "endless")
                let client = try RawPeer(port: rig.port())
                _ = client.send(
                    #"{"kind":"hello","protocol":1,"role":"client","token":"\#(rig.token)","build":"x"}"# + "\n")
                let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
                var peak = before
                for (peer, start) in [
                    (agent.peer, #"{"kind":"log","offset":0,"text":""#), (client, #"{"kind":"create","id":1,"yaml":""#),
                ] {
                    _ = peer.send(start)
                    for _ in 0..<2048 {
                        peak = max(peak, Processes.memory(controller.pid))
                        if !peer.socket.send(block, within: 2) { break }
                    }
                    rig.check(peer.isClosed(within: 5), "an endless line did not end the connection")
                }
                rig.figures.append("memory +\((peak - before) >> 20) MiB")
                rig.check(peak - before < 64 << 20, "the controller's memory grew by \((peak - before) >> 20) MiB")
                try rig.finish(plan)
                try rig.checkInvariants(plan)
            }
        ]
}

extension Rig {
    /// Twice: the debugger lets go, and it is killed.
    func trace(_ program: String) throws {
        let controller = try startController()
        let plan = try create(trials: 3, steps: 30, options: ["--pause=50"])
        let agent = try startAgent("a")
        for round in 0...1 {
            try awaitStarts(1 + round)
            let target: pid_t? =
                switch program {
                case "controller": controller.pid
                case "agent": agent.pid
                default: Processes.named(program, in: folder).first
                }
            guard let target else { continue }
            let tracer = try start(
                [
                    programs + "/FaultTrainer", "--trace=\(target)",
                    "--pause=\(Int(lease * dice.seconds(1.2...1.6) * 1000))",
                    "--exit=\(round)",
                ], named: "tracer")
            let ending = tracer.wait(lease * 4)
            if ending == 1, !Processes.isAlive(target) { continue }
            try require(ending == 0, "no debugger: \(tracer.text)")
        }
        try finish(plan)
        check(controller.isAlive, "the controller is gone: \(controller.text.suffix(300))")
        check(agent.isAlive, "the agent is gone: \(agent.text.suffix(300))")
        // Who was stopped may have lost its lease; not the controller, whose own silence it was.
        let mayLose = program == "agent"
        try checkInvariants(
            plan, mayLose ? Allowance(losses: 2, further: 2, late: 2) : .none)
    }
}
