import FoundationEssentials
import Glibc
import SweepModel
import SweepWire

extension FaultCase {
    /// 70 to 79: whatever breaks while trials leave artifacts, and are given some.
    static let artifactCases = [
        FaultCase(70, "controller killed while artifacts come", isQuick: false) { rig in
            let (proxy, plan) = try rig.startSlowUploads()
            for _ in 0..<5 {
                nap(rig.dice.seconds(0.1...1.2))
                rig.killController()
                try rig.startController()
            }
            proxy.heal()
            try rig.finish(plan)
            try rig.checkArtifacts(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(71, "agent killed while it sends artifacts", isQuick: false) { rig in
            let (proxy, plan) = try rig.startSlowUploads()
            for _ in 0..<5 {
                nap(rig.dice.seconds(0.1...1.2))
                rig.killAgent("a")
                try rig.startAgent("a", slots: 2)
            }
            proxy.heal()
            try rig.finish(plan)
            try rig.checkArtifacts(plan)
            // An agent that dies between an assignment and its start has not begun it.
            try rig.checkInvariants(plan, Allowance(losses: 2, further: 4))
        },
        FaultCase(72, "connections cut in the middle of artifacts, over TLS", isQuick: false) { rig in
            rig.isEncrypted = true
            let proxy = try rig.startBehindProxy()
            let plan = try rig.create(trials: 4, steps: 2, options: ["--artifact=2000"])
            proxy.set { $0.cutsOneIn = 40 }
            try rig.startAgent("a", slots: 2)
            nap(6)
            proxy.heal()
            try rig.finish(plan)
            rig.figures.append("\(proxy.connections) connections")
            rig.check(proxy.connections > 2, "nothing was cut")
            try rig.checkArtifacts(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(73, "every message twice, artifacts too", isQuick: false) { rig in
            let proxy = try rig.startBehindProxy()
            let plan = try rig.create(trials: 4, steps: 2, options: ["--artifact=1500"])
            proxy.set { $0.duplicates = true }
            try rig.startAgent("a", slots: 2)
            try rig.finish(plan)
            try rig.checkArtifacts(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(74, "controller's disk full while artifacts come", isQuick: false, limit: 150) { rig in
            try rig.mountSmall(rig.home.path, bytes: 32 << 20)
            let controller = try rig.startController()
            let plan = try rig.create(trials: 3, steps: 4, options: ["--artifact=3000", "--pause=100"])
            try rig.lead(to: "127.0.0.1:\(rig.port())")
            try rig.startAgent("a", home: rig.folder + "/agent-home")
            try rig.awaitStarts(1)
            try rig.fill(rig.home.path)
            nap(4)
            rig.check(controller.isAlive, "the controller died: \(controller.text.suffix(300))")
            unlink(rig.home.path + "/filler")
            try rig.finish(plan, within: 60)
            try rig.checkArtifacts(plan)
            try rig.checkInvariants(plan)
        },
        FaultCase(75, "everybody killed while trials are given artifacts", isQuick: false) { rig in
            let proxy = try rig.startBehindProxy()
            let plan = try rig.createGiven(trials: 3, kibibytes: 5000)
            proxy.set { $0.rate = 4 << 20 }
            try rig.startAgent("a", slots: 2)
            for round in 0..<4 {
                nap(rig.dice.seconds(0.2...1))
                if round % 2 == 0 {
                    rig.killController()
                    try rig.startController()
                } else {
                    rig.killAgent("a")
                    try rig.startAgent("a", slots: 2)
                }
            }
            proxy.heal()
            try rig.finish(plan)
            rig.check(StartLog(rig).all("input").count >= 3, "not all trials were given the artifact")
            try rig.checkInvariants(plan, Allowance(losses: 4, further: 8))
        },
        FaultCase(76, "connections cut while trials are given artifacts, over TLS", isQuick: false) { rig in
            rig.isEncrypted = true
            let proxy = try rig.startBehindProxy()
            let plan = try rig.createGiven(trials: 3, kibibytes: 4000)
            proxy.set { $0.cutsOneIn = 25 }
            try rig.startAgent("a", slots: 2)
            nap(6)
            proxy.heal()
            try rig.finish(plan)
            rig.check(proxy.connections > 2, "nothing was cut")
            rig.check(StartLog(rig).all("input").count >= 3, "not all trials were given the artifact")
            try rig.checkInvariants(plan, Allowance(losses: 2, further: 3))
        },
        FaultCase(77, "an artifact is removed while a trial is to be given it", isQuick: false) { rig in
            let proxy = try rig.startBehindProxy()
            let plan = try rig.createGiven(trials: 2, kibibytes: 5000)
            proxy.set { $0.rate = 2 << 20 }
            try rig.startAgent("a")
            nap(rig.dice.seconds(0.3...1.5))
            let (code, text) = try rig.sweep("artifact", "rm", "data")
            rig.check(code == 0, "sweep artifact rm: \(text)")
            proxy.heal()
            // Whole, or not at all, and told.
            try rig.finish(plan)
            let record = try Record(rig.home)
            for trial in try record.trials(plan.id) where trial.state == "failed" {
                rig.check(
                    trial.reason?.contains("artifact") == true || trial.reason?.contains("data") == true,
                    "trial \(trial.number) failed for: \(trial.reason ?? "nothing")")
            }
            rig.figures.append("\(try record.trials(plan.id).count { $0.state == "failed" }) of 2 failed")
            try rig.checkInvariants(plan, Allowance(failed: 2))
        },
        FaultCase(78, "agent's disk full while trials are given artifacts", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.createGiven(trials: 2, kibibytes: 6000)
            let home = rig.folder + "/agent-home"
            try rig.mountSmall(home, bytes: 10 << 20)
            try rig.lead(to: "127.0.0.1:\(rig.port())")
            // No room for the artifact in the cache and once more beside the trial.
            let agent = try rig.startAgent("a", home: home)
            nap(3)
            rig.check(agent.isAlive, "the agent died: \(agent.text.suffix(300))")
            rig.leadHome()
            try rig.startAgent("b")
            try rig.finish(plan)
            rig.check(agent.isAlive, "the agent died: \(agent.text.suffix(300))")
            let attempts = try Record(rig.home).attempts(plan.id)
            let returned = attempts.count { $0.outcome == "preempted" }
            rig.figures.append("\(returned) handed back")
            rig.check(returned <= 4, "the agent was given trials again and again: \(returned) times")
            rig.check(
                try Record(rig.home).trials(plan.id).allSatisfy { $0.failures == 0 },
                "a full disk was counted as failures: \(attempts.compactMap(\.reason).prefix(3))")
            try rig.checkInvariants(plan, Allowance(losses: 1, further: 4))
        },
        FaultCase(79, "versions are kept, removed and collected while more of them come", isQuick: false) { rig in
            try rig.startController()
            let plan = try rig.create(
                trials: 12, steps: 2, options: ["--artifact=600"], adding: "keep: {model: best 2}\n")
            try rig.startAgent("a", slots: 2)
            var collections = 0
            let start = monotonic()
            while try Record(rig.home).finalTrials(plan.id) < plan.trials, monotonic() - start < 60 {
                let (code, text) = try rig.sweep("artifact", "gc")
                rig.check(code == 0, "sweep artifact gc: \(text)")
                collections += 1
            }
            try rig.finish(plan)
            rig.figures.append("\(collections) collections meanwhile")
            // The two best: a version of each trial has come and most have gone.
            let best = (1...plan.trials).sorted { plan.loss($0) < plan.loss($1) }.prefix(2)
            let record = try Record(rig.home)
            let trials = try record.trials(plan.id)
            func kept() throws -> [Int] {
                try record.versions(plan.id).compactMap { one in trials.first { $0.number == one.trial }?.x }.sorted()
            }
            let isSettled = try poll(30, every: 0.2) { try kept() == best.sorted() }
            rig.check(isSettled, "the trials with x = \((try? kept()) ?? []) are kept, the best have \(best)")
            let versions = try record.versions(plan.id)
            // Those of the other trials may still be on their way.
            let isSmall = try poll(30, every: 0.5) {
                _ = try rig.sweep("artifact", "gc")
                return Files.size(rig.home.artifacts) < 2 << 20
            }
            rig.check(isSmall, "two versions of 600 KiB take \(Files.size(rig.home.artifacts) >> 10) KiB")
            for version in versions { rig.checkContents(of: version, plan) }
            let (code, text) = try rig.sweep("delete", plan.id, "--yes")
            rig.check(code == 0, "sweep delete: \(text)")
            let isFree = poll(20) { Files.size(rig.home.artifacts) < 64 << 10 }
            rig.check(isFree, "\(Files.size(rig.home.artifacts) >> 10) KiB are left of a sweep that is gone")
        },
    ]
}

extension Rig {
    /// Two of four trials run, whose artifacts come to the controller through a slow proxy.
    func startSlowUploads() throws -> (Proxy, Plan) {
        let proxy = try startBehindProxy()
        let plan = try create(trials: 4, steps: 2, options: ["--pause=30", "--artifact=3000"])
        proxy.set { $0.rate = 3 << 20 }
        try startAgent("a", slots: 2)
        try awaitStarts(2)
        return (proxy, plan)
    }

    /// A person's artifact `data`, and a sweep whose trials are given it.
    func createGiven(trials: Int, kibibytes: Int) throws -> Plan {
        let folder = folder + "/data"
        try Files.makeFolder(folder)
        let made = try start(
            [programs + "/FaultTrainer", "--weights=\(folder)/weights", "--artifact=\(kibibytes)"], named: "weights")
        try require(made.wait(20) == 0, "no weights")
        let (code, text) = try sweep("artifact", "put", folder)
        try require(code == 0, "sweep artifact put: \(text)")
        return try create(trials: trials, steps: 2, options: ["--input=data"], adding: "use_artifact: [data]\n")
    }

    /// I15: of what each trial has left there is one version, of its newest attempt, with the right bytes.
    func checkArtifacts(_ plan: Plan) throws {
        let record = try Record(home)
        let isThere = try poll(40, every: 0.2) {
            try Set(record.versions(plan.id).map(\.trial)).count >= plan.trials
        }
        let versions = try record.versions(plan.id)
        check(isThere, "I15: \(versions.count) versions of \(plan.trials) trials")
        for trial in try record.trials(plan.id) {
            let mine = versions.filter { $0.trial == trial.number }
            check(mine.count == 1, "I15: trial \(trial.number) has \(mine.count) versions")
            check(
                mine.allSatisfy { $0.attempt == trial.attempt },
                "I15: trial \(trial.number)'s artifact is of attempt \(mine.map(\.attempt)), its result of \(trial.attempt)"
            )
        }
        for version in versions { checkContents(of: version, plan) }
        let parts = home.artifacts + "/parts"
        check(
            poll(5) { Files.names(parts).isEmpty }, "I15: halves of contents are left: \(Files.names(parts).prefix(2))")
    }

    func checkContents(of version: Record.Version, _ plan: Plan) {
        guard let x = (try? Record(home).trials(plan.id))?.first(where: { $0.number == version.trial })?.x else {
            return
        }
        let wanted = Set(["weights", "x"])
        check(
            Set(version.files.map(\.path)) == wanted, "I15: \(version.name):v\(version.version) holds \(version.files)")
        for file in version.files {
            let path = "\(home.artifacts)/\(file.digest.prefix(2))/\(file.digest.dropFirst(2))"
            let bytes = Array(FileManager.default.contents(atPath: path) ?? Data())
            let isRight =
                file.path == "x"
                ? bytes == Array("\(x)\n".utf8)
                : bytes.count == file.size && bytes.count.isMultiple(of: 1024)
                    && bytes.indices.allSatisfy { index in
                        let (block, place) = (index >> 10, index & 1023)
                        return bytes[index]
                            == UInt8(truncatingIfNeeded: place * 31 + x * 17 + block * 7 + (block >> 8) * 3)
                    }
            check(isRight, "I15: \(file.path) of trial \(version.trial) has other bytes (\(bytes.count))")
        }
    }
}
