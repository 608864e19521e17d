import SweepEngine
import SweepModel
import Testing

@Suite struct AssigningTests {
    @Test func `every point is handed out once, and the sweep ends with the last`() {
        let rig = EngineRig()
        let sweep = rig.create(points: 3)
        let agent = rig.connect()
        for number in 1...3 {
            #expect(rig.runOne(agent) == AttemptID(TrialID(sweep, number), 1))
        }
        #expect(rig.ready(agent) == nil)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
        #expect(rig.record.sweeps[sweep]?.reason == "the space is exhausted: all 3 points of the space are done")
        #expect(rig.grants().map(\.parameters) == [[.init("x", 1)], [.init("x", 2)], [.init("x", 3)]])
    }

    @Test func `a grant is durable before it is sent`() {
        let rig = EngineRig()
        rig.create()
        let agent = rig.connect()
        let effects = rig.handle(.slotReady(SlotID(agent, 0)))
        let kinds = effects.map { effect in
            switch effect {
            case .persist(.trialInserted): "trial"
            case .persist(.attemptInserted): "attempt"
            case .persist(.trialChanged): "changed"
            case .send(_, .assign): "assign"
            default: "other"
            }
        }
        #expect(kinds == ["trial", "attempt", "changed", "assign"])
    }

    @Test func `asked again before it has started, a slot gets the same assignment`() {
        let rig = EngineRig()
        rig.create()
        let agent = rig.connect()
        let first = rig.ready(agent)
        #expect(first != nil)
        #expect(rig.ready(agent) == first)
        #expect(rig.record.trials.count == 1)
    }

    @Test func `an idle slot is served as soon as there is a sweep`() {
        let rig = EngineRig()
        let agent = rig.connect(slots: 2)
        #expect(rig.ready(agent, 0) == nil)
        #expect(rig.ready(agent, 1) == nil)
        rig.create(points: 1)
        #expect(rig.grants().map(\.slot) == [SlotID(agent, 0)])
        rig.create("t", points: 5)
        #expect(rig.grants().map(\.slot) == [SlotID(agent, 0), SlotID(agent, 1)])
    }

    @Test func `the run cap ends the sweep`() {
        let rig = EngineRig()
        let sweep = rig.create(points: nil, cap: 2)
        let agent = rig.connect()
        rig.runOne(agent)
        rig.runOne(agent)
        #expect(rig.ready(agent) == nil)
        #expect(rig.record.sweeps[sweep]?.reason == "the run cap is reached")
    }

    @Test func `no more than 'parallel' trials run at once`() {
        let rig = EngineRig()
        rig.create(points: 5, parallel: 2)
        let agent = rig.connect(slots: 3)
        let attempts = (0..<3).map { rig.ready(agent, $0) }
        #expect(attempts.map { $0 == nil } == [false, false, true])
        if let first = attempts[0] {
            rig.start(first, on: agent)
            rig.end(first, on: agent)
        }
        #expect(rig.grants().last?.slot == SlotID(agent, 2))
    }

    @Test func `higher priority goes first, and equals share`() {
        let rig = EngineRig()
        let low = rig.create("low", points: nil)
        let even = rig.create("even", points: nil)
        let agent = rig.connect(slots: 8)
        var counts: [SweepID: Int] = [:]
        for slot in 0..<6 { counts[rig.ready(agent, slot)?.sweep ?? SweepID("none"), default: 0] += 1 }
        #expect(counts == [low: 3, even: 3])
        let high = rig.create("high", points: nil, priority: 1)
        #expect(rig.ready(agent, 6)?.sweep == high)
        #expect(rig.ready(agent, 7)?.sweep == high)
    }

    @Test func `an agent bound to a sweep takes no other's trials, and is dismissed at its end`() {
        let rig = EngineRig()
        rig.create("a", points: nil)
        rig.create("b", points: 1)
        let agent = rig.connect(sweep: "b")
        #expect(rig.runOne(agent)?.sweep == SweepID("b"))
        #expect(rig.ready(agent) == nil)
        let dismissed = rig.sent.contains { if case .dismiss = $0.order { $0.agent == agent } else { false } }
        #expect(dismissed)
    }

    @Test func `an agent is bound by a name or the beginning of an id, and told where that means no single sweep`() {
        func bound(_ text: String) -> (trial: TrialID?, reason: String?) {
            let rig = EngineRig()
            rig.create("bcd1", points: 9, name: "digits")
            rig.create("bcd2", points: 9, name: "twice")
            rig.create("xyz3", points: 9, name: "twice")
            let agent = rig.connect(sweep: text)
            let reasons = rig.sent.compactMap { sent in
                if case .dismiss(let reason, _) = sent.order { reason } else { nil }
            }
            return (rig.ready(agent)?.trial, reasons.first)
        }
        #expect(bound("digits").trial?.sweep == SweepID("bcd1"))
        #expect(bound("x").trial?.sweep == SweepID("xyz3"))
        #expect(bound("bcd2").trial?.sweep == SweepID("bcd2"))
        #expect(bound("bcd").trial == nil && bound("bcd").reason == "'bcd' means 2 sweeps: bcd1, bcd2")
        #expect(bound("twice").trial == nil && bound("twice").reason == "'twice' means 2 sweeps: bcd2, xyz3")
        #expect(bound("zzz").trial == nil && bound("zzz").reason == "there is no sweep 'zzz'")
    }

    @Test func `a trial that needs two GPUs goes to a slot with two`() {
        let rig = EngineRig()
        rig.create(gpus: 2)
        let small = rig.connect("small", gpus: 1)
        let large = rig.connect("large", gpus: 2)
        #expect(rig.ready(small) == nil)
        #expect(rig.ready(large) != nil)
    }

    @Test func `repetitions of a point share its number and differ in their seed`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: 2, repetitions: 3, seed: 100)
        let agent = rig.connect()
        while rig.runOne(agent) != nil {}
        let grants = rig.grants()
        #expect(grants.map(\.seed) == [100, 101, 102, 100, 101, 102])
        #expect(rig.record.trials.values.sorted { $0.id < $1.id }.map(\.point) == [1, 1, 1, 2, 2, 2])
        #expect(rig.record.sweeps[sweep]?.state == .finished)
    }

    // MARK: Standby

    @Test func `a slot and its standby take turns, and are shown as one slot`() throws {
        let rig = EngineRig()
        rig.create(points: 3)
        let agent = rig.connect(standbys: 1)
        let first = try #require(rig.ready(agent, 0))
        rig.start(first, on: agent)
        let second = try #require(rig.ready(agent, 1))
        #expect(rig.engine.agentViews(now: rig.clock).first?.slots.map(\.attempt) == [first])
        rig.end(first, on: agent, sequence: 2)
        rig.start(second, on: agent)
        #expect(rig.engine.agentViews(now: rig.clock).first?.slots.map(\.attempt) == [second])
        #expect(rig.ready(agent, 0) != nil)
    }

    @Test func `work goes to a slot where it starts at once before one where it waits`() {
        let rig = EngineRig()
        let agent = rig.connect(slots: 2, standbys: 1)
        rig.create(points: 1)
        let running = rig.ready(agent, 0)
        #expect(running != nil)
        // The standby of the busy slot asked first.
        #expect(rig.ready(agent, 2) == nil)
        #expect(rig.ready(agent, 1) == nil)
        rig.create("t", points: 1)
        #expect(rig.grants().map(\.slot) == [SlotID(agent, 0), SlotID(agent, 1)])
    }

    @Test func `two may stand by for a slot, and only one of its turns is shown`() throws {
        let rig = EngineRig()
        rig.create(points: 4)
        let agent = rig.connect(standbys: 2)
        let attempts = try (0..<3).map { try #require(rig.ready(agent, $0)) }
        #expect(rig.ready(agent, 0) == attempts[0])
        rig.start(attempts[0], on: agent)
        for (number, attempt) in attempts.enumerated() {
            #expect(rig.engine.agentViews(now: rig.clock).first?.slots.map(\.attempt) == [attempt])
            rig.end(attempt, on: agent, sequence: 2)
            if number < 2 { rig.start(attempts[number + 1], on: agent) }
        }
        #expect(rig.ready(agent, 2) == AttemptID(TrialID(attempts[0].sweep, 4), 1))
    }

    @Test func `a standby that was forgotten with its agent waits for any slot at once`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: 2)
        let agent = rig.connect(standbys: 1)
        let first = try #require(rig.ready(agent, 0))
        rig.start(first, on: agent)
        let second = try #require(rig.ready(agent, 1))
        rig.connect(held: [(first, alive: true)], incarnation: "2", standbys: 1)
        #expect(rig.record.progress[second.trial]?.state == .waiting)
        #expect(rig.record.progress[second.trial]?.losses == 0)
        let other = rig.connect("b")
        #expect(rig.ready(other) == AttemptID(TrialID(sweep, 2), 2))
    }

    @Test func `three quick failures pause a slot whichever of its turns they took`() throws {
        let rig = EngineRig()
        rig.create(points: 10)
        let agent = rig.connect(standbys: 1)
        var waiting = try #require(rig.ready(agent, 0))
        for turn in 1...3 {
            let next = rig.ready(agent, turn % 2)
            rig.start(waiting, on: agent)
            rig.end(waiting, on: agent, code: 1)
            guard let next else { break }
            waiting = next
        }
        #expect(rig.engine.agentViews(now: rig.clock).first?.slots.first?.paused != nil)
    }
}
