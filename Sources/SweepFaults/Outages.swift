import ArgumentParser
import Glibc
import SweepWire

/// The controller away for a while: what its return takes.
struct Outages: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take the controller away for 0, 20, 60 and 300 s.")

    @Option(help: "Where sweep, agent and FaultTrainer are (default: beside this program).")
    var programs: String?

    @Option(parsing: .upToNextOption, help: "Seconds.") var seconds: [Double] = [0, 20, 60, 300]

    func run() throws {
        var hasFailed = false
        for away in seconds {
            let rig = try Rig(programs: programs ?? RunCases.ownFolder, seed: UInt64(away), name: "outage")
            (rig.heartbeat, rig.lease) = (5, 90)
            try rig.startController()
            // Some of the trials go on throughout; they report ten times a second.
            let steps = Int((away + 10) * 10)
            let plan = try rig.create(trials: 4, steps: steps, options: ["--pause=100"])
            try rig.startAgent("a", slots: 4)
            try rig.awaitStarts(4)
            nap(1)
            rig.killController()
            nap(away)
            let spooled = steps * 4
            try rig.startController()
            let back = monotonic()
            let before = try reports(rig, plan)
            // What had been spooled by now is in the record once it has as much more as the trainers have written.
            let written = Int((away + 1) * 10 * 4 * 0.9)
            let isIn = poll(60, every: 0.05) { ((try? reports(rig, plan)) ?? 0) >= min(written, spooled) }
            let took = monotonic() - back
            try rig.finish(plan, within: away + 120)
            try rig.checkInvariants(plan)
            rig.check(isIn, "the spooled reports did not come in")
            say(
                "away \(Int(away)) s: \(StartLog(rig).starts.count) trainers started for 4 trials, "
                    + "\(before) reports in the record at its return, the spooled ones acknowledged \(rounded(took)) s after it"
                    + (rig.findings.isEmpty ? ", none lost" : ""))
            for finding in rig.findings { say("  FAILED: \(finding)") }
            hasFailed = hasFailed || !rig.findings.isEmpty
            rig.close(keeping: false)
        }
        if hasFailed { throw ExitCode(1) }
    }

    private func reports(_ rig: Rig, _ plan: Plan) throws -> Int {
        try Record(rig.home).reportCount(plan.id)
    }
}
