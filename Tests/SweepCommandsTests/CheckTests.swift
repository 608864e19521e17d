import SweepCommands
import SweepModel
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
}
