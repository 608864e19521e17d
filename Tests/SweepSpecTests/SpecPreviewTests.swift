import SweepModel
import SweepSearch
import SweepSpec
import Testing

@Suite struct SpecPreviewTests {
    @Test func `the preview of a grid shows its space and its first commands`() throws {
        let spec = try #require(
            SpecParser.parse(
                """
                method: grid
                seed: 5
                program: train.py
                metric: {name: acc, goal: maximize, target: 0.9}
                run_cap: 10
                command: ["${env}", "${interpreter}", "${program}", "${args}", "--seed=${seed}"]
                parameters:
                  lr: {values: [0.1, 1e-5]}
                  name: {values: [a, "it's"]}
                  mom: {values: [0.5], when: {lr: 0.1}}
                """
            ).spec)
        let preview = SpecPreview(of: spec, seed: 99, count: 3, interpreter: "python3")
        #expect(preview.problem == nil)
        #expect(
            preview.lines == [
                "method      grid",
                "objective   maximize acc, until 0.9",
                "parameters",
                "  lr    categorical 0.1, 1e-05",
                "  mom   categorical 0.5   when lr is 0.1",
                #"  name  categorical "a", "it's""#,
                "points      4",
                "commands    the first 3",
                "  /usr/bin/env python3 train.py --lr=0.1 --mom=0.5 --name=a --seed=5",
                #"  /usr/bin/env python3 train.py --lr=0.1 --mom=0.5 '--name=it'\''s' --seed=5"#,
                "  /usr/bin/env python3 train.py --lr=1e-05 --name=a --seed=5",
            ])
        #expect(preview.json["points"] == 4)
        #expect(preview.json["trials"] == 4)
        #expect(preview.json["problem"] == .null)
        if case .list(let commands)? = preview.json["commands"] {
            #expect(
                commands.first == [
                    "/usr/bin/env", "python3", "train.py", "--lr=0.1", "--mom=0.5", "--name=a", "--seed=5",
                ])
        } else {
            Issue.record("no commands")
        }
    }

    @Test func `starting points come first, and a grid gives every point once all the same`() throws {
        let yaml = sweep(
            "a: {values: [1, 2, 3]}", "b: {values: [1, 2]}", method: "grid",
            more: "initial: [{a: 3, b: 2}, {a: 1.0, b: 2}]\n")
        let spec = try #require(SpecParser.parse(yaml).spec)
        let preview = SpecPreview(of: spec, seed: 1, count: 9)
        #expect((preview.points, preview.trials) == (6, 6))
        let points = preview.commands.map { $0.suffix(2).joined(separator: " ") }
        #expect(points == ["--a=3 --b=2", "--a=1 --b=2", "--a=1 --b=1", "--a=2 --b=1", "--a=2 --b=2", "--a=3 --b=1"])
        var run = try spec.makeRun(seed: 1)
        var asked: [Point] = []
        while let next = run.ask() { asked.append(next.point) }
        #expect(asked.count == 6)
        #expect(asked.indices.allSatisfy { index in asked[..<index].allSatisfy { !$0.isSame(as: asked[index]) } })
    }

    @Test func `repetitions and the cap bound the trials`() throws {
        let yaml = sweep("a: {values: [1, 2, 3]}", method: "grid", more: "repeat: 2\nrun_cap: 5\n")
        let spec = try #require(SpecParser.parse(yaml).spec)
        let preview = SpecPreview(of: spec, seed: 1, count: 9)
        #expect((preview.points, preview.trials, preview.commands.count) == (3, 5, 5))
        #expect(preview.lines.contains("trials      at most 5"))
    }

    @Test func `the same seed shows the same commands, and the file's seed wins`() throws {
        let yaml = sweep("lr: {min: 0.0, max: 1.0}")
        let spec = try #require(SpecParser.parse(yaml).spec)
        #expect(SpecPreview(of: spec, seed: 1) == SpecPreview(of: spec, seed: 1))
        #expect(SpecPreview(of: spec, seed: 1) != SpecPreview(of: spec, seed: 2))
        var fixed = spec
        fixed.seed = 3
        #expect(SpecPreview(of: fixed, seed: 1) == SpecPreview(of: fixed, seed: 2))
    }

    @Test func `a grid of a million million points is counted, not made`() throws {
        let million = "{min: 1, max: 1000000}"
        let spec = try #require(SpecParser.parse(sweep("a: \(million)", "b: \(million)", method: "grid")).spec)
        let preview = SpecPreview(of: spec, seed: 1)
        #expect(preview.points == 1_000_000_000_000)
        #expect(preview.commands.count == 5)
    }

    @Test func `a method that cannot be started yet is shown with points at random`() throws {
        let spec = try #require(SpecParser.parse(sweep("a: {min: 0.1, max: 9}", method: "custom")).spec)
        let preview = SpecPreview(of: spec, seed: 1)
        #expect(preview.commands.count == 5)
        #expect(preview.problem != nil)
        #expect(preview.lines.last?.hasPrefix("it cannot be started: ") == true)
    }

    @Test func `a missing program is the preview's problem`() throws {
        let spec = try #require(SpecParser.parse("method: grid\nparameters: {a: {value: 1}}").spec)
        let preview = SpecPreview(of: spec, seed: 1)
        #expect(preview.commands.isEmpty)
        #expect(preview.problem?.message == "the command has ${program}, but the sweep names no program")
    }
}
