import SweepModel
import SweepSearch
import SweepSpec
import Testing

@Suite struct SpecEditorTests {
    private static let yaml = """
        # What we look for.
        method: random
        metric: {name: loss, goal: minimize}
        run_cap: 40  # a first look
        command: [python3, train.py, "${args}"]
        parameters:
          # The rate.
          lr:
            distribution: log_uniform_values
            min: 0.0001
            max: 0.1
          # In samples.
          batch: {values: [16, 32, 64]}

        # The end.

        """

    private func edit(_ yaml: String = yaml, _ change: (inout EditRequest) -> Void) throws -> EditedSpec {
        var request = EditRequest(key: "k")
        change(&request)
        return try SpecEditor.edit(yaml, by: request)
    }

    @Test func `the cap is raised in place, all else stays as it was written`() throws {
        let edited = try edit { $0.runCap = "60" }
        #expect(edited.yaml == Self.yaml.replacing("run_cap: 40  # a first look", with: "run_cap: 60"))
        #expect(edited.changes == ["run cap: 40 → 60"])
        #expect(edited.spec.runCap == 60)
        #expect(try edit { $0.runCap = "none" }.spec.runCap == nil)
    }

    @Test func `other points to begin with are refused, as many as they are`() throws {
        let before = Self.yaml.replacing("run_cap", with: "initial: [{lr: 0.01, batch: 16}]\nrun_cap")
        #expect(throws: SweepError.self) {
            try edit(before) { $0.yaml = before.replacing("lr: 0.01,", with: "lr: 0.02,") }
        }
        #expect(try edit(before) { $0.yaml = before.replacing("40", with: "50") }.changes == ["run cap: 40 → 50"])
    }

    @Test func `values and ranges change with their comments kept`() throws {
        let edited = try edit {
            $0.drop = ["batch=64"]
            $0.add = ["batch=128"]
            $0.range = ["lr=1e-3:0.05"]
        }
        #expect(edited.yaml.contains("# The rate.") && edited.yaml.contains("# In samples."))
        #expect(edited.yaml.contains("min: 0.001") && edited.yaml.contains("max: 0.05"))
        #expect(edited.yaml.contains("batch: {values: [16, 32, 128]}"))
        #expect(edited.changes.count == 2)
        #expect(edited.changes.contains("batch: [16, 32, 64] → [16, 32, 128]"))
    }

    @Test func `a file in one line is written anew`() throws {
        let edited = try edit("{method: random, command: [a], parameters: {x: {values: [1, 2]}}}") {
            $0.drop = ["x=2"]
            $0.budget = "4h"
        }
        #expect(edited.spec.timeBudget == 14400)
        #expect(edited.spec.space.parameters[0].distribution.valueCount == 1)
    }

    @Test func `regions are excluded and allowed again`() throws {
        let first = try edit { $0.exclude = ["batch = 64 and lr > 0.01"] }
        #expect(first.spec.excluded.map(\.text) == ["batch = 64 and lr > 0.01"])
        let second = try edit(first.yaml) { $0.include = ["batch = 64 and lr > 0.01"] }
        #expect(second.spec.excluded.isEmpty)
        #expect(second.changes == ["allowed again: batch = 64 and lr > 0.01"])
    }

    @Test func `points to try are completed`() throws {
        let edited = try edit { $0.tries = ["{lr: 1e-3}"] }
        #expect(edited.points.count == 1)
        #expect(edited.points[0].values.allSatisfy { $0 != nil })
        #expect(edited.changes == ["try {lr: 1e-3}"])
    }

    @Test func `early stopping comes and goes`() throws {
        let edited = try edit { $0.stop = "{type: hyperband, min_iter: 3}" }
        #expect(edited.spec.earlyTerminate?.type == "hyperband")
        #expect(try edit(edited.yaml) { $0.stop = "none" }.spec.earlyTerminate?.type == "none")
    }

    static let refused: [(String, @Sendable (inout EditRequest) -> Void, String)] = [
        ("a wrong cap", { $0.runCap = "-3" }, "whole number above 0"),
        ("no parameter", { $0.drop = ["bach=16"] }, "no parameter 'bach'"),
        ("no value", { $0.drop = ["batch=48"] }, "no such value"),
        ("the last value", { $0.drop = ["batch=[16, 32, 64]"] }, "no value of 'batch' would be left"),
        ("a value of a range", { $0.add = ["lr=3"] }, "no list of values"),
        ("a known value", { $0.add = ["batch=16"] }, "that value already"),
        ("ends swapped", { $0.range = ["lr=1:0.1"] }, "not below"),
        ("no numbers", { $0.range = ["lr=low:high"] }, "no two numbers"),
        ("a wrong region", { $0.exclude = ["batch ="] }, "--exclude 'batch ='"),
        ("everything", { $0.exclude = ["batch > 0"] }, "leaves nothing over"),
        ("a wrong point", { $0.tries = ["{lr: 7}"] }, "never has the value"),
        ("another metric", { $0.yaml = SpecEditorTests.yaml.replacing("name: loss", with: "name: acc") }, "'metric'"),
        (
            "another program", { $0.yaml = SpecEditorTests.yaml.replacing("train.py", with: "b.py") },
            "what a trial runs"
        ),
        ("another method", { $0.yaml = SpecEditorTests.yaml.replacing("random", with: "sobol") }, "'method'"),
        (
            "one parameter less", { $0.yaml = SpecEditorTests.yaml.replacing("  batch:", with: "  size:") },
            "'batch' is gone"
        ),
        ("no YAML", { $0.yaml = "method: [" }, "new file:1"),
        ("nothing", { $0.runCap = "40" }, "changes nothing"),
        ("a wrong rule", { $0.stop = "asha: [" }, "--stop"),
    ]

    @Test(arguments: refused.indices) func `what cannot be changed is refused with its place`(index: Int) {
        let (name, change, part) = Self.refused[index]
        let error = #expect(throws: SweepError.self, "\(name)") { _ = try edit { change(&$0) } }
        #expect(error?.message.contains(part) == true, "\(name): \(error?.message ?? "")")
        #expect(error?.remedy != nil)
    }
}
