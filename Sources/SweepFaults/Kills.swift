import ArgumentParser
import Foundation
import Glibc
import SweepWire

/// Random kills over a sweep, and what became of its trials.
struct Kills: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Kill at random, many times, over one sweep.")

    @Option(help: "Where sweep, agent and FaultTrainer are (default: beside this program).")
    var programs: String?

    @Option var trials = 1000
    @Option var kills = 500
    @Option var seed: UInt64 = 1
    @Option(help: "Agents, of two slots each.") var agents = 3
    @Option(help: "Milliseconds of each of a trial's steps.") var pause = 250
    @Option(help: "Seconds after which it is given up.") var limit = 3600.0

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let rig = try Rig(programs: programs ?? RunCases.ownFolder, seed: seed, name: "kills")
        rig.lease = 4
        try rig.startController()
        let plan = try rig.create(
            trials: trials, steps: 5, options: ["--pause=\(pause)"], retries: 50, maxLosses: 1000)
        let names = (0..<agents).map { "agent\($0)" }
        for name in names { try rig.startAgent(name, slots: 2) }
        let start = monotonic()
        var counts: [String: Int] = [:]
        for _ in 0..<kills {
            nap(rig.dice.seconds(0.02...0.5))
            guard try Record(rig.home).finalTrials(plan.id) < trials, monotonic() - start < limit else { break }
            let kind = ["controller", "agent", "shim", "trainer"][rig.dice.number(0...3)]
            if try hit(kind, rig, names) { counts[kind, default: 0] += 1 }
        }
        let made = counts.values.reduce(0, +)
        try rig.finish(plan, within: max(60, limit - (monotonic() - start)))
        try rig.checkInvariants(plan, Allowance(losses: 1000, further: .max, late: .max))
        let record = try Record(rig.home)
        let all = try record.trials(plan.id)
        let attempts = try record.attempts(plan.id)
        say("seed \(seed): \(made) kills in \(Int(monotonic() - start)) s over \(trials) trials")
        for kind in counts.keys.sorted() { say("  \(kind) killed".padded(28) + "\(counts[kind] ?? 0)") }
        say("  trials completed".padded(28) + "\(all.count { $0.state == "completed" })")
        say("  attempts".padded(28) + "\(attempts.count)")
        for outcome in Set(attempts.map { $0.outcome ?? "open" }).sorted() {
            say("    \(outcome)".padded(28) + "\(attempts.count { ($0.outcome ?? "open") == outcome })")
        }
        say("  trainers started".padded(28) + "\(StartLog(rig).starts.count)")
        say("  late results".padded(28) + "\(try record.lateResults(plan.id))")
        for finding in rig.findings { say("  FAILED: \(finding)") }
        if rig.findings.isEmpty { say("  every trial has exactly one result, and all invariants hold") }
        rig.close(keeping: !rig.findings.isEmpty)
        if !rig.findings.isEmpty { throw ExitCode(1) }
    }

    /// - Returns: false when there was nothing of that kind.
    private func hit(_ kind: String, _ rig: Rig, _ names: [String]) throws -> Bool {
        switch kind {
        case "controller":
            rig.killController()
            try rig.startController()
        case "agent":
            let name = names[rig.dice.number(0...(names.count - 1))]
            rig.killAgent(name)
            try rig.startAgent(name, slots: 2)
        case "shim":
            let shims = Processes.named("trial-shim", in: rig.folder)
            guard let pid = shims.randomElement(using: &rig.dice) else { return false }
            kill(pid, SIGKILL)
        default:
            let trainers = Processes.named("FaultTrainer", in: rig.folder)
            guard let pid = trainers.randomElement(using: &rig.dice) else { return false }
            kill(pid, SIGKILL)
        }
        return true
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        padding(toLength: max(width, count), withPad: " ", startingAt: 0)
    }
}
