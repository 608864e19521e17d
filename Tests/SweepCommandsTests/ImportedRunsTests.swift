import Foundation
import SweepModel
import SweepSearch
import SweepSpec
import SweepStore
import SweepWire
import Testing

@testable import SweepCommands

@Suite struct ImportedRunsTests {
    private func value(_ text: String) throws -> ParameterValue { try JSONParser.parse(text) }

    @Test func `a journal is replayed, in its event form and its form of finished trials`() throws {
        var replay = OptunaReplay()
        for line in [
            #"{"op_code":0,"worker_id":"w","study_name":"s","directions":[2]}"#,
            #"{"op_code":4,"worker_id":"w","study_id":0,"datetime_start":"2026-11-23T10:00:00.5+00:00"}"#,
            #"{"op_code":5,"worker_id":"w","trial_id":0,"param_name":"o","param_value_internal":1,"distribution":"{\"name\": \"CategoricalDistribution\", \"attributes\": {\"choices\": [\"adam\", \"sgd\"]}}"}"#,
            #"{"op_code":5,"worker_id":"w","trial_id":0,"param_name":"n","param_value_internal":3.0,"distribution":"{\"name\": \"IntDistribution\", \"attributes\": {}}"}"#,
            #"{"op_code":7,"worker_id":"w","trial_id":0,"step":2,"intermediate_value":NaN}"#,
            #"{"op_code":6,"worker_id":"w","trial_id":0,"state":1,"values":[0.5],"datetime_complete":"2026-11-23T10:00:01"}"#,
            #"{"op_code":4,"worker_id":"w","study_id":0,"state":3,"params":{"x":0.25},"distributions":{"x":"{\"name\":\"FloatDistribution\"}"},"intermediate_values":{"0":1.5}}"#,
            #"{"op_code":5,"worker_id":"w","trial_id":77,"param_name":"n","param_value_internal":3.0}"#,
            #"{"op_code":6,"worker_id":"w","trial_id":1e300}"#,
        ] {
            replay.take(try value(line))
        }
        #expect(replay.studies.map(\.name) == ["s"])
        #expect(replay.studies.first?.goals == [.maximize])
        let first = try #require(replay.trials.first?.trial)
        #expect(first.state == .completed)
        #expect(first.parameters.map(\.value) == ["sgd", 3])
        #expect(first.values == [0.5])
        #expect(first.intermediate[2]?.isNaN == true)
        #expect(first.started?.milliseconds == 1_795_428_000_000)
        #expect(replay.trials.last?.trial.state == .failed)
        #expect(replay.trials.last?.trial.intermediate == [0: 1.5])
    }

    @Test func `the file of imported runs is one that reads`() throws {
        func run(_ x: ParameterValue, _ name: String) -> ImportedRun {
            var run = ImportedRun(name: "r")
            run.setParameter("x", x)
            run.setParameter("opt", .object([.init("name", .string(name)), .init("n", 2)]))
            run.setParameter("bad name", 1)
            run.add(Report(step: 0, time: Timestamp(milliseconds: 5), metrics: ["val/loss": 0.5]))
            return run
        }
        let objective = Objective(metric: "val/loss", goal: .maximize)
        let yaml = ImportedFile.yaml([run(0.5, "a"), run(2, "b\"'")], objective: objective)
        let result = SpecParser.parse(yaml)
        let spec = try #require(result.spec, "\(result.errors)")
        #expect(spec.objective?.metric == "val/loss")
        #expect(spec.objective?.goal == .maximize)
        #expect(spec.space.parameters.map(\.name).sorted() == ["opt.n", "opt.name", "x"])
        #expect(SpecParser.parse(ImportedFile.yaml([ImportedRun(name: "e")], objective: nil)).spec != nil)
        #expect(run(1, "a").trial(number: 1, objective: objective).objective == 0.5)
    }

    @Test func `reports are sent in pages that fit a line`() {
        var run = ImportedRun(name: "r")
        let wide = Dictionary(uniqueKeysWithValues: (0..<3_000).map { ("metric-with-a-long-name-\($0)", 0.5) })
        for step in 0..<2_500 {
            run.add(Report(step: step, time: Timestamp(milliseconds: 5), metrics: step < 5 ? wide : ["a": 1]))
        }
        #expect(run.pages.joined().count == 2_500)
        #expect(run.pages.allSatisfy { $0.count <= 1_000 })
        #expect(run.pages.count > 5)
    }

    @Test func `what Optuna would load is written`() throws {
        let id = SweepID("bcdfghjk")
        let yaml = """
            method: random
            metric: {name: loss}
            command: [a]
            parameters:
              lr: {distribution: log_uniform_values, min: 1e-5, max: 0.1}
              opt: {values: [adam, sgd]}
              n: {min: 1, max: 9}
            """
        let sweep = SweepRow(
            id: id, name: "s", state: .finished, method: "random", metric: "loss", goal: .minimize, priority: 0,
            created: Timestamp(milliseconds: 0), yaml: yaml)
        let rows = [
            TrialRow(
                id: TrialID(id, 2), state: .failed, params: [.init("lr", 0.01), .init("opt", "adam"), .init("n", 2)],
                point: 2),
            TrialRow(
                id: TrialID(id, 1), state: .completed, params: [.init("lr", 0.01), .init("opt", "sgd"), .init("n", 3)],
                objective: 0.5, started: Timestamp(milliseconds: 0), ended: Timestamp(milliseconds: 1_500), point: 1),
        ]
        let points = [1: [PointLines.Point(metric: "loss", step: 4, time: 0, value: 0.5)]]
        let lines = try OptunaJournal(sweep, rows, points: points).lines.map {
            try JSONParser.parse($0.dropLast().map { $0 })
        }
        #expect(lines.count == 3)
        #expect(lines[0]["directions"] == [1])
        #expect(lines[1]["params"]?["opt"]?.number == 1)
        #expect(lines[1]["value"] == 0.5)
        #expect(lines[1]["intermediate_values"]?["4"] == 0.5)
        #expect(lines[1]["datetime_complete"] == "1970-01-01T00:00:01.500+00:00")
        #expect(lines[2]["state"] == 3)
        var replay = OptunaReplay()
        for line in lines { replay.take(line) }
        #expect(replay.trials.first?.trial.parameters.first { $0.name == "opt" }?.value == "sgd")
        let law = try JSONParser.parse(lines[1]["distributions"]?["lr"]?.string ?? "")
        #expect(law["attributes"]?["log"] == true)
        #expect(law["attributes"]?["low"]?.number == 1e-5)
    }
}
