import SweepEngine
import SweepModel
import Testing

@Suite struct SweepStateTests {
    @Test func `a paused sweep hands out nothing until it is resumed`() throws {
        let rig = EngineRig()
        let sweep = rig.create()
        let agent = rig.connect()
        rig.handle(.sweepPaused(sweep))
        #expect(rig.ready(agent) == nil)
        rig.handle(.sweepResumed(sweep))
        #expect(rig.grants().count == 1)
    }

    @Test func `stop lets live trials end, resume goes on where it was`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: 2)
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.handle(.sweepStopped(sweep))
        rig.end(attempt, on: agent)
        #expect(rig.state("s-1") == .completed)
        #expect(rig.ready(agent) == nil)
        rig.handle(.sweepResumed(sweep))
        #expect(rig.grants().last?.attempt == AttemptID(TrialID(sweep, 2), 1))
    }

    @Test func `cancel ends live trials and closes waiting ones`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: 2, repetitions: 2)
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.handle(.sweepCancelled(sweep))
        #expect(rig.state("s-2") == .cancelled)
        #expect(rig.sent.contains { $0.order == .stop(attempt, .cancelled, detail: "the sweep was cancelled") })
        rig.end(attempt, on: agent, signal: 2, stop: .cancelled)
        #expect(rig.state("s-1") == .cancelled)
        #expect(rig.reason("s-1") == "the sweep was cancelled")
    }

    @Test func `one trial is cancelled, waiting or live`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: 1, repetitions: 2)
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.handle(.trialCancelled(TrialID(sweep, 2)))
        #expect(rig.state("s-2") == .cancelled)
        rig.handle(.trialCancelled(attempt.trial))
        rig.end(attempt, on: agent, signal: 15, stop: .cancelled)
        #expect(rig.state("s-1") == .cancelled)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
    }

    @Test func `a trial cancelled before its agent started it ends when the slot asks again`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: 2)
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.handle(.trialCancelled(attempt.trial))
        #expect(rig.ready(agent) == AttemptID(TrialID(sweep, 2), 1))
        #expect(rig.state("s-1") == .cancelled)
    }

    @Test func `a retried trial runs again and reopens a finished sweep`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: 1)
        let agent = rig.connect()
        rig.runOne(agent, code: 1)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
        rig.handle(.trialRetried(TrialID(sweep, 1)))
        #expect(rig.record.sweeps[sweep]?.state == .running)
        #expect(rig.runOne(agent)?.number == 2)
        #expect(rig.state("s-1") == .completed)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
    }

    @Test func `what cannot be done is refused in words`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: 1)
        rig.handle(.sweepPaused(SweepID("none")))
        rig.handle(.trialRetried(TrialID(sweep, 1)))
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.handle(.trialRetried(attempt.trial))
        rig.handle(.sweepDeleted(sweep, force: false))
        rig.end(attempt, on: agent)
        rig.handle(.sweepResumed(sweep))
        rig.handle(.sweepCancelled(sweep))
        #expect(rig.refused.map(\.category) == [.notFound, .notFound, .conflict, .conflict, .conflict, .conflict])
        #expect(rig.refused.allSatisfy { !$0.message.isEmpty })
    }

    @Test func `a deleted sweep is gone, its live trials are fenced`() throws {
        let rig = EngineRig()
        let sweep = rig.create()
        let agent = rig.connect()
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.handle(.sweepDeleted(sweep, force: true))
        #expect(rig.engine.sweepIDs.isEmpty)
        #expect(rig.record.sweeps.isEmpty)
        rig.end(attempt, on: agent)
        #expect(rig.sent.last?.order == .stop(attempt, .fenced, detail: "this attempt no longer counts"))
        #expect(rig.record.late.isEmpty)
    }
}
