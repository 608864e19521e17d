import Glibc
import SweepAgent
import SweepModel
import Testing
import TrialShim

/// "Save a checkpoint" as it reaches the processes of a trial.
@Suite struct CheckpointSignalTests {
    let folder: TemporaryFolder
    let attempt: AttemptFolder

    init() throws {
        folder = try TemporaryFolder()
        attempt = AttemptFolder(path: folder.path + "/attempt")
    }

    private func run(_ script: String) async throws -> String {
        let launcher = Launcher()
        let plan = LaunchPlan(
            executable: "/bin/bash", argv: ["bash", "-c", script], directory: folder.path,
            environment: ["PATH": "/usr/bin:/bin"], additions: [:], folder: attempt)
        try launcher.prepare(plan, .example(plan.argv))
        var server: Launcher.ShimServer?
        let started = try launcher.start(attempt, by: &server)
        defer {
            close(started.pidfd)
            if let server { launcher.stop(server) }
        }
        _ = try await eventually("it runs") { text(folder.path + "/up") }
        #expect(trial_shim_pidfd_signal(started.pidfd, TRIAL_SHIM_USER2) == 0)
        _ = try await eventually("it ends") { ExitRecord.read(attempt) }
        return text(attempt.output) ?? ""
    }

    @Test func `who catches it gets it, and who would die of it does not`() async throws {
        // The trainer catches it; its worker does not, and must be there while the trainer saves.
        let output = try await run(
            """
            sleep 30 & worker=$!
            trap 'kill -0 $worker && echo saved with its worker; exit 0' USR2
            touch up
            while :; do sleep 0.05; done
            """)
        #expect(output == "saved with its worker\n")
    }

    @Test func `where nobody catches it, the trial is interrupted`() async throws {
        let output = try await run(
            """
            trap 'echo interrupted; exit 1' INT
            touch up
            while :; do sleep 0.05; done
            """)
        #expect(output == "interrupted\n")
    }
}
