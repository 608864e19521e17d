import FoundationEssentials
import Glibc
import SweepWire

extension FaultCase {
    /// 31, 33, 37, 42, 43: what a machine runs out of.
    static let machineCases = [
        FaultCase(31, "files used up", isQuick: false) { rig in
            let controller = try rig.startController(wrapper: ["/usr/bin/prlimit", "--nofile=64:64"])
            let plan = try rig.create(trials: 3, steps: 20, options: ["--pause=60"])
            try rig.startAgent("a")
            try rig.awaitStarts(1)
            var idle: [Socket] = []
            for _ in 0..<100 { if let socket = try? Socket.connected(port: rig.port()) { idle.append(socket) } }
            nap(2)
            rig.check(controller.isAlive, "the controller died: \(controller.text.suffix(300))")
            idle = []
            try rig.finish(plan, within: 60)
            try rig.checkInvariants(plan)
        },
        FaultCase(33, "programs that cannot be started", isQuick: false) { rig in
            try rig.startController()
            let text = """
                method: grid
                metric: {name: loss}
                command: ["/nonexistent/program"]
                parameters: {x: {values: [1, 2]}}
                """
            try Files.write(rig.project + "/bad.yaml", text)
            let (code, output) = try rig.sweep("create", "bad.yaml", "-o", "id")
            rig.check(code == 0, "sweep create: \(output)")
            let id = output.split(separator: "\n").last.map { String($0).trimmed } ?? ""
            try rig.startAgent("a")
            let ended = poll(20) { (try? Record(rig.home).finalTrials(id)) == 2 }
            rig.check(ended, "the trials did not end")
            let trials = try Record(rig.home).trials(id)
            rig.check(trials.allSatisfy { $0.state == "failed" && $0.failures == 1 && $0.losses == 0 }, "\(trials)")
        },
        FaultCase(37, "the process id of a trial comes to mean somebody else", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(trials: 1, steps: 60, options: ["--pause=50"])
            try rig.startAgent("a")
            try rig.awaitStarts(1)
            rig.killAgent("a")
            // The attempt's shim is gone, and its lock file names a process that has nothing to do with it.
            for pid in Processes.named("trial-shim", in: rig.folder) { kill(pid, SIGKILL) }
            let innocent = try Child(
                ["/bin/sleep", "60"], environment: [:], directory: "/", output: rig.folder + "/innocent.log")
            defer { innocent.slay() }
            let attempts = rig.home.agentFolder("a") + "/attempts"
            for name in Files.names(attempts) { try Files.write("\(attempts)/\(name)/run.lock", "\(innocent.pid)\n") }
            try rig.startAgent("a")
            try rig.finish(plan)
            rig.check(innocent.isAlive, "an innocent process was killed")
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 1))
        },
        FaultCase(42, "GPU memory that does not come back", isQuick: false) { rig in
            try rig.makeFakeGPUs([100])
            try rig.startController()
            let plan = try rig.create(trials: 3, steps: 3, options: ["--pause=50"])
            try rig.startAgent("a", adding: rig.fakeGPUs, arguments: ["--gpu", "0"])
            try rig.awaitStarts(1)
            try rig.makeFakeGPUs([9000])
            let shown = try poll(15, every: 0.3) { try rig.sweep("agents").text.contains("GPU memory") }
            let said = try rig.sweep("agents").text
            rig.check(shown, "sweep agents does not say it: \(said)")
            let started = StartLog(rig).starts.count
            nap(1)
            rig.check(StartLog(rig).starts.count == started, "the slot was used all the same")
            try rig.makeFakeGPUs([100])
            try rig.finish(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(43, "a GPU fewer after a restart", isQuick: false) { rig in
            try rig.makeFakeGPUs([100, 100])
            try rig.startController()
            let plan = try rig.create(trials: 4, steps: 12, options: ["--pause=60"])
            try rig.startAgent("a", slots: 2, adding: rig.fakeGPUs, arguments: ["--gpu", "all"])
            try rig.awaitStarts(2)
            rig.killAgent("a")
            try rig.makeFakeGPUs([100])
            try rig.startAgent("a", slots: 2, adding: rig.fakeGPUs, arguments: ["--gpu", "all"])
            try rig.finish(plan)
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 2))
        },
    ]
}

extension Rig {
    /// A `nvidia-smi` that tells of GPUs with so many MiB in use.
    func makeFakeGPUs(_ used: [Int]) throws {
        try Files.makeFolder(folder + "/bin")
        let list = used.indices.map { "echo '\($0), GPU-\($0), Fake, 40960'" }.joined(separator: "\n")
        let usage = used.enumerated().map { "echo '\($0.offset), \($0.element), 40960'" }.joined(separator: "\n")
        let path = folder + "/bin/nvidia-smi"
        try Files.write(
            path + ".new", "#!/bin/sh\ncase \"$1\" in\n*memory.used*)\n\(usage)\n;;\n*)\n\(list)\n;;\nesac\n")
        chmod(path + ".new", 0o755)
        rename(path + ".new", path)
    }

    var fakeGPUs: [String: String] {
        ["PATH": "\(folder)/bin:\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")"]
    }
}
