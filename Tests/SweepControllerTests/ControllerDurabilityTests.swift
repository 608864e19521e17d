import Foundation
import SweepModel
import SweepStore
import SweepWire
import Synchronization
import Testing

@testable import SweepController

@Suite struct ControllerDurabilityTests {
    @Test func `a restart keeps everything, and an agent that kept training goes on`() async throws {
        let first = try await TestController()
        defer { first.remove() }
        var client = try await first.client()
        let sweep = try await TestSweep.create(client, TestSweep.grid(3))
        var agent = try await FakeAgent(first)
        try await agent.say(.ready(slot: 0))
        let attempt = try await agent.assignment().attempt
        try await agent.say(FakeAgent.started(attempt), FakeAgent.report(attempt, 2, ["loss": 0.5]))
        try await agent.say(.log(LogChunk(attempt: attempt, offset: 0, text: "hello\n")))
        try await agent.acknowledged(attempt, 2)
        try await first.stop()

        let second = try await TestController(home: first.home)
        client = try await second.client()
        #expect(try await client.ask(.trial(attempt.trial), ParameterValue.self).count == 2)
        agent = try await FakeAgent(
            second, held: [HeldAttempt(attempt: attempt, slot: 0, alive: true)])
        #expect(agent.welcome.keep == [KeptAttempt(attempt: attempt, acknowledged: 2, logged: 6)])
        #expect(agent.welcome.kill.isEmpty)
        try await agent.say(
            FakeAgent.report(attempt, 3, ["loss": 0.25]), FakeAgent.ended(attempt, 4), .ready(slot: 0))
        try await agent.acknowledged(attempt, 4)
        let row = try #require(
            try await client.ask(.leaderboard(sweep: sweep.text, top: 1), TrialRow.self).first)
        #expect(row.state == .completed)
        #expect(row.attempt == 1)
        #expect(row.objective == 0.25)
        #expect(try await agent.assignment().attempt.trial.number == 2)
        try await second.stop()
    }

    @Test func `nothing is announced before it is durable, and all of it once the disk has room`() async throws {
        let disk = Disk()
        try await withController(hooks: disk.hooks) { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(3))
            let agent = try await FakeAgent(controller)
            disk.set(Disk.full)
            try await agent.say(.ready(slot: 0))
            let before = disk.attempts.withLock { $0 }
            try await eventually("the write was tried again") { disk.attempts.withLock { $0 } > before + 2 }
            let status = try #require(try await client.ask(.status, ControllerStatus.self).first)
            #expect(status.problem?.contains("the disk is full") == true)
            // Still alive: reading and heartbeats go on.
            try await agent.say(.heartbeat([]))
            #expect(try await agent.peer.next() == .agent(.heartbeat))
            #expect(agent.peer.waiting == 0)
            #expect(try await client.ask(.trials(sweep: sweep.text, after: nil, states: nil), TrialRow.self).isEmpty)
            disk.set(nil)
            #expect(try await agent.assignment().attempt == AttemptID(TrialID(sweep, 1), 1))
            try await eventually("the problem is gone") {
                try await client.ask(.status, ControllerStatus.self).first?.problem == nil
            }
        }
    }

    @Test func `an acknowledged message is in the store`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            _ = try await TestSweep.create(client, TestSweep.grid(1))
            let agent = try await FakeAgent(controller)
            try await agent.say(.ready(slot: 0))
            let attempt = try await agent.assignment().attempt
            try await agent.say(FakeAgent.started(attempt))
            for sequence in 2...20 {
                try await agent.say(FakeAgent.report(attempt, sequence, ["loss": Double(sequence)]))
                try await agent.acknowledged(attempt, sequence)
                let reports = try await client.ask(.reports(attempt.trial, attempt: 1), Report.self)
                #expect(reports.count == sequence - 1)
            }
            // Said again, it is acknowledged again and there once.
            try await agent.say(FakeAgent.report(attempt, 7, ["loss": 7]))
            try await agent.acknowledged(attempt, 20)
            #expect(try await client.ask(.reports(attempt.trial, attempt: 1), Report.self).count == 19)
        }
    }

    @Test func `a transaction that no retry can mend is dropped, and everybody begins again from the record`()
        async throws
    {
        let disk = Disk()
        try await withController(hooks: disk.hooks) { controller in
            var client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(2))
            var agent = try await FakeAgent(controller)
            disk.set(SweepError(.failed, "a constraint"))
            let error = await #expect(throws: SweepError.self) {
                _ = try await TestSweep.create(client, TestSweep.grid(2))
            }
            #expect(error?.message == "a constraint")
            disk.set(nil)
            try await eventually("the agent is sent away") { agent.peer.isClosed }
            client = try await controller.client()
            #expect(try await client.ask(.list, SweepRow.self).map(\.id) == [sweep])
            agent = try await FakeAgent(controller)
            try await agent.say(.ready(slot: 0))
            #expect(try await agent.assignment().attempt == AttemptID(TrialID(sweep, 1), 1))
        }
    }

    @Test func `a stored file that this version cannot read makes that one sweep stand still`() async throws {
        let first = try await TestController()
        defer { first.remove() }
        let client = try await first.client()
        let good = try await TestSweep.create(client, TestSweep.grid(2))
        try await first.stop()
        let store = try Store.open(first.home.database)
        let odd = SweepRecord(
            id: SweepID("oddsweep"), yaml: "method: telepathy\n", seed: 1, created: Timestamp(milliseconds: 5))
        try store.apply([.sweepInserted(odd)])
        try store.close()

        let second = try await TestController(home: first.home)
        let again = try await second.client()
        let row = try #require(try await again.ask(.show(sweep: "oddsweep"), SweepRow.self).first)
        #expect(row.state == .paused)
        #expect(row.reason?.contains("cannot read its file") == true)
        let error = await #expect(throws: SweepError.self) { try await again.ask(.resume(sweep: "oddsweep")) }
        #expect(error?.category == .conflict)
        let agent = try await FakeAgent(second)
        try await agent.say(.ready(slot: 0))
        #expect(try await agent.assignment().attempt.sweep == good)
        try await again.ask(.delete(sweep: "oddsweep", force: false))
        #expect(try await again.ask(.list, SweepRow.self).map(\.id) == [good])
        try await second.stop()
    }

    @Test func `of two connections of one agent the newer wins`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            _ = try await TestSweep.create(client, TestSweep.grid(3))
            let old = try await FakeAgent(controller, incarnation: "old")
            let new = try await FakeAgent(controller, incarnation: "new")
            try await eventually("the older connection is closed") { old.peer.isClosed }
            try await new.say(.ready(slot: 0))
            _ = try await new.assignment()
            #expect(try await client.ask(.agents, AgentRow.self).map(\.state) == [.connected])
            // The same start of an agent may come twice too: its network broke, and the old end lingers.
            let newest = try await FakeAgent(controller, incarnation: "new")
            try await eventually("the older connection is closed") { new.peer.isClosed }
            try await newest.say(.heartbeat([]))
            #expect(try await newest.peer.next() == .agent(.heartbeat))
            #expect(try await client.ask(.agents, AgentRow.self).map(\.state) == [.connected])
        }
    }
}
