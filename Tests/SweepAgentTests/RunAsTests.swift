import Glibc
import SweepModel
import SweepRecord
import SweepWire
import Testing
import TrialShim

@testable import SweepAgent

/// `--run-as`: with real processes where this is root.
@Suite struct RunAsTests {
    private static let isRoot = geteuid() == 0
    private static let account = "nobody"

    @Test(.enabled(if: !isRoot)) func `an agent that is not root says so`() {
        let error = #expect(throws: SweepError.self) { try RunAs.find(Self.account) }
        #expect(error?.message.contains("root") == true)
    }

    @Test(.enabled(if: isRoot)) func `an account that is not there, and root's own, are refused`() {
        #expect(throws: SweepError.self) { try RunAs.find("no-such-account-here") }
        #expect(throws: SweepError.self) { try RunAs.find("root") }
    }

    @Test(.enabled(if: isRoot))
    func `a trial is the other account, has its files, and cannot touch the agent's`() throws {
        let folder = try TemporaryFolder()
        // mkdtemp's folder is root's alone, and is no part of the agent's home.
        chmod(folder.path, 0o755)
        let home = folder.path + "/home"
        let attempt = AttemptFolder(path: home + "/agents/a/attempts/t-1")
        let runAs = try RunAs.find(Self.account)
        try DiskFile.makeFolder(home)
        try DiskFile.write(home + "/secret", Array("s".utf8))
        try runAs.openWay(to: home + "/agents/a/attempts", home: home)
        let script = """
            id -u; id -g; echo "$HOME"
            cat "$SWEEP_PARAMS_FILE"; echo
            echo '{"loss":1}' >> "$SWEEP_METRICS_FILE" && echo metrics
            echo x > "$SWEEP_CHECKPOINT_DIR/model" && echo checkpoint
            for file in ../../../../secret launch spool.jsonl run.lock; do
                cat "$FOLDER/$file" 2>/dev/null && echo READ
                (echo x > "$FOLDER/$file") 2>/dev/null && echo WROTE
            done
            ls "$FOLDER/.." >/dev/null 2>&1 && echo LISTED
            kill -9 $PPID 2>/dev/null && echo KILLED
            true
            """
        let context = LaunchContext(
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/root", "AWS_SECRET": "s"], directory: "/",
            folder: attempt,
            rules: LaunchRules(inherited: InheritedEnvironment(patterns: []), runAs: runAs))
        var assignment = Assignment.example(
            ["/bin/sh", "-c", script], environment: ["FOLDER": attempt.path])
        assignment.parameters = [.init("lr", 0.5)]
        let plan = try LaunchPlan.make(assignment, context)
        #expect(plan.environment["AWS_SECRET"] == nil)
        let launcher = Launcher()
        try launcher.prepare(plan, assignment)
        var server: Launcher.ShimServer?
        let started = try launcher.start(attempt, by: &server)
        defer {
            close(started.pidfd)
            if let server { launcher.stop(server) }
        }
        var file = pollfd(fd: started.pidfd, events: Int16(POLLIN), revents: 0)
        #expect(poll(&file, 1, 60_000) == 1)
        let record = try #require(ExitRecord.read(attempt))
        #expect(record.error == nil)
        #expect(record.code == 0)
        #expect(
            text(attempt.output)
                == "\(runAs.user)\n\(runAs.group)\n\(runAs.home)\n{\"lr\":0.5}\nmetrics\ncheckpoint\n")
        var status = stat()
        #expect(stat(attempt.checkpoints + "/model", &status) == 0 && status.st_uid == runAs.user)
    }

    @Test(.enabled(if: isRoot))
    func `files with metrics are the other account's, or none of the trial's`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("metrics.csv", "step,loss\n1,0.5\n")
        let user = try RunAs.find(Self.account).user
        func readings() -> Int {
            var count = 0
            _ = RecordFile(path, CSVFileSource.self, prefix: "", owner: user).read(limit: 1000) { _ in count += 1 }
            return count
        }
        #expect(readings() == 0)
        #expect(chown(path, user, user) == 0)
        #expect(readings() == 1)
    }

    @Test(.enabled(if: isRoot))
    func `a home that the account cannot reach is refused with the folder in the way`() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: SweepError.self) {
            try RunAs.find(Self.account).openWay(
                to: folder.path + "/home/agents/a/attempts", home: folder.path + "/home")
        }
        #expect(error?.message.contains("cannot enter \(folder.path)") == true)
    }
}
