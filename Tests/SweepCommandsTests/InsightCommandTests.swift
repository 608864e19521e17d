import Glibc
import SweepCommands
import SweepModel
import SweepWire
import Testing

@Suite struct InsightCommandTests {
    static let yaml = """
        method: bayes
        metric: {name: val_loss, goal: minimize}
        parameters:
          lr: {min: 0.0, max: 1.0}
          layers: {values: [1, 2, 3]}
        """

    /// Thirty trials whose value is that of `lr`, one a second; the last is still running.
    static func rows(_ count: Int = 30) -> [TrialRow] {
        (1...count).map { number in
            let lr = Double((number * 37) % 101) / 101
            let isOpen = number == count
            return TrialRow(
                id: TrialID(Fixtures.sweepID, number), state: isOpen ? .running : .completed, attempt: 1,
                params: [.init("layers", .int(number % 3 + 1)), .init("lr", .double(lr))],
                objective: isOpen ? nil : lr, started: Fixtures.at(Double(100 - number)),
                ended: isOpen ? nil : Fixtures.at(Double(99 - number)), point: number)
        }
    }

    static func answer(_ count: Int = 30) -> @Sendable (ClientRequest) -> FakeController.Answer {
        { request in
            switch request {
            case .list, .show: .items([Fixtures.item(Fixtures.sweep(yaml: yaml))])
            case .trials: .items(rows(count).map { Fixtures.item($0) })
            default: Fixtures.answer(request)
            }
        }
    }

    @Test func `importance ranks the parameters`() async throws {
        let table = try await ask(["importance"], answering: Self.answer()).ran
        #expect(table.code == 0, "\(table.talk)")
        let lines = table.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("parameter") == true)
        #expect(lines.dropFirst().first?.hasPrefix("lr ") == true)
        #expect(table.talk.contains("learnt from 29 trials"))
        let json = try JSONParser.parse(try await ask(["importance", "--json"], answering: Self.answer()).ran.output)
        guard case .list(let parameters)? = json["parameters"] else {
            Issue.record("no parameters")
            return
        }
        #expect(parameters.map { $0["name"] } == ["lr", "layers"])
        #expect((parameters.first?["share"]?.number ?? 0) > 0.6)
        #expect(json["trials"] == 29)
    }

    @Test func `importance of a young sweep says what is missing`() async throws {
        let ran = try await ask(["importance"], answering: Self.answer(6)).ran
        #expect(ran.code == 1)
        #expect(ran.talk == "error: 5 trials have a value, 10 are needed\nhelp: ask again when more trials are done\n")
    }

    @Test func `progress tells the best, the chance of a better one, and the time left`() async throws {
        let text = try await ask(["progress"], answering: Self.answer()).ran.output
        let lines = text.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("best ") && $0.contains("k3f9x2mp-") })
        #expect(lines.contains { $0.hasPrefix("trials ") && $0.contains("29 of 10 ended, 1 open") })
        let json = try JSONParser.parse(
            try await ask(["progress", "--json", "--trials", "5"], answering: Self.answer()).ran.output)
        #expect(json["valued"] == 29)
        #expect(json["forecast"]?["trials"] == 5)
        let chance = try #require(json["forecast"]?["chance"]?.number)
        #expect((0...1).contains(chance))
        let best = Self.rows().compactMap(\.objective).min()
        #expect(json["best"]?.number == best)
    }

    @Test func `progress of a sweep without a value is no error`() async throws {
        let ran = try await ask(["progress"], answering: Self.answer(1)).ran
        #expect(ran.code == 0)
        #expect(ran.output.contains("no trial has a value yet"))
        #expect(try await ask(["progress", "--trials", "0"], answering: Self.answer(1)).ran.code == 64)
    }

    // MARK: Simulate

    static let file = """
        method: random
        run_cap: 30
        metric: {name: loss, goal: minimize}
        parameters:
          opt: {values: [sgd, adam]}
          x: {min: 0.0, max: 1.0}
        """

    /// Runs `sweep simulate` in a folder with `sweep.yaml` and `table.csv`.
    func simulate(_ arguments: [String], table: String = "", file: String = Self.file) async throws -> Ran {
        let folder = "/tmp/sweep-simulate-\(UInt64.random(in: 0 ... .max))"
        mkdir(folder, 0o700)
        let files = ["sweep.yaml": file, "table.csv": table]
        defer {
            for name in files.keys { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        for (name, text) in files {
            let descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT, 0o600)
            defer { close(descriptor) }
            try #require(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
        }
        return await run(["simulate", "sweep.yaml"] + arguments, directory: folder)
    }

    @Test func `simulate compares methods on a formula`() async throws {
        let arguments = [
            "--expression", "(x - 0.3)^2 + if(opt == 'sgd', 0, 1)", "--method", "tpe", "--method", "random",
        ]
        let ran = try await simulate(arguments + ["--runs", "3"])
        #expect(ran.code == 0, "\(ran.talk)")
        let lines = ran.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.map { $0.first } == ["method", "tpe", "random"])
        #expect(lines.first == ["method", "10", "25", "30"])
        let values = lines.dropFirst().map { $0.dropFirst().compactMap(Double.init) }
        #expect(values.allSatisfy { $0.count == 3 && $0 == $0.sorted(by: >) && $0[2] < 0.1 })
        #expect(try await simulate(arguments + ["--runs", "3"]).output == ran.output)
        let json = try JSONParser.parse(try await simulate(arguments + ["--json", "--workers", "4"]).output)
        #expect(json["workers"] == 4 && json["runs"] == 5)
    }

    @Test func `simulate stops and pauses trainings, where the formula names the step`() async throws {
        let file = Self.file + "\nfidelity: {metric: epoch, max: 9, resume: true}\nearly_terminate: {type: asha}\n"
        let ran = try await simulate(
            ["--expression", "(x - 0.3)^2 + 1 / epoch", "--runs", "2", "--method", "random"], file: file)
        #expect(ran.code == 0, "\(ran.talk)")
        #expect(ran.talk.contains("whole trainings (9 epochs)"))
        let lines = ran.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.first?.suffix(3) == ["completed", "stopped", "paused"])
        let ends = try #require(lines.last).suffix(3).compactMap(Double.init)
        #expect(ends.count == 3 && ends[0] >= 1 && ends[1] == 0 && ends.reduce(0, +) == 30)
        let whole = try await simulate(["--expression", "x", "--method", "random"], file: file)
        #expect(whole.talk.contains("only a formula with 'epoch' in it"))
        #expect(whole.code == 0 && !whole.output.contains("paused"))
    }

    @Test func `simulate replays a table`() async throws {
        let table =
            "opt,x,loss\n"
            + (0..<20).map { "\"sgd\",\(Double($0) / 20),\($0)\nadam,\(Double($0) / 20),100" }
            .joined(separator: "\n")
        let ran = try await simulate(["--table", "table.csv", "--budget", "100", "--runs", "1"], table: table)
        #expect(ran.output.split(separator: "\n").last?.split(separator: " ").last == "0")
    }

    @Test(arguments: [
        ([String](), "", "error: give either --table or --expression"),
        (["--expression", "y"], "", "there is no parameter 'y'"),
        (["--expression", "1", "--method", "nonsense"], "", "there is no method 'nonsense'"),
        (["--table", "table.csv"], "", "no header"), (["--table", "table.csv"], "x,opt\n1,2", "no column 'loss'"),
        (["--table", "table.csv"], "x,loss\n1,2", "no column 'opt'"),
        (["--table", "table.csv"], "x,opt,loss\n", "no row"),
        (["--table", "nothing.csv"], "", "cannot be read"), (["--expression", "1", "--runs", "0"], "", "--runs"),
    ])
    func `wrong use of simulate is refused`(_ arguments: [String], _ table: String, _ message: String) async throws {
        let ran = try await simulate(arguments, table: table)
        #expect(ran.code == 64)
        #expect(ran.talk.contains(message), "\(ran.talk)")
        #expect(ran.output.isEmpty)
    }
}
