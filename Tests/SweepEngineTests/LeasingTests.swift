import SweepEngine
import SweepModel
import Testing

@Suite struct LeasingTests {
    @Test func `a silent agent's trial waits again, and its late words change nothing`() throws {
        let rig = EngineRig()
        rig.create(points: 1)
        let a = rig.connect("a")
        let first = try #require(rig.ready(a))
        rig.start(first, on: a)
        rig.live(89)
        #expect(rig.state("s-1") == .running)
        rig.live(2)
        #expect(rig.state("s-1") == .waiting)
        #expect(rig.reason("s-1") == "attempt 1 lost: agent a silent for 90 s")
        #expect(rig.record.outcomes[first] == .lost)

        let b = rig.connect("b")
        let second = try #require(rig.ready(b))
        #expect(second == AttemptID(first.trial, 2))
        rig.report(first, on: a, sequence: 2, ["loss": 1])
        rig.end(first, on: a, sequence: 3)
        #expect(
            rig.sent.suffix(2).allSatisfy {
                $0.agent == a && $0.order == .stop(first, .fenced, detail: "this attempt no longer counts")
            })
        #expect(rig.record.late == [first: 1])
        #expect(rig.state("s-1") == .assigned)
        rig.start(second, on: b)
        rig.end(second, on: b)
        #expect(rig.state("s-1") == .completed)
    }

    @Test func `an older attempt on the same agent counts no more either`() throws {
        let rig = EngineRig()
        rig.create(points: 1, objective: Objective(metric: "loss"))
        let agent = rig.connect()
        let first = try #require(rig.ready(agent))
        rig.start(first, on: agent)
        rig.live(91)
        let second = try #require(rig.ready(agent))
        rig.start(second, on: agent)
        rig.report(first, on: agent, sequence: 2, ["loss": 99])
        #expect(rig.sent.last?.order == .stop(first, .fenced, detail: "this attempt no longer counts"))
        #expect(rig.record.reports.isEmpty)
        rig.handle(.heartbeat(agent, [first, second]))
        #expect(rig.sent.last?.order == .stop(first, .fenced, detail: "this attempt no longer counts"))
        rig.report(second, on: agent, sequence: 2, ["loss": 1])
        rig.end(second, on: agent, sequence: 3)
        #expect(rig.record.progress[first.trial]?.objective == 1)
    }

    @Test func `heartbeats keep the lease`() throws {
        let rig = EngineRig()
        rig.create()
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        for _ in 0..<40 {
            rig.live(5)
            rig.handle(.heartbeat(agent, [attempt]))
        }
        #expect(rig.state("s-1") == .running)
    }

    @Test func `the controller's own sleep costs nobody a lease`() throws {
        let rig = EngineRig()
        rig.create()
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.live(2)
        rig.pass(500)
        rig.handle(.tick)
        #expect(rig.state("s-1") == .running)
        rig.live(95)
        #expect(rig.state("s-1") == .waiting)
    }

    @Test func `losses have a limit of their own`() throws {
        let rig = EngineRig()
        rig.create(points: 1, maxLosses: 1)
        let agent = rig.connect()
        for _ in 0..<2 {
            let attempt = try #require(rig.ready(agent))
            rig.start(attempt, on: agent)
            rig.live(91)
        }
        #expect(rig.state("s-1") == .failed)
        #expect(rig.record.progress[TrialID(SweepID("s"), 1)]?.failures == 0)
    }

    @Test func `an agent that reconnects with its attempts goes on`() throws {
        let rig = EngineRig()
        rig.create()
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.report(attempt, on: agent, sequence: 2, ["loss": 1])
        rig.handle(.agentDisconnected(agent, incarnation: "1"))
        rig.live(60)
        rig.connect("a", held: [(attempt, alive: true)], incarnation: "2")
        #expect(rig.sent.last?.order == .welcome(keep: [Kept(attempt: attempt, acknowledged: 2)], kill: []))
        rig.live(60)
        #expect(rig.state("s-1") == .running)
        rig.end(attempt, on: agent, sequence: 3)
        #expect(rig.state("s-1") == .completed)
    }

    @Test func `an agent that comes back with fewer slots still ends its trials`() throws {
        let rig = EngineRig()
        rig.create(points: 2)
        let agent = rig.connect(slots: 2)
        _ = try #require(rig.ready(agent, 0))
        let second = try #require(rig.ready(agent, 1))
        rig.start(second, on: agent)
        rig.connect("a", slots: 1, held: [(second, alive: true)], incarnation: "2")
        rig.end(second, on: agent, code: 1)
        #expect(rig.state("s-2") == .failed)
    }

    @Test func `an agent that comes back without its attempt has lost it`() throws {
        let rig = EngineRig()
        rig.create()
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.connect("a", incarnation: "2")
        #expect(rig.state("s-1") == .waiting)
        #expect(rig.reason("s-1") == "attempt 1 lost: agent a came back without it")
        #expect(rig.ready(agent) == AttemptID(attempt.trial, 2))
    }

    @Test func `an attempt that was fenced meanwhile is killed at reconnect`() throws {
        let rig = EngineRig()
        rig.create(points: 1)
        let a = rig.connect("a")
        let attempt = try #require(rig.ready(a))
        rig.start(attempt, on: a)
        rig.handle(.agentDisconnected(a, incarnation: "1"))
        rig.live(91)
        rig.connect("a", held: [(attempt, alive: true)], incarnation: "1")
        #expect(rig.sent.last?.order == .welcome(keep: [], kill: [attempt]))
    }

    @Test func `an older connection's end says nothing about the newer one`() {
        let rig = EngineRig()
        rig.create()
        let agent = rig.connect(incarnation: "1")
        rig.connect("a", incarnation: "2")
        rig.handle(.agentDisconnected(agent, incarnation: "1"))
        #expect(rig.ready(agent) != nil)
    }

    @Test func `an agent that leaves hands its trials back without a loss`() throws {
        let rig = EngineRig()
        rig.create(points: 1, maxLosses: 0)
        let a = rig.connect("a")
        let attempt = try #require(rig.ready(a))
        rig.start(attempt, on: a)
        rig.handle(.agentLeft(a))
        #expect(rig.state("s-1") == .waiting)
        #expect(rig.record.outcomes[attempt] == .preempted)
        #expect(rig.ready(rig.connect("b")) == AttemptID(attempt.trial, 2))
    }

    @Test func `a resent message is acknowledged and counted once`() throws {
        let rig = EngineRig()
        rig.create(objective: Objective(metric: "loss", summary: .mean))
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.start(attempt, on: agent)
        for _ in 0..<3 { rig.report(attempt, on: agent, sequence: 2, ["loss": 1]) }
        rig.report(attempt, on: agent, sequence: 4, ["loss": 100])
        rig.report(attempt, on: agent, sequence: 3, ["loss": 3])
        #expect(rig.sent.last?.order == .acknowledge(attempt, sequence: 3))
        rig.end(attempt, on: agent, sequence: 4)
        rig.end(attempt, on: agent, sequence: 4)
        #expect(rig.record.progress[attempt.trial]?.objective == 2)
        #expect(rig.record.reports[attempt]?.count == 2)
    }
}
