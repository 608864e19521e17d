import Glibc
import SweepModel
import SweepWire
import Testing

/// `sweep run` when things go wrong around it, with the built programs.
@Suite(.serialized) struct RunTests {
    private func file(_ command: String, values: String = "[1, 2, 3]", more: String = "") -> String {
        """
        method: grid
        metric: {name: loss, goal: minimize}
        command: [sh, -c, "\(command)"]
        parameters:
          x: {values: \(values)}
        \(more)
        """
    }

    /// The last process id that `text` names.
    private func pid(in text: String) -> pid_t? {
        guard let range = text.ranges(of: "(pid ").last else { return nil }
        return pid_t(text[range.upperBound...].prefix { $0.isNumber })
    }

    @Test func `every trial fails: the reasons, grouped, and exit code 3`() async throws {
        let home = try Home()
        try home.write("sweep.yaml", file("echo 'ModuleNotFoundError: No module named torch_geometric' >&2; exit 1"))
        let run = try home.start("sweep", "run", "sweep.yaml")
        #expect(try await run.wait(60) == 3, "\(run.error)")
        let reason = "3 trials failed: exit code 1: ModuleNotFoundError: No module named torch_geometric"
        #expect(run.error.contains(reason), "\(run.error)")
        let wait = try home.start("sweep", "wait")
        #expect(try await wait.wait(60) == 3)
        #expect(wait.error.contains(reason), "\(wait.error)")
    }

    @Test func `while its slots are paused it says what fails, and Ctrl-C ends it`() async throws {
        let home = try Home()
        try home.write("sweep.yaml", file("echo broken >&2; exit 1", values: "[1, 2, 3, 4, 5, 6]"))
        let run = try home.start("sweep", "run", "sweep.yaml")
        #expect(try await poll(30) { run.error.contains("the only slot is paused") }, "\(run.error)")
        #expect(run.error.contains("no trial has completed"))
        #expect(run.error.contains("3 trials failed: exit code 1: broken"))
        #expect(!run.error.contains("ETA"))
        run.signal(SIGINT)
        #expect(try await run.wait(30) == 130, "\(run.error)")
    }

    @Test func `a killed controller and a killed agent are started again`() async throws {
        let home = try Home()
        try home.write("sweep.yaml", file("until [ -e go ]; do sleep 0.1; done; echo loss=1"))
        let run = try home.start("sweep", "run", "sweep.yaml", "--slots", "2")
        #expect(try await poll(30) { home.trialProcesses().count >= 2 }, "\(run.error)")
        let controller = try #require(ControllerFile.read(home.home)?.pid)
        kill(pid_t(controller), SIGKILL)
        #expect(try await poll(40) { run.error.contains("the controller answers again") }, "\(run.error)")
        let agent = try #require(run.error.split(separator: "\n").first { $0.contains("agent of its own") })
        kill(try #require(pid(in: String(agent))), SIGKILL)
        #expect(try await poll(40) { run.error.contains("the agent ended with signal 9; started it") }, "\(run.error)")
        try home.write("go", "")
        #expect(try await run.wait(60) == 0, "\(run.error)")
        #expect(home.trialProcesses().isEmpty)
    }

    @Test func `a controller that is stopped ends it, and its agent with its trials`() async throws {
        let home = try Home()
        try home.write("sweep.yaml", file("sleep 60"))
        let run = try home.start("sweep", "run", "sweep.yaml")
        #expect(try await poll(30) { !home.trialProcesses().isEmpty }, "\(run.error)")
        try await home.sweep("controller", "stop")
        #expect(try await run.wait(60) == 69, "\(run.error)")
        #expect(run.error.contains("the controller was stopped before the sweep was over"))
        #expect(try await poll(30) { home.trialProcesses().isEmpty })
    }

    @Test func `a relative workdir is meant from the file's folder, also by the next controller`() async throws {
        let home = try Home()
        try home.write("sweep.yaml", file("pwd > where; echo loss=1", values: "[1]", more: "workdir: ."))
        let create = try home.start(
            "/usr/bin/env", "-C", "/", Program.folder + "/sweep", "create", home.project + "/sweep.yaml")
        #expect(try await create.wait(60) == 0, "\(create.error)")
        try await home.sweep("controller", "stop")
        try await home.sweep("controller", "start")
        let agent = try home.start("/usr/bin/env", "-C", "/", Program.folder + "/agent", "--count", "1")
        #expect(try await agent.wait(60) == 0, "\(agent.error)")
        #expect(Program.text(home.project + "/where") == home.project + "\n")
    }
}
