import Foundation
import SweepModel
import SweepWire
import Testing

@testable import SweepCommands

@Suite struct ReproduceTests {
    private let id = TrialID(SweepID("bcdfghjk"), 3)
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "reproduce-\(UInt64.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func session() -> Session {
        Session(
            output: Output(), talk: Output(), environment: ProcessInfo.processInfo.environment, directory: folder,
            program: "/nowhere/sweep")
    }

    private func shell(_ text: String) throws {
        let path = folder + "/step.sh"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let child = try ChildProcess(
            "/bin/sh", ["-e", path], environment: ProcessInfo.processInfo.environment, log: folder + "/step.log",
            place: .newGroup)
        let deadline = ContinuousClock.now + .seconds(60)
        while child.ending() == nil, ContinuousClock.now < deadline { usleep(5_000) }
        #expect(child.ending() == .exit(0), "\(LogTail.read(folder + "/step.log", lines: 5))")
    }

    private func overview(_ code: ParameterValue, argv: [String]) -> ParameterValue {
        [
            "command": .list(argv.map { .string($0) }), "directory": .string(folder + "/repo"),
            "parameters": ["lr": 1e-05, "name": "it's"], "seed": 7, "environment": ["EXTRA": "a b"], "code": code,
        ]
    }

    @Test func `the commit, its changes, the parameters and the command come back`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try shell(
            """
            git init -q \(folder)/repo && cd \(folder)/repo
            git config user.email a@b && git config user.name a
            printf 'one\\n' > train.sh && git add . && git commit -qm one
            git rev-parse HEAD > \(folder)/commit
            printf 'cat "$SWEEP_PARAMS_FILE" > "$1"; echo "$EXTRA $SWEEP_SEED" >> "$1"\\n' > train.sh
            git diff HEAD > \(folder)/patch
            git commit -qam two
            """)
        let commit = try String(contentsOfFile: folder + "/commit", encoding: .utf8).trimmed
        let record = try TrialCopy.Record(
            id,
            overview(
                ["root": .string(folder + "/repo"), "commit": .string(commit)],
                argv: ["/bin/sh", folder + "/repo/train.sh", folder + "/out file"]),
            patch: Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/patch"))), requirements: [])
        let copy = TrialCopy(record, folder: folder + "/copy", repository: nil)
        try copy.make(session())
        #expect(try copy.shell(copy.script, session()) == .exit(0))
        #expect(
            try String(contentsOfFile: folder + "/out file", encoding: .utf8)
                == "{\"lr\":1e-05,\"name\":\"it's\"}\na b 7\n")
        #expect(throws: SweepError.self) { try copy.make(session()) }
    }

    @Test func `code that was in no repository comes back from the patch alone`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let patch =
            "diff --git a/t.sh b/t.sh\nnew file mode 100755\n--- /dev/null\n+++ b/t.sh\n@@ -0,0 +1 @@\n+echo done\n"
        let record = try TrialCopy.Record(
            id, overview(.object([]), argv: [folder + "/repo/t.sh"]), patch: Array(patch.utf8), requirements: [])
        let copy = TrialCopy(record, folder: folder + "/copy", repository: nil)
        try copy.make(session())
        #expect(try String(contentsOfFile: folder + "/copy/code/t.sh", encoding: .utf8) == "echo done\n")
        #expect(copy.runScript.contains("exec \(folder)/copy/code/t.sh"))
    }

    @Test(arguments: [
        ("https://host/r.git", "https://host/r.git"), ("git@host:r.git", "git@host:r.git"),
        ("/srv/r.git", "/srv/r.git"),
        ("../r.git", "/home/me/r.git"), ("./sub/r.git", "/home/me/repo/sub/r.git"), ("../../../../r", "/r"),
    ])
    func `a remote that is a path is meant from its repository`(remote: String, address: String) {
        #expect(TrialCopy.address(remote, from: "/home/me/repo") == address)
    }

    @Test func `a commit that is nowhere is told of, and what a record says cannot run by itself`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let record = try TrialCopy.Record(
            id,
            overview(
                [
                    "root": .string("/no'; touch \(folder)/bad; '"), "commit": .string("$(touch \(folder)/bad)"),
                    "remote": "--upload-pack=x",
                ],
                argv: ["$(touch bad)", "; touch bad"]), patch: [], requirements: [])
        let copy = TrialCopy(record, folder: folder + "/copy", repository: nil)
        let error = #expect(throws: SweepError.self) { try copy.make(session()) }
        #expect(error?.remedy?.contains("--repository") == true)
        #expect(!FileManager.default.fileExists(atPath: folder + "/bad"))
        #expect(copy.runScript.contains("exec '$(touch bad)' '; touch bad'"))
    }

    @Test func `two trials differ in parameters, metrics, code and packages`() {
        func facts(_ lr: Double, _ patch: String, _ packages: String) -> TrialFacts {
            TrialFacts(
                TrialRow(
                    id: id, state: .completed, params: [.init("lr", .double(lr)), .init("n", 1)], metrics: ["loss": lr],
                    point: 1),
                files: ["diff.patch": Array(patch.utf8), "requirements.txt": Array(packages.utf8)])
        }
        let patch = "diff --git a/t.py b/t.py\n+x = 1\n"
        let rows = TrialFacts.compare(
            facts(1, patch, "numpy==1.0\ntorch==2.0\n"), facts(2, patch + "+y\n", "numpy==1.1\ntorch==2.0\nwandb==3\n"))
        let changed = rows.filter { $0.first != $0.second }
        #expect(changed.map(\.name) == ["lr", "loss", "t.py", "numpy", "wandb"])
        #expect(changed.last?.first == nil)
        #expect(rows.count == 8)
    }

    @Test func `failures that differ only in numbers are one`() {
        let reasons = [
            "exit code 1: OutOfMemoryError: tried to allocate 20.5 MiB", "killed by signal 9",
            "exit code 1: OutOfMemoryError: tried to allocate 1024 MiB",
        ]
        let rows =
            reasons.enumerated().map { index, reason in
                TrialRow(id: TrialID(id.sweep, index + 1), state: .failed, params: [], reason: reason, point: index + 1)
            }
            + [4, 5].map {
                TrialRow(id: TrialID(id.sweep, $0), state: .completed, params: [], objective: Double($0), point: $0)
            }
        let sweep = SweepRow(
            id: id.sweep, state: .running, method: "random", priority: 0, created: Timestamp(milliseconds: 0))
        let summary = SweepSummary(sweep, rows, now: Timestamp(milliseconds: 0))
        #expect(summary.failures.map(\.trials) == [[1, 3], [2]])
        #expect(summary.mean == 4.5)
        #expect(summary.standardError == 0.5)
        #expect(summary.best == 4)
    }
}
