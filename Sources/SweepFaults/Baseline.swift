import ArgumentParser
import Foundation
import Glibc
import SweepWire

/// Memory, open files and disk after many trials, beside what they were before.
struct Baseline: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run many trials, and see what is left of them.")

    @Option(help: "Where sweep, agent and FaultTrainer are (default: beside this program).")
    var programs: String?

    @Option var trials = 10_000
    @Option var slots = 4

    func run() throws {
        let rig = try Rig(programs: programs ?? RunCases.ownFolder, seed: 1, name: "baseline")
        (rig.heartbeat, rig.lease) = (5, 90)
        let controller = try rig.startController()
        let agent = try rig.startAgent("a", slots: slots)
        // Warm: the first trials load libraries and grow buffers.
        let warm = try rig.create(trials: 200, steps: 1)
        try rig.finish(warm, within: 120)
        nap(2)
        let before = [controller, agent].map { (Processes.memory($0.pid), Processes.openFiles($0.pid)) }
        let disk = Files.size(rig.home.agentFolder("a"))
        let start = monotonic()
        let plan = try rig.create(trials: trials, steps: 1)
        try rig.finish(plan, within: 3600)
        let seconds = monotonic() - start
        nap(3)
        let after = [controller, agent].map { (Processes.memory($0.pid), Processes.openFiles($0.pid)) }
        try rig.checkInvariants(plan)
        say("\(trials) trials in \(Int(seconds)) s (\(Int(Double(trials) / seconds)) a second)")
        for (index, name) in ["controller", "agent"].enumerated() {
            say(
                "  \(name): memory \(before[index].0 >> 20) -> \(after[index].0 >> 20) MiB "
                    + "(\((after[index].0 - before[index].0) / trials) bytes a trial), files \(before[index].1) -> \(after[index].1)"
            )
            rig.check(after[index].1 <= before[index].1 + 2, "\(name) keeps files open")
        }
        say("  agent's folder: \(disk >> 10) -> \(Files.size(rig.home.agentFolder("a")) >> 10) KiB")
        for finding in rig.findings { say("  FAILED: \(finding)") }
        let hasFailed = !rig.findings.isEmpty
        rig.close(keeping: false)
        if hasFailed { throw ExitCode(1) }
    }
}
