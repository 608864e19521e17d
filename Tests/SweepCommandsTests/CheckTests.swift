import SweepCommands
import SweepModel
import SweepWire
import Testing

@Suite struct CheckTests {
    private let good = """
        program: train.py
        method: grid
        metric: {name: loss, goal: minimize}
        parameters:
          lr: {values: [0.1, 0.01]}
          n: {values: [1, 2, 3]}
        """

    @Test func `a good file shows its space and as many commands as asked for`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("good.yaml", good)
        let ran = await run(["check", "good.yaml", "--commands", "2"], directory: folder.path)
        #expect(ran.code == 0)
        #expect(ran.output.contains("lr"))
        #expect(ran.output.split(separator: "\n").count { $0.contains("train.py") } == 2)
        let json = try JSONParser.parse(await run(["check", "good.yaml", "--json"], directory: folder.path).output)
        #expect(json["version"] == 1)
        guard case .list(let files)? = json["files"] else {
            Issue.record("no files")
            return
        }
        #expect(files.first?["ok"] == true)
        #expect(files.first?["preview"]?["points"] == 6)
    }

    @Test func `all problems of all files are said, with place, and the exit code is 64`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("good.yaml", good)
        try folder.write("bad.yaml", "method: grid\nparameters:\n  lr:\n    valeus: [1]\n")
        let ran = await run(["check", "good.yaml", "bad.yaml", "missing.yaml"], directory: folder.path)
        #expect(ran.code == 64)
        #expect(ran.talk.contains("bad.yaml:4:5"))
        #expect(ran.talk.contains("missing.yaml"))
        #expect(ran.output.contains("good.yaml:"))
        let json = await run(["check", "bad.yaml", "--json"], directory: folder.path)
        #expect(json.code == 64)
        #expect(json.talk.isEmpty)
        #expect(try JSONParser.parse(json.output)["files"] != nil)
    }

    @Test func `create refuses a bad file before it asks for a controller`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("bad.yaml", "method: grid\nparameters:\n  lr:\n    valeus: [1]\n")
        let ran = await run(["create", "bad.yaml"], directory: folder.path)
        #expect(ran.code == 64)
        #expect(ran.talk.contains("bad.yaml:4:5"))
        #expect(await run(["create", "none.yaml"], directory: folder.path).code == 64)
    }

    @Test(arguments: ["create", "run"])
    func `what cannot be started is refused before anything is made`(command: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("agent", "", executable: true)
        try folder.write("custom.yaml", good.replacing("method: grid", with: "method: custom"))
        try folder.write(
            "noprogram.yaml",
            "method: grid\ncommand: [python, '${program}', '${args}']\nparameters:\n  lr: {values: [1]}\n")
        for (file, sentence) in [("custom.yaml", "method 'custom'"), ("noprogram.yaml", "program")] {
            let ran = await run(
                [command, file], environment: ["PATH": folder.path], directory: folder.path)
            #expect(ran.code == 64, "\(ran.talk)")
            #expect(ran.talk.contains("error: "))
            #expect(ran.talk.contains(sentence))
            #expect(ran.output.isEmpty)
        }
    }

    @Test func `create warns of a program that is not where an agent looks`() async throws {
        let folder = try TemporaryFolder()
        try folder.make("sub")
        try folder.write("sub/a.yaml", good)
        try folder.write("sub/train.py", "")
        @Sendable func answer(_ request: ClientRequest) -> FakeController.Answer {
            guard case .create = request else { return Fixtures.answer(request) }
            return .items([Fixtures.item(CreatedSweep(id: Fixtures.sweepID, size: 6))])
        }
        func created(_ file: String, from directory: String) async throws -> (Ran, [ClientRequest]) {
            try await FakeController.with(answering: answer) { controller in
                let ran = await run(
                    ["create", file], environment: ["SWEEP_CONTROLLER": controller.address, "PATH": "/nonexistent"],
                    directory: directory)
                return (ran, controller.requests)
            }
        }
        let (outside, requests) = try await created("sub/a.yaml", from: folder.path)
        #expect(outside.code == 0)
        #expect(outside.talk.contains("warning: program 'train.py' is not in \(folder.path)"))
        #expect(outside.talk.contains("it is beside the sweep file"))
        guard case .create(_, let file, let createdIn, _, _)? = requests.first else {
            Issue.record("nothing was created")
            return
        }
        // The controller finds the file's folder by these.
        #expect(file == folder.path + "/sub/a.yaml")
        #expect(createdIn == folder.path)
        let inside = try await created("a.yaml", from: folder.path + "/sub").0
        #expect(!inside.talk.contains("warning"))
        try folder.write("sub/b.yaml", good + "\nworkdir: .\n")
        #expect(try await !created("sub/b.yaml", from: folder.path).0.talk.contains("warning"))
        try folder.write("sub/c.yaml", good + "\nworkdir: gone\n")
        #expect(try await created("sub/c.yaml", from: folder.path).0.talk.contains("is not in \(folder.path)/sub/gone"))
    }

    @Test func `the agent's own name is suggested where the shell finds the very program`() async throws {
        let folder = try TemporaryFolder()
        try folder.make("real")
        try folder.make("bin")
        try folder.make("old")
        try folder.write("real/agent", "", executable: true)
        try folder.write("old/agent", "", executable: true)
        try folder.link("bin/agent", to: folder.path + "/real/agent")
        func word(_ path: String) -> String {
            AgentProgram(
                session: Session(
                    output: Output(), talk: Output(), environment: ["PATH": path], directory: "/",
                    program: folder.path + "/real/sweep")
            ).word
        }
        #expect(word("/nonexistent:\(folder.path)/bin") == "agent")
        #expect(word("\(folder.path)/old") == "\(folder.path)/real/agent")
        #expect(word("") == "\(folder.path)/real/agent")
    }
}
