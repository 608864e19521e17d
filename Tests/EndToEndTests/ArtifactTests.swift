import FoundationEssentials
import SweepModel
import SweepWire
import Testing

/// What trials leave in their artifact folders, with the built programs.
@Suite(.serialized) struct ArtifactTests {
    private let yaml = """
        program: train.sh
        method: grid
        metric: {name: loss, goal: minimize}
        command: [sh, "${program}", "${args}"]
        parameters:
          x: {values: [3, 1, 2]}
        """

    private let script = """
        for argument in "$@"; do case $argument in --x=*) x=${argument#--x=} ;; esac; done
        mkdir -p "$SWEEP_ARTIFACTS_DIR/model/inner"
        printf 'weights %s' "$x" > "$SWEEP_ARTIFACTS_DIR/model/inner/weights"
        printf 'the same' > "$SWEEP_ARTIFACTS_DIR/model/shared"
        printf '{"x": %s}' "$x" > "$SWEEP_ARTIFACTS_DIR/model/metadata.json"
        ln -s /etc/passwd "$SWEEP_ARTIFACTS_DIR/model/link"
        echo "loss=$x"
        """

    /// Waits until `sweep artifact ls` has `count` versions.
    private func artifacts(_ home: Home, _ count: Int) async throws -> [ParameterValue] {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            if case .list(let rows)? = try JSONParser.parse(try await home.sweep("artifact", "ls", "--json"))[
                "artifacts"],
                rows.count >= count || ContinuousClock.now > deadline
            {
                #expect(rows.count == count)
                return rows
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func files(_ folder: String) -> [String] {
        FileManager.default.enumeratorPaths(folder)
    }

    @Test func `what a trial leaves becomes a version, and best is the best trial's`() async throws {
        let home = try Home()
        try home.write("train.sh", script)
        let sweep = try await home.create(yaml)
        let agent = try home.start("agent", "--sweep", sweep, "--slots", "1")
        #expect(try await agent.wait(60) == 0, "\(agent.error)")
        let rows = try await artifacts(home, 3)
        #expect(Set(rows.map { $0["name"]?.string }) == ["model"])
        #expect(Set(rows.compactMap { $0["metadata"]?["x"]?.number }) == [1, 2, 3])
        #expect(agent.error.contains("link") || agent.output.contains("link"))

        let folder = home.project + "/best"
        try await home.sweep("artifact", "get", "model:best", "-o", folder)
        #expect(try String(contentsOfFile: folder + "/inner/weights", encoding: .utf8) == "weights 1")
        #expect(files(folder) == ["inner/weights", "metadata.json", "shared"])
        // Three manifests, weights and metadata, and one file that all have.
        #expect(files(home.home.path + "/artifacts").count == 10)

        // Put back by hand as a person's, it is stored once.
        try await home.sweep("artifact", "put", folder, "--name", "released", "--alias", "prod")
        #expect(files(home.home.path + "/artifacts").count == 10)
        try await home.sweep("artifact", "get", "released:prod", "-o", home.project + "/again")
        #expect(files(home.project + "/again") == files(folder))
        let shown = try await home.sweep("artifact", "show", "\(sweep)/model:v1")
        #expect(shown.contains(sweep))

        // A sweep that is deleted takes what only it had with it.
        try await home.sweep("delete", sweep, "--yes")
        let freed = try JSONParser.parse(try await home.sweep("artifact", "gc", "--json"))
        #expect(freed["kept_contents"] == 4)
        #expect(files(home.home.path + "/artifacts").count == 4)
        try await home.sweep("artifact", "rm", "released")
        #expect(files(home.home.path + "/artifacts").isEmpty)
        try await home.sweep("artifact", "get", "released", expecting: 1)
    }

    @Test func `of what is not kept the versions go when trials end, and gc frees them`() async throws {
        let home = try Home()
        try home.write("train.sh", script)
        let sweep = try await home.create(yaml + "\nkeep: best 1\n")
        let agent = try home.start("agent", "--sweep", sweep, "--slots", "1")
        #expect(try await agent.wait(60) == 0, "\(agent.error)")
        let deadline = ContinuousClock.now + .seconds(30)
        var rows: [ParameterValue] = []
        repeat {
            try await Task.sleep(for: .milliseconds(100))
            guard
                case .list(let now)? = try JSONParser.parse(try await home.sweep("artifact", "ls", "--json"))[
                    "artifacts"]
            else { continue }
            rows = now
        } while (rows.count != 1 || rows.first?["metadata"]?["x"]?.number != 1) && ContinuousClock.now < deadline
        #expect(rows.map { $0["metadata"]?["x"]?.number } == [1])
        let freed = try JSONParser.parse(try await home.sweep("artifact", "gc", "--json"))
        // Two manifests, weights and metadata.
        #expect(freed["contents"] == 6)
        #expect((freed["freed_bytes"]?.number ?? 0) > 0)
        #expect(files(home.home.path + "/artifacts").count == 4)
        try await home.sweep("artifact", "get", "model:best", "-o", home.project + "/kept")
        #expect(try String(contentsOfFile: home.project + "/kept/inner/weights", encoding: .utf8) == "weights 1")
    }

    @Test func `trials are given artifacts, which is noted, and one that is missing is an error`() async throws {
        let home = try Home()
        try home.write("words", "one two three")
        try await home.sweep("artifact", "put", "words", "--name", "dataset")
        try home.write(
            "train.sh",
            """
            mkdir -p "$SWEEP_ARTIFACTS_DIR/dataset"
            tr a-z A-Z < "$SWEEP_INPUT_ARTIFACTS_DIR/data/words" > "$SWEEP_ARTIFACTS_DIR/dataset/words"
            echo bad > "$SWEEP_INPUT_ARTIFACTS_DIR/data/words" || echo kept
            echo loss=1
            """)
        let sweep = try await home.create(yaml + "\nuse_artifact: {name: dataset:latest, as: data}\n")
        let agent = try home.start("agent", "--sweep", sweep, "--slots", "1")
        #expect(try await agent.wait(60) == 0, "\(agent.error)")
        // The sweep makes an artifact of the same name, which its next trials are not given.
        let rows = try await artifacts(home, 4)
        let folder = home.project + "/upper"
        for version in 0..<3 {
            try await home.sweep("artifact", "get", "\(sweep)/dataset:v\(version)", "-o", folder)
            #expect(try String(contentsOfFile: folder + "/words", encoding: .utf8) == "ONE TWO THREE")
        }
        let given = try #require(rows.first { $0["sweep"] == .null })
        guard case .list(let uses)? = given["used_by"] else { throw Program.Failure("no uses") }
        #expect(uses.compactMap { $0["trial"]?.string }.sorted() == (1...3).map { "\(sweep)-\($0)" })
        let lineage = try await home.sweep("artifact", "lineage", "dataset:v0")
        #expect(lineage.contains("\(sweep)-2") && lineage.contains("\(sweep)/dataset:v1"))
        // A missing one is said before anything is started; one that goes missing ends the trial.
        try home.write("other.yaml", yaml + "\nuse_artifact: [nothing:v1]\n")
        let refused = try home.start("sweep", "create", "other.yaml")
        #expect(try await refused.wait(30) == 1)
        #expect(refused.error.contains("use_artifact: there is no artifact 'nothing'"))
        try await home.sweep("artifact", "put", "words", "--name", "vocabulary")
        let late = try await home.create(yaml + "\nuse_artifact: [vocabulary:v0]\n")
        try await home.sweep("artifact", "rm", "vocabulary:v0")
        let last = try home.start("agent", "--sweep", late, "--slots", "1", "--count", "1")
        _ = try await last.wait(60)
        let trials = try await home.trials(late)
        #expect(trials.first?.reason.contains("there is no artifact 'vocabulary'") == true, "\(trials)")
    }
}

extension FileManager {
    /// The paths of all files below a folder, from there.
    fileprivate func enumeratorPaths(_ folder: String) -> [String] {
        ((try? subpathsOfDirectory(atPath: folder)) ?? []).filter { path in
            var isFolder = false
            return fileExists(atPath: folder + "/" + path, isDirectory: &isFolder) && !isFolder
        }.sorted()
    }
}
