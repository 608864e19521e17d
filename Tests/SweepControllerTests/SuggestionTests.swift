import Dispatch
import SweepEngine
import SweepModel
import SweepSearch
import SweepWire
import Synchronization
import Testing

@testable import SweepController

/// Slow searches and early stopping, from the file to the agent's socket.
@Suite struct SuggestionTests {
    /// A search that computes for as long as the test wants.
    private final class Brake: Sendable {
        private let gate = DispatchSemaphore(value: 0)
        private let isOn = Mutex(true)
        let computations = Mutex(0)

        var hooks: ControllerHooks {
            var hooks = ControllerHooks()
            hooks.suggest = { [self] request in
                computations.withLock { $0 += 1 }
                if isOn.withLock({ $0 }) { gate.wait() }
                return request.method.suggest(after: request.history)
            }
            return hooks
        }

        func release() {
            isOn.withLock { $0 = false }
            for _ in 0..<100 { gate.signal() }
        }
    }

    private func bayes(_ more: String = "") -> String {
        """
        method: bayes
        seed: 3
        metric: {name: loss, goal: minimize}
        command: [echo, "${args}"]
        parameters:
          x: {min: 0.0, max: 1.0}
          y: {values: [a, b, c]}
        \(more)
        """
    }

    private func trial(_ id: TrialID, _ client: TestPeer) async throws -> TrialRow {
        let items = try await client.ask(.trial(id), ParameterValue.self)
        return try JSONCoding.decode(TrialRow.self, from: try #require(items.first))
    }

    private func note(_ id: TrialID, _ client: TestPeer) async throws -> SuggestionNote? {
        try await trial(id, client).suggestion.map { try JSONCoding.decode(SuggestionNote.self, from: $0) }
    }

    @Test func `no slot idles while a slow search computes: it gets a random point, and the record says so`()
        async throws
    {
        let brake = Brake()
        try await withController(hooks: brake.hooks) { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, bayes())
            let agent = try await FakeAgent(controller)
            try await agent.say(.ready(slot: 0))
            let attempt = try await agent.assignment().attempt
            let note = try #require(try await note(attempt.trial, client))
            #expect(note.origin == "random")
            #expect(note.remark?.hasPrefix("the search was still computing after") == true, "\(note)")
            // One computation of the sweep at most, however long it takes.
            #expect(brake.computations.withLock { $0 } == 1)
            brake.release()
            // On a busy machine the next one may be late as well; not for ever.
            var (last, origin) = (attempt, note.origin)
            for number in 2...20 where origin == "random" {
                try await agent.say(
                    FakeAgent.started(last), FakeAgent.report(last, 2, ["loss": 0.5]), FakeAgent.ended(last, 3),
                    .ready(slot: 0))
                last = try await agent.assignment().attempt
                #expect(last.trial == TrialID(sweep, number))
                origin = try #require(try await self.note(last.trial, client)).origin
            }
            #expect(origin == "starting design")
        }
    }

    @Test func `the end of a controller waits for no computation`() async throws {
        let brake = Brake()
        let controller = try await TestController(hooks: brake.hooks)
        defer { controller.remove() }
        let client = try await controller.client()
        _ = try await TestSweep.create(client, bayes())
        _ = try await FakeAgent(controller)
        try await eventually("a suggestion is being computed") { brake.computations.withLock { $0 } > 0 }
        let clock = ContinuousClock()
        let time = try await clock.measure { try await controller.stop() }
        #expect(time < .seconds(10))
        brake.release()
    }

    @Test func `a sweep whose search hangs holds up no other one`() async throws {
        let brake = Brake()
        var hooks = ControllerHooks()
        let hung = Mutex<SweepID?>(nil)
        let braked = brake.hooks.suggest
        hooks.suggest = { request in
            request.sweep == hung.withLock { $0 }
                ? braked(request) : request.method.suggest(after: request.history)
        }
        try await withController(hooks: hooks) { controller in
            let client = try await controller.client()
            let first = try await TestSweep.create(client, bayes())
            hung.withLock { $0 = first }
            let agents = try await (FakeAgent(controller, id: "one", sweep: first), FakeAgent(controller, id: "two"))
            let second = try await TestSweep.create(client, bayes("priority: 5"))
            try await agents.1.say(.ready(slot: 0))
            let attempt = try await agents.1.assignment().attempt
            #expect(attempt.sweep == second)
            #expect(try await note(attempt.trial, client)?.origin == "starting design")
        }
        brake.release()
    }

    @Test func `a trial is stopped early over the wire, and after a restart again`() async throws {
        let first = try await TestController()
        defer { first.remove() }
        var client = try await first.client()
        let yaml = TestSweep.grid(3, extra: "early_terminate: {type: threshold, upper: 10}")
        let sweep = try await TestSweep.create(client, yaml)
        var agent = try await FakeAgent(first)
        try await agent.say(.ready(slot: 0))
        let attempt = try await agent.assignment().attempt
        try await agent.say(
            FakeAgent.started(attempt), FakeAgent.report(attempt, 2, ["loss": 5], step: 1),
            FakeAgent.report(attempt, 3, ["loss": 50], step: 2))
        let detail = "stopped at step 2: loss 50, needed 10 or less (threshold)"
        try await stopped(attempt, detail, agent)
        try await first.stop()

        let second = try await TestController(home: first.home)
        client = try await second.client()
        agent = try await FakeAgent(second, held: [HeldAttempt(attempt: attempt, slot: 0, alive: true)])
        try await stopped(attempt, detail, agent)
        var end = AttemptEnd(
            exitCode: 0, stopReason: .pruned, started: Timestamp(milliseconds: 1), ended: Timestamp(milliseconds: 2))
        end.lastLine = nil
        try await agent.say(.ended(Ended(attempt: attempt, sequence: 4, end: end)))
        try await agent.acknowledged(attempt, 4)
        let row = try await trial(attempt.trial, client)
        #expect(row.state == .pruned)
        #expect(row.reason == detail)
        let note = try JSONCoding.decode(StoppingNote.self, from: try #require(row.stopping))
        #expect(note == StoppingNote(rule: "threshold", rung: 2, value: 50, threshold: 10, remark: "above 'upper'"))
        #expect(try await client.ask(.show(sweep: sweep.text), SweepRow.self).first?.counts["pruned"] == 1)
        try await second.stop()
    }

    @Test func `a new sweep learns from the finished trials of an earlier one that fit it, also after a restart`()
        async throws
    {
        let first = try await TestController()
        defer { first.remove() }
        let client = try await first.client()
        let old = try await TestSweep.create(client, bayes())
        let agent = try await FakeAgent(first, slots: 1, sweep: old)
        for number in 1...6 {
            try await agent.say(.ready(slot: 0))
            let attempt = try await agent.assignment().attempt
            try await agent.say(
                FakeAgent.started(attempt), FakeAgent.report(attempt, 2, ["loss": Double(number)]),
                FakeAgent.ended(attempt, 3, exit: number == 6 ? 1 : 0))
        }
        try await eventually("all are over") {
            try await client.ask(.show(sweep: old.text), SweepRow.self).first?.counts["failed"] == 1
        }
        let created = try await client.ask(
            .create(yaml: bayes(), file: nil, createdIn: nil, name: nil, prior: [old.text]), CreatedSweep.self)
        let sweep = try #require(created.first)
        #expect(sweep.warnings == ["learns from 5 of 5 completed trials of sweep \(old)"])
        await #expect(throws: SweepError.self) {
            try await client.ask(.create(yaml: bayes("prior: [nobody]"), file: nil, createdIn: nil, name: nil))
        }
        // What it learnt from is its own: the earlier sweep may go.
        try await client.ask(.delete(sweep: old.text, force: true))
        try await first.stop()
        let second = try await TestController(home: first.home)
        let again = try await second.client()
        let other = try await FakeAgent(second, id: "two", sweep: sweep.id)
        try await other.say(.ready(slot: 0))
        let attempt = try await other.assignment().attempt
        let note = try #require(try await note(attempt.trial, again))
        #expect(note.learntFrom == 5, "\(note)")
        try await second.stop()
    }

    private func stopped(_ attempt: AttemptID, _ detail: String, _ agent: FakeAgent) async throws {
        while true {
            if case .agent(.stop(attempt, .pruned, let text)) = try await agent.peer.next() {
                #expect(text == detail)
                return
            }
        }
    }
}
