import FoundationEssentials
import SweepModel
import Testing

/// The sweeps of `SweepConfigs` with their own training scripts, some trials of each. Those in Python need the packages of
/// `SweepConfigs/requirements.txt`, which `Scripts/test` provides.
@Suite(.serialized) struct ExampleRunTests {
    static let examples: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/SweepConfigs"
    }()

    @Test func `shell.yaml needs nothing but sh`() async throws {
        let home = try Home()
        let output = try await home.sweep("run", Self.examples + "/shell.yaml", "--slots", "2", "--json")
        let trials = try Self.trials(output)
        #expect(trials.count == 24)
        #expect(trials.allSatisfy { $0.state == "completed" })
        // The best first: whole steps of four fifths and no momentum reach the minimum.
        #expect(trials.first?.objective == 0)
        #expect(trials.first?["params"]?["momentum"] == 0)
        #expect(trials.first?["params"]?["rate"] == 80)
    }

    @Test(
        .enabled("no python with scikit-learn and lightgbm in PATH") { try await canImport("sklearn, lightgbm") },
        arguments: [
            // A network of this size is better than guessing after any number of epochs; so is boosting.
            ("digits.yaml", 0.15...1.0), ("boosting.yaml", 0.0...0.65), ("extensions.yaml", 0.15...1.0),
        ])
    func `a real model is trained`(file: String, objective: ClosedRange<Double>) async throws {
        let trials = try await run(file, most: 2)
        #expect(trials.count == 2)
        for trial in trials {
            #expect(trial.state == "completed", "\(trial.reason)")
            #expect(trial.objective.map { objective.contains($0) } == true, "\(String(describing: trial.objective))")
        }
    }

    @Test(.enabled("no python in PATH") { try await canImport("argparse") })
    func `a course project's command reaches its script`() async throws {
        let trials = try await run("line_recognizer.yaml", most: 3)
        #expect(trials.count == 3)
        for trial in trials {
            #expect(trial.state == "completed", "\(trial.reason)")
            // Below what guessing among 16 characters gives.
            #expect(trial.objective.map { $0 < 2.78 } == true)
        }
    }

    /// Runs an example with at most so many trials, and gives the leaderboard.
    private func run(_ file: String, most: Int) async throws -> [ParameterValue] {
        let home = try Home()
        let text = Program.text(Self.examples + "/" + file)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("run_cap:") }
        lines = lines.map { $0.hasPrefix("workdir:") ? "workdir: '\(Self.examples)'" : $0 }
        try home.write(file, lines.joined(separator: "\n") + "\nrun_cap: \(most)\n")
        return try Self.trials(try await home.sweep("run", file, "--slots", "2", "--json"))
    }

    private static func trials(_ output: String) throws -> [ParameterValue] {
        guard case .list(let trials) = try JSONParser.parse(output)["trials"] else { return [] }
        return trials
    }
}

/// Whether the `python` that trials find imports these modules.
private func canImport(_ modules: String) async throws -> Bool {
    let home = try Home()
    let python = try Program(
        "/usr/bin/env", ["python", "-c", "import \(modules)"], environment: home.environment, directory: home.project,
        files: home.folder + "/python")
    return try await python.wait(60) == 0
}
