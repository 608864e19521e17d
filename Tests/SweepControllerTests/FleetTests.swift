import SweepModel
import SweepWire
import Testing

@testable import SweepController

@Suite struct FleetTests {
    @Test func `a hundred agents run a thousand trials, each exactly once`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(1_000))
            let clock = ContinuousClock()
            let begin = clock.now
            let attempts = try await withThrowingTaskGroup(of: [AttemptID].self) { group in
                for number in 1...100 {
                    group.addTask {
                        let agent = try await FakeAgent(controller, id: "agent-\(number)", sweep: sweep)
                        try await agent.say(.ready(slot: 0))
                        var done: [AttemptID] = []
                        while true {
                            switch try await agent.peer.next(seconds: 60) {
                            case .agent(.assign(let assignment)):
                                let attempt = assignment.attempt
                                done.append(attempt)
                                try await agent.say(
                                    FakeAgent.started(attempt),
                                    FakeAgent.report(attempt, 2, ["loss": Double(attempt.trial.number)]),
                                    FakeAgent.ended(attempt, 3), .ready(slot: 0))
                            case .agent(.dismiss): return done
                            default: continue
                            }
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            print("1,000 trials on 100 agents:", clock.now - begin)
            #expect(attempts.count == 1_000)
            #expect(Set(attempts.map(\.trial.number)) == Set(1...1_000))
            #expect(attempts.allSatisfy { $0.number == 1 })
            let row = try #require(try await client.ask(.show(sweep: sweep.text), SweepRow.self).first)
            #expect(row.state == .finished)
            #expect(row.counts == ["completed": 1_000])
            #expect(row.best == 1)
            let board = try await client.ask(.leaderboard(sweep: sweep.text, top: nil), TrialRow.self)
            #expect(board.map(\.number) == Array(1...1_000))
        }
    }

    @Test func `a slot that ended a trial has its next one without a wait`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            _ = try await TestSweep.create(client, TestSweep.grid(200))
            let agent = try await FakeAgent(controller)
            let clock = ContinuousClock()
            var gaps: [Duration] = []
            try await agent.say(.ready(slot: 0))
            var attempt = try await agent.assignment().attempt
            for _ in 1..<200 {
                try await agent.say(FakeAgent.started(attempt), FakeAgent.report(attempt, 2, ["loss": 1]))
                try await agent.acknowledged(attempt, 2)
                let begin = clock.now
                try await agent.say(FakeAgent.ended(attempt, 3), .ready(slot: 0))
                attempt = try await agent.assignment().attempt
                gaps.append(clock.now - begin)
            }
            gaps.sort()
            print("from ended to the next assign: median \(gaps[100]), 95 % \(gaps[190])")
            // A poll or a timer on the way would cost more than this, even here and unoptimized.
            #expect(gaps[100] < .milliseconds(100))
        }
    }
}
