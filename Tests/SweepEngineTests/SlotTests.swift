import SweepEngine
import SweepModel
import Testing

@Suite struct SlotTests {
    private func view(_ rig: EngineRig, _ agent: AgentID) -> AgentView.Slot? {
        rig.engine.agentViews(now: rig.clock).first { $0.id == agent }?.slots.first
    }

    @Test func `a slot that its agent keeps back is shown with the reason and gets nothing`() throws {
        let rig = EngineRig()
        let agent = rig.connect()
        rig.ready(agent)
        rig.handle(.slotReported(SlotID(agent, 0), problem: "its memory is not back"))
        #expect(view(rig, agent)?.paused == "its memory is not back")
        rig.create()
        #expect(rig.grants().isEmpty)
        // It offers the slot again by itself.
        rig.handle(.slotReported(SlotID(agent, 0), problem: nil))
        #expect(rig.ready(agent) != nil)
        #expect(view(rig, agent)?.paused == nil)
        rig.handle(.slotReported(SlotID(agent, 99), problem: "x"))
        rig.handle(.slotReported(SlotID(AgentID("nobody"), 0), problem: "x"))
    }

    @Test func `a person releases a slot that failures have paused`() throws {
        let rig = EngineRig()
        rig.create(points: 10)
        let agent = rig.connect()
        for _ in 0..<3 { rig.runOne(agent, code: 1) }
        #expect(rig.ready(agent) == nil)
        #expect(view(rig, agent)?.paused?.contains("3 trials in a row failed") == true)
        let before = rig.sent.count
        rig.handle(.slotsReleased(agent, slot: nil))
        #expect(rig.grants(since: before).count == 1)
        #expect(view(rig, agent)?.paused == nil)
    }

    @Test func `releasing what an agent keeps back tells the agent, and what is not there is refused`() {
        let rig = EngineRig()
        let agent = rig.connect(slots: 2)
        rig.handle(.slotReported(SlotID(agent, 1), problem: "memory"))
        rig.handle(.slotsReleased(agent, slot: nil))
        #expect(rig.sent.last?.order == .release(slot: 1))
        rig.handle(.slotsReleased(agent, slot: 7))
        rig.handle(.slotsReleased(AgentID("nobody"), slot: nil))
        #expect(rig.refused.map(\.category) == [.notFound, .notFound])
    }

    @Test func `an old offer of a slot takes no running trial away, and is not forgotten`() throws {
        let rig = EngineRig()
        rig.create(points: 2)
        let agent = rig.connect()
        let first = try #require(rig.ready(agent))
        rig.start(first, on: agent)
        #expect(rig.ready(agent) == nil)
        #expect(rig.state("s-1") == .running)
        // Its end gives the slot the next trial at once.
        let before = rig.sent.count
        rig.end(first, on: agent)
        #expect(rig.state("s-1") == .completed)
        #expect(rig.grants(since: before).map(\.attempt.trial.number) == [2])
    }

    @Test func `an agent that has forgotten its trial loses it with the lease, and its slot is used again`() throws {
        let rig = EngineRig()
        rig.create(points: 1)
        let agent = rig.connect()
        let first = try #require(rig.ready(agent))
        rig.start(first, on: agent)
        rig.ready(agent)
        let before = rig.sent.count
        for _ in 0..<95 {
            rig.live(1)
            rig.handle(.heartbeat(agent, []))
        }
        #expect(rig.grants(since: before).map(\.attempt) == [AttemptID(first.trial, 2)])
    }

    @Test func `an end that says nothing of the program is a loss, with its reason`() throws {
        let rig = EngineRig()
        rig.create(points: 1)
        let agent = rig.connect()
        let first = try #require(rig.ready(agent))
        rig.start(first, on: agent)
        rig.handle(
            .attemptEnded(
                first, from: agent, sequence: 2,
                AttemptEnd(
                    exitCode: 1, started: rig.clock.wall, ended: rig.clock.wall, lost: "machine box was restarted")))
        #expect(rig.state("s-1") == .waiting)
        #expect(rig.reason("s-1") == "machine box was restarted")
        #expect(rig.record.progress[first.trial]?.losses == 1)
        #expect(rig.record.progress[first.trial]?.failures == 0)
    }
}
