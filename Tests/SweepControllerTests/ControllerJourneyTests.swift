import Foundation
import SweepModel
import SweepWire
import Testing

@testable import SweepController

@Suite struct ControllerJourneyTests {
    @Test func `a sweep runs from its file to its leaderboard`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(3), name: "mine")
            let agent = try await FakeAgent(controller)
            try await agent.say(.ready(slot: 0))
            for number in 1...3 {
                let assignment = try await agent.assignment()
                #expect(assignment.attempt == AttemptID(TrialID(sweep, number), 1))
                #expect(assignment.metric == "loss")
                #expect(assignment.launch.createdIn == "/tmp")
                #expect(assignment.parameters == [.init("x", .int(number - 1))])
                let attempt = assignment.attempt
                try await agent.say(
                    FakeAgent.started(attempt), FakeAgent.report(attempt, 2, ["loss": 1 / Double(number)], step: 1),
                    FakeAgent.ended(attempt, 3), .ready(slot: 0))
                try await agent.acknowledged(attempt, 3)
            }
            try await eventually("the sweep is finished") {
                try await client.ask(.show(sweep: "mine"), SweepRow.self).first?.state == .finished
            }
            let board = try await client.ask(.leaderboard(sweep: sweep.text, top: nil), TrialRow.self)
            #expect(board.map(\.number) == [3, 2, 1])
            #expect(board.first?.objective == 1.0 / 3)
            #expect(board.first?.metrics == ["loss": 1.0 / 3])
            #expect(board.first?.agent == "agent-1")
            #expect(board.first?.slot == "cpu 0")
            let row = try #require(try await client.ask(.list, SweepRow.self).first)
            #expect(row.name == "mine")
            #expect(row.counts == ["completed": 3])
            #expect(row.expected == 3)
            #expect(row.bestTrial == TrialID(sweep, 3))
            #expect(row.method == "grid")
            #expect(try await client.ask(.reports(TrialID(sweep, 1), attempt: nil), Report.self).count == 1)
            #expect(
                try await client.ask(.trials(sweep: "mine", after: 1, states: [.completed]), TrialRow.self).count == 2)
        }
    }

    @Test func `a failed trial says why, and can be retried`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(1))
            let agent = try await FakeAgent(controller)
            try await agent.say(.ready(slot: 0))
            let first = try await agent.assignment().attempt
            try await agent.say(FakeAgent.started(first), FakeAgent.ended(first, 2, exit: 3), .ready(slot: 0))
            try await agent.acknowledged(first, 2)
            let row = try #require(try await client.ask(.show(sweep: sweep.text), SweepRow.self).first)
            #expect(row.counts == ["failed": 1])
            #expect(row.failures.values.first == 1)
            #expect(row.failures.keys.first?.contains("it broke") == true)
            #expect(row.yaml?.contains("method: grid") == true)
            let retried = try await client.ask(.retryFailed(sweep: sweep.text), RetriedTrials.self)
            #expect(retried.flatMap(\.trials) == [first.trial])
            let second = try await agent.assignment()
            #expect(second.attempt == AttemptID(first.trial, 2))
            #expect(second.earlierAttempts == [1])
            let trial = try await client.ask(.trial(first.trial), ParameterValue.self)
            #expect(trial.count == 3)
            #expect(try JSONCoding.decode(AttemptRow.self, from: trial[1]).exit == 3)
        }
    }

    @Test func `a bad file is refused with its problems and their places`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let error = await #expect(throws: SweepError.self) {
                _ = try await TestSweep.create(client, "method: gird\nparameters:\n  lr: {min: 2, max: 1}\n")
            }
            #expect(error?.category == .usage)
            #expect(error?.message.contains("test.yaml:1:") == true)
            #expect(error?.message.contains("test.yaml:3:") == true)
            #expect(try await client.ask(.list, SweepRow.self).isEmpty)
        }
    }

    @Test func `requests about what is not there say so`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let requests: [ClientRequest] = [
                .show(sweep: "nobody"), .pause(sweep: "nobody"), .leaderboard(sweep: "", top: 3),
                .trial(TrialID(SweepID("nobody"), 1)), .cancelTrial(TrialID(SweepID("nobody"), 1)),
                .logs(TrialID(SweepID("nobody"), 1), attempt: nil, follow: true, tail: 3), .watch(sweep: "nobody"),
                .delete(sweep: "nobody", force: true),
            ]
            for request in requests {
                let error = await #expect(throws: SweepError.self) { try await client.ask(request) }
                #expect(error?.category == .notFound, "\(request)")
            }
        }
    }

    @Test func `pause, resume, stop and cancel do what they say`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(5))
            func state() async throws -> SweepState? {
                try await client.ask(.show(sweep: sweep.text), SweepRow.self).first?.state
            }
            try await client.ask(.pause(sweep: sweep.text))
            #expect(try await state() == .paused)
            let agent = try await FakeAgent(controller)
            try await agent.say(.ready(slot: 0))
            try await client.ask(.resume(sweep: sweep.text))
            let attempt = try await agent.assignment().attempt
            try await agent.say(FakeAgent.started(attempt))
            try await client.ask(.stop(sweep: sweep.text))
            #expect(try await state() == .stopped)
            try await client.ask(.cancel(sweep: sweep.text))
            #expect(try await state() == .cancelled)
            while true {
                if case .agent(.stop(attempt, .cancelled, _)) = try await agent.peer.next() { break }
            }
            let error = await #expect(throws: SweepError.self) {
                try await client.ask(.delete(sweep: sweep.text, force: false))
            }
            #expect(error?.category == .conflict)
            try await client.ask(.delete(sweep: sweep.text, force: true))
            #expect(try await client.ask(.list, SweepRow.self).isEmpty)
            try await eventually("the run folder is gone") {
                !FileManager.default.fileExists(atPath: controller.home.sweepFolder(sweep))
            }
        }
    }

    @Test func `watch tells every trial's end and ends with the sweep`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(4))
            let watcher = try await controller.client()
            let watching = Task { try await watcher.ask(.watch(sweep: sweep.text), SweepEvent.self) }
            let agent = try await FakeAgent(controller)
            try await agent.say(.ready(slot: 0))
            for _ in 1...4 {
                let attempt = try await agent.assignment().attempt
                try await agent.say(
                    FakeAgent.started(attempt), FakeAgent.report(attempt, 2, ["loss": 1]),
                    FakeAgent.ended(attempt, 3), .ready(slot: 0))
            }
            let events = try await watching.value
            #expect(events.first?.sweep?.id == sweep)
            #expect(events.last?.sweep?.state == .finished)
            let ended = Set(events.compactMap(\.trial).filter(\.state.isFinal).map(\.number))
            #expect(ended == [1, 2, 3, 4])
        }
    }

    @Test func `agents and their slots are shown as they are`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(2))
            let agent = try await FakeAgent(controller, slots: 2)
            try await agent.say(.ready(slot: 1))
            let attempt = try await agent.assignment().attempt
            var rows = try await client.ask(.agents, AgentRow.self)
            #expect(rows.map(\.name) == ["agent-1"])
            #expect(rows.first?.state == .connected)
            #expect(rows.first?.slots.map(\.trial) == [nil, attempt.trial])
            #expect(rows.first?.slots.map(\.label) == ["cpu 0", "cpu 1"])
            let status = try #require(try await client.ask(.status, ControllerStatus.self).first)
            #expect(status.agents == 1)
            #expect(status.slots == 2)
            #expect(status.liveTrials == 1)
            #expect(status.sweeps == 1)
            #expect(status.address == "127.0.0.1:\(controller.file.port)")
            #expect(attempt.sweep == sweep)
            try await agent.peer.close()
            try await eventually("the agent is shown as gone") {
                rows = try await client.ask(.agents, AgentRow.self)
                return rows.first?.state == .disconnected
            }
        }
    }
}
