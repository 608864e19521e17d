import Glibc
import SweepWire

extension FaultCase {
    /// 7, 9, 29, 30: processes and clocks stand still or jump.
    static let stallCases = [
        FaultCase(7, "agent stopped for longer than a lease") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 3, steps: 10, options: ["--pause=50"])
            let agent = try rig.startAgent("a")
            try rig.awaitStarts(1)
            agent.send(SIGSTOP)
            nap(rig.lease * rig.dice.seconds(1.3...1.6))
            agent.send(SIGCONT)
            try rig.finish(plan)
            rig.check(agent.isAlive, "the agent did not survive it")
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1, late: 1))
        },
        FaultCase(9, "trainer stopped for longer than a lease") { rig in
            try rig.startController()
            let plan = try rig.create(trials: 2, steps: 5, options: ["--pause=50"])
            try rig.startAgent("a")
            try rig.awaitStarts(1)
            let pid = StartLog(rig).starts[0].pid
            kill(pid, SIGSTOP)
            nap(rig.lease * 1.5)
            kill(pid, SIGCONT)
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(29, "wall clock of the controller jumps by 400 days", isQuick: false) { rig in
            try rig.clockJumps(of: "controller")
        },
        FaultCase(30, "agents ten minutes apart", isQuick: false) { rig in try rig.clockJumps(of: "agents") },
    ]
}

extension Rig {
    /// The wall clock is another one; only the monotonic one counts.
    func clockJumps(of who: String) throws {
        let candidates = [
            "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1",
        ]
        guard let library = candidates.first(where: { access($0, R_OK) == 0 })
        else { throw SkippedCase("needs libfaketime (apt-get install faketime)") }
        func faked(_ offset: String) -> [String: String] {
            ["LD_PRELOAD": library, "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1"]
        }
        let isController = who == "controller"
        try startController(adding: isController ? faked("+400d") : [:])
        let plan = try create(trials: 4, steps: 10, options: ["--pause=50"])
        try startAgent("a", adding: isController ? [:] : faked("+10m"))
        try startAgent("b", adding: isController ? [:] : faked("-10m"))
        try awaitStarts(1)
        if isController {
            killController()
            try startController(adding: faked("-1h"))
        }
        try finish(plan)
        try checkInvariants(plan)
    }
}
