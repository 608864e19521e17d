import Glibc
import SweepModel
import SweepWire
import Testing

/// The search with the built programs: a model chooses the points, a rule ends the bad ones.
@Suite(.serialized) struct SearchJourneyTests {
    /// The loss falls from 1000 to x in nine steps.
    private let trainer = """
        x=$1
        for step in 1 2 3 4 5 6 7 8 9; do
            echo "step=$step loss=$((x + (1000 - 100 * step)))"
            sleep 0.1
        done
        """

    private let yaml = """
        method: bayes
        seed: 5
        run_cap: 14
        metric: {name: loss, goal: minimize}
        command: [sh, train.sh, "${x}"]
        parameters:
          x: {min: 0, max: 1000}
        early_terminate: {type: asha, min_iter: 1, max_iter: 9, eta: 3}
        """

    private func decisions(_ trials: [ParameterValue]) -> [String: String] {
        var reasons: [String: String] = [:]
        for trial in trials where trial.reason.hasPrefix("stopped at step") {
            reasons[trial["id"]?.string ?? ""] = trial.reason
        }
        return reasons
    }

    @Test func `a bayes sweep stops bad trials early, and a killed controller goes on with the same decisions`()
        async throws
    {
        let home = try Home()
        try home.write("train.sh", trainer)
        let sweep = try await home.create(yaml)
        let agent = try home.start("agent", "--sweep", sweep, "--slots", "2")
        var early: [String: String] = [:]
        let deadline = ContinuousClock.now + .seconds(60)
        while early.isEmpty, ContinuousClock.now < deadline { early = decisions(try await home.trials(sweep)) }
        #expect(!early.isEmpty, "no trial was stopped: \(agent.error)")
        let controller = try #require(ControllerFile.read(home.home))
        kill(pid_t(controller.pid), SIGKILL)
        #expect(try await poll { kill(pid_t(controller.pid), 0) != 0 })
        try await home.sweep("controller", "start")
        let trials = try await home.finished(sweep)
        #expect(trials.count == 14)
        #expect(trials.allSatisfy { ["completed", "pruned"].contains($0.state) && $0["attempt"] == 1 }, "\(trials)")
        let late = decisions(trials)
        for (trial, reason) in early { #expect(late[trial] == reason) }
        #expect(Set(trials.filter { $0.state == "pruned" }.compactMap { $0["id"]?.string }) == Set(late.keys))
        #expect(trials.contains { $0.state == "completed" })
        // The search has found the low end.
        let best = trials.compactMap(\.objective).min() ?? .infinity
        #expect(best < 300, "\(best)")

        let stopped = try #require(late.keys.sorted().first)
        let explained = try await home.sweep("explain", stopped)
        #expect(explained.contains("stopped"))
        #expect(explained.contains("needed"), "\(explained)")
        let document = try JSONParser.parse(try await home.sweep("explain", "\(sweep)-14", "--json"))
        #expect(document["trial"]?["suggestion"]?["origin"]?.string != nil)
    }
}

/// Pause and resume with the built programs, and a script that saves what it has when it is told to.
@Suite(.serialized) struct ResumeJourneyTests {
    /// Keeps its epoch in a checkpoint that it writes on SIGUSR2, and prints where it began. It takes a while to save.
    private let trainer = """
        import json, os, signal, sys, time

        floor = float(sys.argv[1])
        folder = os.environ["SWEEP_CHECKPOINT_DIR"]
        source = os.environ.get("SWEEP_RESUME_FROM")
        epoch = json.load(open(source + "/state.json"))["epoch"] if source else 0
        print("began at", epoch, flush=True)

        def save(*_):
            time.sleep(0.2)
            with open(folder + "/state.tmp", "w") as file:
                json.dump({"epoch": epoch}, file)
            os.rename(folder + "/state.tmp", folder + "/state.json")
            sys.exit(0)

        signal.signal(signal.SIGUSR2, save)
        while epoch < 9:
            epoch += 1
            print(json.dumps({"epoch": epoch, "loss": floor + 100 / epoch}), flush=True)
            # Long enough at a rung that it is stopped there, however busy the machine is; who is stopped does not wait.
            time.sleep(6 if epoch in (1, 3) else 0.1)
        """

    @Test func `trials pause at a rung, and the best of them go on from the checkpoint that they saved`() async throws {
        let home = try Home()
        try home.write("train.py", trainer)
        let sweep = try await home.create(
            """
            method: grid
            metric: {name: loss, goal: minimize}
            command: [python3, train.py, "${x}"]
            parameters:
              x: {values: [3, 1, 2, 5, 4, 6]}
            fidelity: {metric: epoch, max: 9, resume: true}
            early_terminate: {type: asha}
            """)
        _ = try home.start("agent", "--sweep", sweep, "--slots", "1")
        let trials = try await home.finished(sweep)
        #expect(trials.count == 6)
        #expect(Set(trials.map(\.state)) == ["completed", "pruned"])
        let resumed = trials.filter { ($0["attempt"]?.number ?? 0) > 1 }
        #expect(!resumed.isEmpty && resumed.count < 6, "\(trials)")
        // The best is whole, and nothing of it was done twice.
        let best = try #require(trials.first { $0["params"]?["x"] == 1 })
        #expect(best.state == "completed")
        let id = try #require(best["id"]?.string)
        let attempts = Int(best["attempt"]?.number ?? 0)
        #expect(attempts > 1)
        var starts: [Int] = []
        for attempt in 1...max(1, attempts) {
            let log = try await home.sweep("logs", id, "--attempt", "\(attempt)")
            let line = try #require(log.split(separator: "\n").first { $0.hasPrefix("began at") }, "\(log)")
            starts.append(Int(line.dropFirst(9)) ?? -1)
        }
        #expect(starts.first == 0 && starts == starts.sorted() && Set(starts).count == starts.count, "\(starts)")
        #expect(starts.dropFirst().allSatisfy { [1, 3].contains($0) }, "\(starts)")
        let explained = try await home.sweep("explain", id)
        #expect(explained.contains("paused at step"), "\(explained)")
        #expect(explained.contains("went on"), "\(explained)")
        let worst = try #require(trials.first { $0["params"]?["x"] == 6 })
        #expect(worst.state == "pruned" && worst.reason.hasPrefix("paused at step 1"), "\(worst)")
    }
}
