import ArgumentParser
import Foundation
import Glibc
import SweepWire

/// What a day of use holds, in some minutes: sweeps come, people ask, trials leave artifacts, and something breaks all the
/// time. The controller and one agent live through all of it; what they take is set against the number of trials.
struct Day: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Use everything for some minutes with faults on, and see what grows.")

    @Option(help: "Where sweep, agent and FaultTrainer are (default: beside this program).")
    var programs: String?

    @Option(help: "So long.") var minutes = 10.0
    @Option var seed: UInt64 = 1

    private struct Sample {
        var minute: Double
        var trials: Int
        /// Controller, then the agent that is never killed: memory in KiB, open files.
        var memory: [Int]
        var files: [Int]
        var home: Int
        var agentFolder: Int
    }

    /// Bytes that a trial may cost the controller: what its engine keeps of it (a thousand in `Baseline`), with further attempts,
    /// reports and artifacts.
    private static let perTrial = 4096
    /// What fills up besides and then stays, in KiB: SQLite keeps 2 MiB of pages for each of its five connections.
    private static let slack = 12 << 10
    /// The same of the agent, which keeps nothing of a trial.
    private static let agentSlack = 4 << 10

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let rig = try Rig(programs: programs ?? RunCases.ownFolder, seed: seed, name: "day")
        (rig.isEncrypted, rig.lease) = (true, 5)
        let proxy = try rig.startBehindProxy()
        for name in ["a", "b", "c"] { try rig.startAgent(name, slots: 2) }
        var (plans, samples, counts) = ([Plan](), [Sample](), [String: Int]())
        let start = monotonic()
        let length = minutes * 60
        // The first sweeps load libraries and grow buffers; counted from the second on.
        var next = (sweep: 0.0, fault: length / 12, question: 1.0, sample: length / 12)
        var peers: [RawPeer] = []
        while monotonic() - start < length {
            let now = monotonic() - start
            if now >= next.sweep {
                next.sweep = now + rig.dice.seconds(2...8)
                plans.append(try newSweep(rig, plans.count))
            }
            if now >= next.fault {
                next.fault = now + rig.dice.seconds(0.5...3)
                counts[try fault(rig, proxy, &peers), default: 0] += 1
            }
            if now >= next.question {
                next.question = now + rig.dice.seconds(0.5...2)
                try question(rig, plans)
            }
            if now >= next.sample {
                next.sample += length / 12
                samples.append(try sample(rig, plans, now))
                say(line(samples[samples.count - 1]))
            }
            nap(0.05)
        }
        proxy.heal()
        peers = []
        for plan in plans { try rig.finish(plan, within: 120) }
        nap(10)
        samples.append(try sample(rig, plans, monotonic() - start))
        say(line(samples[samples.count - 1]))
        for plan in plans { try rig.checkInvariants(plan, Allowance(losses: 1000, further: .max, late: .max)) }
        judge(rig, samples)
        say("faults: \(counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
        for finding in rig.findings { say("  FAILED: \(finding)") }
        let hasFailed = !rig.findings.isEmpty
        rig.close(keeping: hasFailed)
        if hasFailed { throw ExitCode(1) }
    }

    private func judge(_ rig: Rig, _ samples: [Sample]) {
        guard let first = samples.first, let last = samples.last else { return }
        let trials = last.trials - first.trials
        for (index, name) in ["controller", "agent"].enumerated() {
            let growth = last.memory[index] - first.memory[index]
            let explained = index == 0 ? trials * Self.perTrial >> 10 : 0
            say("\(name): \(growth) KiB more after \(trials) trials (\(growth << 10 / max(1, trials)) bytes a trial)")
            rig.check(
                growth <= explained + (index == 0 ? Self.slack : Self.agentSlack),
                "\(name) has grown by \(growth) KiB, \(trials) trials explain \(explained)")
            rig.check(
                last.files[index] <= first.files[index] + 4,
                "\(name) has \(last.files[index]) files open, \(first.files[index]) before")
        }
    }

    private func newSweep(_ rig: Rig, _ number: Int) throws -> Plan {
        var options = ["--pause=\(rig.dice.number(5...150))"]
        var more = ""
        switch number % 4 {
        case 0: options.append("--artifact=200")
        case 1: options.append("--checkpoint")
        case 2:
            options.append("--artifact=100")
            more = "keep: {model: best 2}\n"
        default: options.append("--fork-daemon=1")
        }
        return try rig.create(
            trials: rig.dice.number(5...20), steps: rig.dice.number(2...20), options: options, retries: 50,
            maxLosses: 1000, adding: more)
    }

    private func fault(_ rig: Rig, _ proxy: Proxy, _ peers: inout [RawPeer]) throws -> String {
        proxy.heal()
        peers = []
        switch rig.dice.number(0...8) {
        case 0:
            let name = rig.dice.number(0...1) == 0 ? "b" : "c"
            rig.killAgent(name)
            try rig.startAgent(name, slots: 2)
            return "agent killed"
        case 1, 2:
            let kind = rig.dice.number(0...1) == 0 ? "trial-shim" : "FaultTrainer"
            guard let pid = Processes.named(kind, in: rig.folder).randomElement(using: &rig.dice) else {
                return "nothing"
            }
            kill(pid, SIGKILL)
            return "\(kind) killed"
        case 3:
            proxy.set { $0.cutsOneIn = 20 }
            return "connections cut"
        case 4:
            proxy.set { $0.isHalfOpen = true }
            return "half-open"
        case 5:
            proxy.set { $0.duplicates = true }
            return "doubled"
        case 6:
            proxy.set { $0.delay = 0.0...0.2 }
            return "slow"
        case 7:
            let peer = try RawPeer(port: rig.port())
            _ = peer.send(#"{"kind":"hello","protocol":1,"role":"client","token":"\#(rig.token)","build":"x"}"# + "\n")
            for id in 1...20 { _ = peer.send(#"{"kind":"list","id":\#(id)}"# + "\n") }
            peers.append(peer)
            return "reads nothing"
        default:
            let peer = try RawPeer(port: rig.port())
            peer.socket.send((0..<2000).map { _ in UInt8.random(in: 0...255, using: &rig.dice) } + [10])
            peers.append(peer)
            return "garbage"
        }
    }

    private func question(_ rig: Rig, _ plans: [Plan]) throws {
        guard let plan = plans.randomElement(using: &rig.dice) else { return }
        let questions = [
            ["list"], ["leaderboard", plan.id], ["trials", plan.id], ["show", plan.id], ["agents"],
            ["export", plan.id], ["artifact", "ls"], ["artifact", "gc"], ["logs", "\(plan.id)-1"],
        ]
        let words = questions[rig.dice.number(0...(questions.count - 1))]
        let child = try rig.start([rig.programs + "/sweep"] + words, named: "question")
        let code = child.wait(60)
        // A trial that has not begun yet has no logs.
        rig.check(code == 0 || words[0] == "logs", "sweep \(words.joined(separator: " ")): \(child.text.suffix(200))")
        child.slay()
    }

    private func sample(_ rig: Rig, _ plans: [Plan], _ now: Double) throws -> Sample {
        let record = try Record(rig.home)
        let processes = [rig.controller, rig.agents["a"]].compactMap { $0?.pid }
        return Sample(
            minute: now / 60, trials: try plans.reduce(0) { try $0 + record.finalTrials($1.id) },
            memory: processes.map { Processes.memory($0) >> 10 }, files: processes.map(Processes.openFiles),
            home: Files.size(rig.home.path) >> 10,
            agentFolder: Files.size(rig.home.agentFolder("a")) >> 10)
    }

    private func line(_ sample: Sample) -> String {
        String(
            format:
                "%5.1f min  %6d trials  controller %6d KiB %3d files  agent %6d KiB %3d files  home %7d KiB  agent's folder %5d KiB",
            sample.minute, sample.trials, sample.memory[0], sample.files[0], sample.memory[1], sample.files[1],
            sample.home, sample.agentFolder)
    }
}
