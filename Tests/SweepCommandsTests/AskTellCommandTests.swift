import Glibc
import SweepCommands
import SweepModel
import Testing

@Suite struct AskTellCommandTests {
    static let yaml = """
        method: random
        seed: 7
        run_cap: 3
        metric: {name: loss, goal: minimize}
        parameters:
          lr: {distribution: log_uniform_values, min: 0.001, max: 1.0}
          layers: {values: [1, 2]}
        """

    /// Runs `sweep ask-tell` over a file with `input` on its standard input.
    func ran(_ input: [UInt8], yaml: String = Self.yaml) async throws -> Ran {
        let folder = "/tmp/sweep-ask-tell-\(UInt64.random(in: 0 ... .max))"
        mkdir(folder, 0o700)
        defer {
            unlink("\(folder)/sweep.yaml")
            rmdir(folder)
        }
        try write(Array(yaml.utf8), to: "\(folder)/sweep.yaml")
        // A file rather than a pipe: there is no end to hold open, and no capacity.
        try write(input, to: "\(folder)/input")
        let descriptor = open("\(folder)/input", O_RDONLY)
        unlink("\(folder)/input")
        defer { close(descriptor) }
        try #require(descriptor >= 0)
        return await run(["ask-tell", "sweep.yaml"], directory: folder, input: descriptor)
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }

    @Test func `it answers asks, reports and garbage in their order until its input ends`() async throws {
        let input = #"""
            {"op":"ask"}
            {"op":"ask"}
            what?
            {"op":"report","id":"1","step":1,"value":0.5}
            {"op":"tell","id":"2","value":null}
            {"op":"tell","id":"1","value":0.25}

            {"op":"ask"}
            {"op":"ask"}
            """#
        let ran = try await ran(Array(input.utf8))
        #expect(ran.code == 0, "\(ran.talk)")
        let answers = try ran.output.split(separator: "\n").map { try JSONParser.parse(String($0)) }
        try #require(answers.count == 6)
        #expect(answers[0]["id"] == "1" && answers[1]["id"] == "2" && answers[4]["id"] == "3")
        #expect(answers[0]["params"]?.members?.map(\.key) == ["layers", "lr"])
        #expect(answers[2]["error"]?.string?.hasPrefix("not JSON") == true)
        #expect(answers[3] == ["stop": false])
        #expect(answers[5] == ["done": true])
        #expect(try await self.ran(Array(input.utf8)).output == ran.output)
    }

    @Test func `a line of megabytes is refused and the next one understood`() async throws {
        var input = [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)
        input += Array("\n{\"op\":\"ask\"}\n".utf8)
        let lines = try await ran(input).output.split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines[0].hasPrefix("{\"error\":\"a line of over"))
        #expect(lines[1].hasPrefix("{\"id\":\"1\""))
    }

    @Test func `a bad file ends it with 64 before anything is read`() async throws {
        let ran = try await ran(Array("{\"op\":\"ask\"}\n".utf8), yaml: "method: rondom\nparameters: {}\n")
        #expect(ran.code == 64)
        #expect(ran.output.isEmpty)
        #expect(ran.talk.contains("did you mean 'random'?"))
    }
}
