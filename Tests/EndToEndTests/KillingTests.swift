import FoundationEssentials
import Glibc
import SweepModel
import SweepWire
import Testing

/// Processes die at bad moments: nothing is lost, nothing runs twice.
@Suite(.serialized) struct KillingTests {
    /// Each trial notes its start, waits for the file `go`, reports, and ends.
    private let script = """
        echo "$SWEEP_TRIAL_ID $SWEEP_ATTEMPT" >> starts
        echo '{"step": 1, "loss": 5}'
        while [ ! -e go ]; do sleep 0.05; done
        echo '{"step": 2, "loss": 4}'
        """

    private let yaml = """
        method: grid
        metric: {name: loss}
        command: [sh, wait.sh]
        parameters: {x: {values: [1, 2, 3, 4]}}
        """

    private func starts(_ home: Home) -> [Substring] {
        Program.text(home.project + "/starts").split(separator: "\n")
    }

    @Test func `a killed controller comes back, and its trials never noticed`() async throws {
        let home = try Home()
        try home.write("wait.sh", script)
        let sweep = try await home.create(yaml)
        let agent = try home.start("agent", "--sweep", sweep, "--slots", "2")
        #expect(try await poll { starts(home).count == 2 }, "\(agent.error)")
        let controller = try #require(ControllerFile.read(home.home))
        kill(pid_t(controller.pid), SIGKILL)
        #expect(try await poll { kill(pid_t(controller.pid), 0) != 0 })
        // The trials end while nobody listens.
        try home.write("go", "")
        try await home.sweep("controller", "start")
        let trials = try await home.finished(sweep)
        #expect(trials.map(\.state) == ["completed", "completed", "completed", "completed"])
        #expect(trials.allSatisfy { $0.objective == 4 && $0["attempt"] == 1 })
        #expect(starts(home).count == 4)
    }

    @Test func `a killed agent's trials go on, and its successor reports them`() async throws {
        let home = try Home()
        try home.write("wait.sh", script)
        let sweep = try await home.create(yaml)
        let first = try home.start("agent", "--sweep", sweep, "--slots", "2", "--name", "box")
        #expect(try await poll { starts(home).count == 2 }, "\(first.error)")
        first.signal(SIGKILL)
        try await first.wait()
        let second = try home.start("agent", "--sweep", sweep, "--slots", "2", "--name", "box")
        try home.write("go", "")
        #expect(try await second.wait(90) == 0, "\(second.error)")
        let trials = try await home.trials(sweep)
        #expect(trials.map(\.state) == ["completed", "completed", "completed", "completed"])
        #expect(trials.allSatisfy { $0["attempt"] == 1 && $0.objective == 4 })
        #expect(starts(home).count == 4)
    }

    @Test func `an agent that is told to go hands its trials back`() async throws {
        let home = try Home()
        try home.write("wait.sh", script)
        let sweep = try await home.create(yaml)
        let first = try home.start("agent", "--sweep", sweep, "--name", "one")
        #expect(try await poll { starts(home).count == 1 }, "\(first.error)")
        first.signal(SIGTERM)
        #expect(try await first.wait(60) != nil)
        #expect(home.trialProcesses().isEmpty)
        try home.write("go", "")
        let second = try home.start("agent", "--sweep", sweep, "--name", "two")
        #expect(try await second.wait(90) == 0, "\(second.error)")
        let trials = try await home.trials(sweep)
        #expect(trials.allSatisfy { $0.state == "completed" })
        #expect(trials.first?["attempt"] == 2)
    }

    @Test func `the first Ctrl-C drains, the second ends the trials`() async throws {
        let home = try Home()
        try home.write("wait.sh", script)
        let sweep = try await home.create(yaml)
        let agent = try home.start("agent", "--sweep", sweep)
        #expect(try await poll { starts(home).count == 1 }, "\(agent.error)")
        agent.signal(SIGINT)
        #expect(try await poll { agent.error.lowercased().contains("ctrl-c") }, "\(agent.error)")
        #expect(agent.exit == nil)
        agent.signal(SIGINT)
        #expect(try await agent.wait(60) != nil)
        #expect(home.trialProcesses().isEmpty)
        #expect(starts(home).count == 1)
    }

    @Test func `cancel ends live trials at once`() async throws {
        let home = try Home()
        try home.write("wait.sh", script)
        let sweep = try await home.create(yaml)
        let agent = try home.start("agent", "--sweep", sweep, "--slots", "2")
        #expect(try await poll { starts(home).count == 2 }, "\(agent.error)")
        try await home.sweep("cancel", sweep)
        #expect(try await agent.wait(60) == 0, "\(agent.error)")
        let trials = try await home.trials(sweep)
        #expect(trials.allSatisfy { $0.state == "cancelled" })
        #expect(home.trialProcesses().isEmpty)
    }

    @Test func `a second controller on the same home is refused and told which runs`() async throws {
        let home = try Home()
        try await home.sweep("controller", "start")
        let pid = try #require(ControllerFile.read(home.home)).pid
        let second = try home.start("sweep", "controller", "--port", "0")
        let code = try await second.wait(30)
        #expect(code != nil && code != 0)
        #expect(second.error.contains("\(pid)"), "\(second.error)")
        try await home.sweep("controller", "stop")
        #expect(try await poll { kill(pid_t(pid), 0) != 0 })
        #expect(ControllerFile.read(home.home) == nil)
    }

    @Test func `a port in use is said so`() async throws {
        let first = try Home()
        try await first.sweep("controller", "start")
        let port = try #require(ControllerFile.read(first.home)).port
        let second = try Home()
        let controller = try second.start("sweep", "controller", "--port", "\(port)")
        let code = try await controller.wait(30)
        #expect(code != nil && code != 0)
        #expect(controller.error.contains("\(port)"), "\(controller.error)")
    }
}
