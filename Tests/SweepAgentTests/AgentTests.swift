import Glibc
import NIOPosix
import ServiceLifecycle
import SweepAgent
import SweepModel
import SweepWire
import Synchronization
import Testing

/// An agent in this process with real trials, against a fake controller.
@Suite struct AgentTests {
    let folder: TemporaryFolder
    let controller = FakeController()
    let said = Said()

    init() throws { folder = try TemporaryFolder() }

    /// python3 may be anywhere.
    private var searchPath: String { getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin" }

    final class Said: Sendable {
        let lines = Mutex<[String]>([])
        var all: String { lines.withLock { $0.joined(separator: "\n") } }
    }

    /// Runs `body` beside an agent, and ends the agent as a crash would (its services are cancelled, its trials go on).
    func withAgent(
        slots: Int = 1, count: Int? = nil, grace: Double = 0.3, idleExit: Double? = nil,
        rules: LaunchRules = LaunchRules(), tinyTrial: Double = 0,
        _ body: @escaping @Sendable (Agent) async throws -> Void
    ) async throws {
        var configuration = AgentConfiguration(
            id: AgentID("a1"), incarnation: AgentIdentity.random(), name: "test", host: "here",
            folder: folder.path + "/agent",
            slots: (0..<slots).map { AgentSlot(info: SlotInfo(index: $0)) }, count: count,
            idleExit: idleExit,
            grace: grace, environment: ["PATH": searchPath, "SWEEP_TOKEN": "secret"],
            directory: folder.path, rules: rules)
        configuration.tinyTrial = tinyTrial
        try await withRunningAgent(configuration, home: folder, controller: controller, said: said, body)
    }

    func assign(_ assignment: Assignment) { controller.send(.assign(assignment)) }

    func waitForReady(_ count: Int = 1) async throws {
        _ = try await eventually("the agent offers \(count) slots: \(said.all)") {
            controller.readySlots().count >= count ? true : nil
        }
    }

    func end(of attempt: AttemptID) async throws -> Ended {
        try await eventually("\(attempt) ends: \(said.all)") { controller.ends(attempt).first }
    }

    func attemptFolder(_ assignment: Assignment) -> AttemptFolder {
        AttemptFolder(agentFolder: folder.path + "/agent", attempt: assignment.attempt)
    }

    func isGone(_ path: String) -> Bool { FileLookup.disk.kind(path) == .missing }

    @Test func `an assignment becomes started, reports, the log, ended and a free slot, and leaves nothing behind`()
        async throws
    {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            #expect(controller.hellos.first?.token == "t")
            let assignment = Assignment.example(
                [
                    "sh", "-c",
                    "echo epoch=1 loss=0.5; echo '{\"step\":2,\"acc\":0.9}' >> $SWEEP_METRICS_FILE; cat $SWEEP_PARAMS_FILE; "
                        + "echo; echo token=${SWEEP_TOKEN:-none}; printf 'epoch=2 loss=0.25'; exit 0",
                ], parameters: [.init("lr", 0.1)])
            assign(assignment)
            let ended = try await end(of: assignment.attempt)
            #expect(ended.end.exitCode == 0)
            #expect(ended.end.stopReason == nil)
            #expect(try #require(controller.starts(assignment.attempt).first).argv.first == "sh")
            let reports = controller.reports(assignment.attempt)
            // Its own parameters, echoed, are no metrics.
            #expect(Set(reports.flatMap { $0.metrics.keys }) == ["loss", "acc"])
            #expect(Set(reports.compactMap(\.source)) == ["stdout name=value", "metrics file"])
            #expect(reports.last { $0.metrics["loss"] != nil }?.metrics == ["loss": 0.25])
            let last = controller.messages.compactMap { message -> Int? in
                switch message {
                case .started(let body): body.sequence
                case .report(let body): body.sequence
                case .ended(let body): body.sequence
                default: nil
                }
            }
            #expect(last == Array(1...last.count))
            try await waitForReady(2)
            _ = try await eventually("the folder is removed") { isGone(attemptFolder(assignment).path) ? true : nil }
            #expect(
                controller.state.withLock { $0.logs[assignment.attempt] }
                    == "epoch=1 loss=0.5\n{\"lr\":0.1}\ntoken=none\nepoch=2 loss=0.25")
            // Ended and ready leave together: nothing is between them.
            let messages = controller.messages
            let index = try #require(messages.firstIndex { if case .ended = $0 { true } else { false } })
            let next = messages[(index + 1)...].first { if case .log = $0 { false } else { true } }
            #expect(next == .ready(slot: 0))
        }
        await controller.shutdown()
    }

    @Test func `a program that is missing is a launch error with its remedy, and the slot is free again`() async throws
    {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let missing = Assignment.example(["no-such-program-here"])
            assign(missing)
            #expect(try await end(of: missing.attempt).end.launchError?.contains("not found") == true)
            try await waitForReady(2)
            guard !Sanitizer.isOn else { return }
            let plain = try folder.write("plain", "echo hi\n", executable: true)
            let refused = Assignment.example([plain], trial: 2)
            assign(refused)
            #expect(try await end(of: refused.attempt).end.launchError?.contains("#!/bin/sh") == true)
        }
        await controller.shutdown()
    }

    @Test func `a launch that fails counts, so that --count 1 always ends`() async throws {
        try await controller.start()
        try await withAgent(count: 1) { agent in
            try await waitForReady()
            let missing = Assignment.example(["no-such-program-here"])
            assign(missing)
            #expect(try await end(of: missing.attempt).end.launchError?.contains("not found") == true)
            _ = try await eventually("the agent ends: \(said.all)") {
                controller.messages.contains { if case .leave = $0 { true } else { false } } ? true : nil
            }
            #expect(await agent.whenFinished() == 0)
            #expect(controller.readySlots() == [0])
        }
        await controller.shutdown()
    }

    @Test func `an assignment that crosses Ctrl-C is declined, which is no loss of the trial`() async throws {
        try await controller.start()
        try await withAgent(slots: 2) { agent in
            try await waitForReady(2)
            let running = Assignment.example(["sh", "-c", "trap 'exit 0' INT; while :; do sleep 0.05; done"])
            assign(running)
            _ = try await eventually("it starts: \(said.all)") { controller.starts(running.attempt).first }
            await agent.interrupted()
            var late = Assignment.example(["true"], trial: 2)
            late.slot = 1
            assign(late)
            let end = try await end(of: late.attempt).end
            #expect(end.declined == true)
            #expect(end.lastLine == "the agent takes no more trials")
            #expect(controller.starts(late.attempt).isEmpty)
            await agent.interrupted()
        }
        await controller.shutdown()
    }

    @Test func `an agent that is refused ends with 77, and its connection waits for the others to end`() async throws {
        try await controller.start()
        controller.state.withLock { $0.refusal = "the token is wrong" }
        try await withAgent { agent in
            #expect(await agent.whenFinished() == 77)
        }
        await controller.shutdown()
    }

    @Test func `a failure tells its last line`() async throws {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let assignment = Assignment.example(["sh", "-c", "echo fine; echo 'ValueError: bad' >&2; exit 3"])
            assign(assignment)
            let end = try await end(of: assignment.attempt).end
            #expect(end.exitCode == 3)
            #expect(end.lastLine == "ValueError: bad")
        }
        await controller.shutdown()
    }

    @Test func `what was not acknowledged is sent again on the next connection`() async throws {
        try await controller.start()
        controller.state.withLock { $0.acknowledges = false }
        try await withAgent { _ in
            try await waitForReady()
            let assignment = Assignment.example(["sh", "-c", "echo loss=1"])
            assign(assignment)
            _ = try await end(of: assignment.attempt)
            controller.state.withLock { $0.acknowledges = true }
            controller.disconnect()
            _ = try await eventually("it is said again") { controller.ends(assignment.attempt).count > 1 ? true : nil }
            #expect(controller.hellos.last?.agent?.held == [.init(attempt: assignment.attempt, slot: 0, alive: false)])
            #expect(controller.starts(assignment.attempt).count == 2)
            _ = try await eventually("the folder is removed") { isGone(attemptFolder(assignment).path) ? true : nil }
        }
        await controller.shutdown()
    }

    @Test func `an agent that starts anew watches a running trial on and tells one that has ended meanwhile`()
        async throws
    {
        try await controller.start()
        let gate = folder.path + "/gate"
        let running = Assignment.example(
            ["sh", "-c", "echo step=1 loss=3; while [ ! -e \(gate) ]; do sleep 0.01; done; echo step=2 loss=2"])
        let short = Assignment.example(
            [
                "sh", "-c",
                "echo step=1 loss=5; while [ ! -e \(gate)1 ]; do sleep 0.01; done; echo step=2 loss=4; exit 9",
            ],
            slot: 1, trial: 2)
        try await withAgent(slots: 2) { _ in
            try await waitForReady(2)
            assign(running)
            assign(short)
            _ = try await eventually("both have reported") {
                controller.reports(running.attempt).count == 1 && controller.reports(short.attempt).count == 1
                    ? true : nil
            }
        }
        try folder.write("gate1", "")
        _ = try await eventually("one ends without an agent") { ExitRecord.read(attemptFolder(short)) }
        try await withAgent(slots: 2) { _ in
            #expect(try await end(of: short.attempt).end.exitCode == 9)
            #expect(controller.reports(short.attempt).map { $0.metrics["loss"] } == [5, 4])
            let held = try #require(controller.hellos.last?.agent?.held)
            #expect(held.map(\.alive) == [true, false])
            #expect(controller.ends(running.attempt).isEmpty)
            try folder.write("gate", "")
            #expect(try await end(of: running.attempt).end.exitCode == 0)
            #expect(controller.reports(running.attempt).map { $0.metrics["loss"] } == [3, 2])
        }
        await controller.shutdown()
    }

    @Test func `what a killed agent had no time to remove is removed by the next one, but nothing of the trial's`()
        async throws
    {
        try await controller.start()
        let delivered = AttemptFolder(path: folder.path + "/agent/attempts/abcd2345-1-1")
        let kept = AttemptFolder(path: folder.path + "/agent/attempts/abcd2345-2-1")
        let running = AttemptFolder(path: folder.path + "/agent/attempts/abcd2345-3-1")
        for one in [delivered, kept, running] {
            for inner in [one.checkpoints, one.artifacts, one.wandb, one.metrics] { try DiskFile.makeFolder(inner) }
            try DiskFile.write(one.output, Array("x".utf8))
            try DiskFile.write(one.lock, Array("1\n".utf8))
        }
        try DiskFile.write(kept.checkpoints + "/last.pt", Array("x".utf8))
        let lock = open(running.lock, O_RDWR | O_CLOEXEC)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        try await withAgent { _ in try await waitForReady() }
        #expect(isGone(delivered.path))
        #expect(isGone(kept.output) && text(kept.checkpoints + "/last.pt") == "x")
        #expect(text(running.output) == "x")
        await controller.shutdown()
    }

    @Test func `the stop ladder ends a trial that ignores everything but SIGKILL`() async throws {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let assignment = Assignment.example(
                ["sh", "-c", "trap '' INT TERM; echo loss=1; while :; do sleep 0.05; done"])
            assign(assignment)
            _ = try await eventually("it runs") { controller.reports(assignment.attempt).first }
            controller.send(.stop(assignment.attempt, .pruned, detail: "worse"))
            let end = try await end(of: assignment.attempt).end
            #expect(end.signal == Int(SIGKILL))
            #expect(end.stopReason == .pruned)
            #expect(said.all.contains("SIGTERM") && said.all.contains("SIGKILL"))
        }
        await controller.shutdown()
    }

    @Test func `a trial that is interrupted may clean up`() async throws {
        try await controller.start()
        try await withAgent(grace: 20) { _ in
            try await waitForReady()
            let assignment = Assignment.example(
                [
                    "python3", "-c",
                    "import time,sys\nprint('loss=1',flush=True)\ntry:\n  time.sleep(60)\nexcept KeyboardInterrupt:\n  print('loss=0.5'); sys.exit(4)",
                ])
            assign(assignment)
            _ = try await eventually("it runs") { controller.reports(assignment.attempt).first }
            controller.send(.stop(assignment.attempt, .cancelled, detail: nil))
            let end = try await end(of: assignment.attempt).end
            #expect(end.exitCode == 4)
            #expect(controller.reports(assignment.attempt).count == 2)
        }
        await controller.shutdown()
    }

    @Test func `a fenced attempt is ended and forgotten without a word`() async throws {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let assignment = Assignment.example(["sh", "-c", "echo $$ > pid; echo loss=1; exec sleep 100"])
            assign(assignment)
            _ = try await eventually("it runs") { controller.reports(assignment.attempt).first }
            let pid = try #require(Int32(text(folder.path + "/pid")?.dropLast() ?? ""))
            controller.send(.stop(assignment.attempt, .fenced, detail: nil))
            try await waitForReady(2)
            #expect(!isAlive(pid))
            _ = try await eventually("the folder is removed") { isGone(attemptFolder(assignment).path) ? true : nil }
        }
        await controller.shutdown()
    }

    @Test func `an ended trial whose messages count no more still ships its log`() async throws {
        try await controller.start()
        controller.state.withLock { $0.takesLogs = false }
        try await withAgent { _ in
            try await waitForReady()
            let assignment = Assignment.example(["echo", "last words"])
            assign(assignment)
            _ = try await end(of: assignment.attempt)
            try await waitForReady(2)
            controller.send(.stop(assignment.attempt, .fenced, detail: nil))
            // As a controller has it for whom this attempt is over.
            controller.state.withLock { $0.acknowledged[assignment.attempt] = 0 }
            let heard = controller.messages.count
            controller.disconnect()
            // Its messages would come again with a new connection: they keep its slot from nobody.
            _ = try await eventually("the slot is offered on the next connection") {
                controller.messages.dropFirst(heard).contains(.ready(slot: 0)) ? true : nil
            }
            controller.state.withLock { ($0.takesLogs, $0.logs) = (true, [:]) }
            controller.disconnect()
            let log = try await eventually("the log comes again") {
                controller.state.withLock { $0.logs[assignment.attempt] }
            }
            #expect(log == "last words\n")
            _ = try await eventually("the folder is removed") { isGone(attemptFolder(assignment).path) ? true : nil }
        }
        await controller.shutdown()
    }

    @Test func `a trial that runs longer than its timeout is ended`() async throws {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let assignment = Assignment.example(["sleep", "100"], timeout: 0.2)
            assign(assignment)
            let end = try await end(of: assignment.attempt).end
            #expect(end.stopReason == .timeout)
        }
        await controller.shutdown()
    }

    @Test func `a shim that is killed is no failure of the trial, and nothing of it is left`() async throws {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let assignment = Assignment.example(
                ["sh", "-c", "setsid sleep 300 & echo $! > daemon; echo loss=1; exec sleep 300"])
            assign(assignment)
            _ = try await eventually("it runs") { controller.reports(assignment.attempt).first }
            let daemon = try #require(Int32(text(folder.path + "/daemon")?.dropLast() ?? ""))
            kill(Int32(try #require(controller.starts(assignment.attempt).first).pid), SIGKILL)
            let end = try await end(of: assignment.attempt).end
            #expect(end.exitCode == nil && end.signal == nil && end.launchError == nil)
            _ = try await eventually("the daemon is gone") { isAlive(daemon) ? nil : true }
        }
        await controller.shutdown()
    }

    @Test func `with a count the agent starts so many trials and leaves`() async throws {
        try await controller.start()
        try await withAgent(slots: 3, count: 2) { agent in
            try await waitForReady(2)
            for trial in 1...2 { assign(.example(["true"], slot: trial - 1, trial: trial)) }
            #expect(await agent.whenFinished() == 0)
            #expect(controller.readySlots().count == 2)
            _ = try await eventually("it says so") {
                controller.messages.contains { if case .leave = $0 { true } else { false } } ? true : nil
            }
        }
        await controller.shutdown()
    }

    @Test func `Ctrl-C waits, then hands back`() async throws {
        try await controller.start()
        try await withAgent { agent in
            try await waitForReady()
            let assignment = Assignment.example(["sh", "-c", "echo loss=1; exec sleep 300"])
            assign(assignment)
            _ = try await eventually("it runs") { controller.reports(assignment.attempt).first }
            await agent.interrupted()
            #expect(said.all.contains("waiting for 1"))
            await agent.interrupted()
            #expect(await agent.whenFinished() == 130)
            _ = try await eventually("it leaves") {
                controller.messages.contains { if case .leave = $0 { true } else { false } } ? true : nil
            }
            #expect(controller.ends(assignment.attempt).isEmpty)
        }
        await controller.shutdown()
    }

    @Test func `a dismissed agent and an idle one leave`() async throws {
        try await controller.start()
        try await withAgent { agent in
            try await waitForReady()
            controller.send(.dismiss(reason: "the sweep is finished"))
            #expect(await agent.whenFinished() == 0)
        }
        let before = controller.readySlots().count
        try await withAgent { agent in
            try await waitForReady(before + 1)
            controller.send(.dismiss(reason: "there is no sweep 'typo'", error: .usage))
            #expect(await agent.whenFinished() == 64)
        }
        try await withAgent(idleExit: 2) { agent in #expect(await agent.whenFinished() == 0) }
        await controller.shutdown()
    }

    @Test
    func
        `a line that is too long for a metric is told once, in the agent's talk and in the trial's record`()
        async throws
    {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let assignment = Assignment.example(
                [
                    "sh", "-c",
                    "for i in 1 2; do head -c 70000 /dev/zero | tr '\\0' x; echo; done; echo loss=1",
                ])
            assign(assignment)
            let end = try await end(of: assignment.attempt).end
            #expect(end.exitCode == 0)
            #expect(end.lastLine == "2 lines of over 64 KiB were not searched for metrics")
            #expect(said.lines.withLock { lines in lines.count { $0.contains("64 KiB") } } == 1)
            #expect(controller.reports(assignment.attempt).count == 1)
        }
        await controller.shutdown()
    }

    @Test func `a program that is not allowed is refused, and that is no failure of it`() async throws {
        try await controller.start()
        try await withAgent(rules: LaunchRules(allowed: AllowedPrograms(["/opt/*"]))) { _ in
            try await waitForReady()
            let assignment = Assignment.example(["sh", "-c", "true"])
            assign(assignment)
            let end = try await end(of: assignment.attempt).end
            #expect(end.refused == true)
            #expect(end.launchError?.contains("does not allow the program 'sh'") == true)
        }
        await controller.shutdown()
    }

    @Test func `SIGUSR1 leaves trials alone, and the next agent finds them`() async throws {
        try await controller.start()
        let gate = folder.path + "/gate"
        let assignment = Assignment.example([
            "sh", "-c", "while [ ! -e \(gate) ]; do sleep 0.01; done; echo loss=2",
        ])
        try await withAgent { agent in
            try await waitForReady()
            assign(assignment)
            _ = try await eventually("it starts: \(said.all)") {
                controller.starts(assignment.attempt).first
            }
            await agent.detached()
            #expect(await agent.whenFinished() == 0)
        }
        #expect(!controller.messages.contains { if case .leave = $0 { true } else { false } })
        try await withAgent { _ in
            try folder.write("gate", "")
            #expect(try await end(of: assignment.attempt).end.exitCode == 0)
        }
        await controller.shutdown()
    }

    @Test func `a trial that floods its output is told, its log shortened, and its last value kept`()
        async throws
    {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let assignment = Assignment.example(
                ["sh", "-c", "echo loss=7; head -c 20000000 /dev/zero | tr '\\0' x; printf '\\nloss=1\\n'"])
            assign(assignment)
            _ = try await eventually(within: 60, "it ends: \(said.all)") { controller.ends(assignment.attempt).first }
            #expect(controller.reports(assignment.attempt).last?.metrics == ["loss": 1])
            _ = try await eventually(within: 60, "the log's end arrives") {
                controller.state.withLock { $0.logs[assignment.attempt]?.hasSuffix("loss=1\n") == true } ? true : nil
            }
            #expect(
                controller.messages.contains {
                    if case .log(let chunk) = $0 { chunk.skipped ?? 0 > 1_000_000 } else { false }
                })
        }
        await controller.shutdown()
    }
}
