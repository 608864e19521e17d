import SweepEngine
import SweepModel
import SweepSearch
import Testing

/// Which alerts a sweep raises, and that each is raised once.
@Suite struct AlertTests {
    private func rig(
        _ kinds: Set<AlertKind> = Set(NotifyTarget.kinds), points: Int? = 100, cap: Int? = nil,
        goal: Objective.Goal = .minimize
    ) -> (rig: EngineRig, agent: AgentID) {
        let rig = EngineRig()
        rig.create(points: points, objective: Objective(metric: "loss", goal: goal), cap: cap) {
            $0.alerts = AlertRules(kinds: kinds, stalledAfter: 100, hotAt: 80)
        }
        return (rig, rig.connect(gpus: 1))
    }

    /// Runs a trial that reports `loss`, and ends with `code`.
    private func run(_ rig: EngineRig, _ agent: AgentID, loss: Double? = nil, code: Int = 0) throws {
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        if let loss { rig.report(attempt, on: agent, sequence: 2, ["loss": loss]) }
        rig.end(attempt, on: agent, sequence: loss == nil ? 2 : 3, code: code)
    }

    private func texts(_ rig: EngineRig, _ kind: AlertKind) -> [String] {
        rig.record.alerts.filter { $0.kind == kind }.map(\.text)
    }

    @Test func `a sweep tells nothing that nobody wants`() throws {
        let (rig, agent) = rig([.stalled], points: 2)
        try run(rig, agent, code: 1)
        try run(rig, agent, loss: 1)
        #expect(rig.record.sweeps[SweepID("s")]?.state == .finished)
        #expect(rig.record.alerts.isEmpty)
    }

    @Test func `the end is told with what came of it`() throws {
        let (rig, agent) = rig([.finished], points: 3)
        try run(rig, agent, loss: 0.5)
        try run(rig, agent, loss: 0.25)
        try run(rig, agent, code: 1)
        #expect(
            texts(rig, .finished) == [
                "finished: the space is exhausted: all 3 points of the space are done; 3 of 3 trials done, 1 failed; "
                    + "best loss 0.25 (trial 2)"
            ])
        #expect(rig.record.alerts.first?.number == 1)
        #expect(rig.record.alerts.first?.time == rig.clock.wall)
    }

    @Test func `what a person ended is no news`() {
        let (rig, _) = rig([.finished])
        rig.handle(.sweepStopped(SweepID("s")))
        rig.handle(.sweepCancelled(SweepID("s")))
        #expect(rig.record.alerts.isEmpty)
    }

    @Test func `a flood of failures is told at the first, second, fourth and so on`() throws {
        let (rig, agent) = rig([.failed])
        for _ in 0..<9 {
            try run(rig, agent, code: 1)
            rig.handle(.slotsReleased(agent, slot: nil))
        }
        #expect(rig.record.alerts.map(\.trial) == [1, 2, 4, 8])
        #expect(texts(rig, .failed).first?.hasPrefix("a trial has failed") == true)
        #expect(texts(rig, .failed).last?.hasPrefix("8 trials have failed") == true)
        #expect(texts(rig, .failed).last?.contains("exit code 1") == true)
    }

    @Test(arguments: [
        (Objective.Goal.minimize, [3.0, 4, 2, 2, 1], [3, 5]), (.maximize, [3, 4, 2, 5, 5], [2, 4]),
    ])
    func `only what is better than all before is a new best, and never the first`(
        goal: Objective.Goal, losses: [Double], told: [Int]
    ) throws {
        let (rig, agent) = rig([.newBest], goal: goal)
        for loss in losses { try run(rig, agent, loss: loss) }
        #expect(rig.record.alerts.map(\.trial) == told)
    }

    @Test func `a restart tells nothing again, and goes on with the numbers`() throws {
        let (rig, agent) = rig([.newBest, .failed], points: 10)
        try run(rig, agent, loss: 3)
        try run(rig, agent, loss: 2)
        try run(rig, agent, code: 1)
        try run(rig, agent, code: 1)
        #expect(rig.record.alerts.map(\.trial) == [2, 3, 4])
        rig.restart()
        let again = rig.connect(gpus: 1, incarnation: "2")
        try run(rig, again, loss: 2.5)
        try run(rig, again, code: 1)
        #expect(rig.record.alerts.count == 3)
        try run(rig, again, loss: 1)
        try run(rig, again, code: 1)
        #expect(rig.record.alerts.map(\.trial) == [2, 3, 4, 7, 8])
        #expect(rig.record.alerts.map(\.number) == [1, 2, 3, 4, 5])
    }

    @Test func `a sweep of which nothing is heard is told once, until there is news`() throws {
        let (rig, agent) = rig([.stalled])
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        func silence(_ seconds: Int) {
            for _ in 0..<seconds {
                rig.live(1)
                rig.handle(.heartbeat(agent, [attempt]))
            }
        }
        silence(99)
        #expect(rig.record.alerts.isEmpty)
        silence(2)
        #expect(
            texts(rig, .stalled) == [
                "nothing was heard for 1 min: 1 trial runs and reports nothing; 0 of 1 trials done"
            ])
        silence(300)
        #expect(rig.record.alerts.count == 1)
        rig.report(attempt, on: agent, sequence: 2, ["loss": 1])
        silence(99)
        #expect(rig.record.alerts.count == 1)
        silence(2)
        #expect(rig.record.alerts.count == 2)
    }

    @Test func `a sweep that nobody works on has stalled, one that is paused has not`() {
        let rig = EngineRig()
        for id in ["s", "t"] {
            rig.create(id) { $0.alerts = AlertRules(kinds: [.stalled], stalledAfter: 100) }
        }
        rig.handle(.sweepPaused(SweepID("t")))
        rig.live(102)
        #expect(rig.record.alerts.map(\.sweep) == [SweepID("s")])
        #expect(texts(rig, .stalled).first?.contains("no agent is connected") == true)
    }

    @Test func `an agent that is lost is told once, whatever it held`() throws {
        let (rig, _) = rig([.agentLost])
        let two = rig.connect("two", slots: 2)
        for slot in 0..<2 { rig.start(try #require(rig.ready(two, slot)), on: two) }
        rig.live(91)
        #expect(texts(rig, .agentLost) == ["agent two was silent for 90 s: 2 of its trials are given up"])
    }

    @Test func `a hot GPU is told once, and again only after it has cooled down`() throws {
        let (rig, agent) = rig([.gpuHot])
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        func heat(_ degrees: Double, slot: Int = 0) {
            rig.handle(.heartbeat(agent, [attempt], heat: [SlotHeat(slot: slot, degrees: degrees)]))
        }
        heat(79.9)
        heat(90, slot: 7)
        #expect(rig.record.alerts.isEmpty)
        heat(80)
        heat(85)
        heat(76)
        heat(85)
        #expect(texts(rig, .gpuHot) == ["slot 0 of agent a has 80 °C (s-1 runs there)"])
        heat(74)
        heat(81)
        #expect(rig.record.alerts.count == 2)
        rig.end(attempt, on: agent, sequence: 2)
        heat(74)
        heat(99)
        #expect(rig.record.alerts.count == 2)
    }

    @Test func `what an edit adds begins from what is on record`() throws {
        let rig = EngineRig()
        let id = rig.create(points: 100, objective: Objective(metric: "loss", goal: .minimize))
        let agent = rig.connect()
        try run(rig, agent, loss: 1)
        try run(rig, agent, code: 1)
        var definition = try #require(rig.engine.definition(of: id))
        definition.alerts = AlertRules(kinds: [.newBest, .failed])
        definition.record.editKeys = ["k"]
        let row = EditRow(number: 1, time: rig.clock.wall, changes: ["who is notified of what"], because: nil)
        rig.handle(
            .sweepEdited(
                SweepEdit(
                    definition: definition, record: EditRecord(sweep: id, key: "k", row: row, before: "", yaml: ""))))
        try run(rig, agent, loss: 2)
        #expect(rig.record.alerts.isEmpty)
        try run(rig, agent, code: 1)
        try run(rig, agent, loss: 0.5)
        #expect(rig.record.alerts.map(\.kind) == [.failed, .newBest])
    }
}
