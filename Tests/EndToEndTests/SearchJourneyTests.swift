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
