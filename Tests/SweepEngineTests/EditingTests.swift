import SweepEngine
import SweepModel
import SweepSearch
import Testing

@Suite struct EditingTests {
    /// Changes the rig's newest sweep.
    private func edit(
        _ rig: EngineRig, key: String, number: Int, points: [Int] = [],
        _ change: (inout SweepDefinition) -> Void = { _ in }
    ) {
        var definition = rig.definitions[0]
        change(&definition)
        definition.record.editKeys = (rig.record.sweeps[definition.id]?.editKeys ?? []) + [key]
        let record = EditRecord(
            sweep: definition.id, key: key, row: EditRow(number: number, time: rig.clock.wall, changes: ["a change"]),
            before: "", yaml: "new")
        let refusals = rig.refused.count
        rig.handle(
            .sweepEdited(
                SweepEdit(definition: definition, record: record, points: points.map { Point(values: [.int($0)]) })))
        if rig.refused.count == refusals { rig.definitions[0] = definition }
    }

    private func run(_ rig: EngineRig, _ agent: AgentID) throws -> AttemptID {
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        rig.end(attempt, on: agent)
        return attempt
    }

    @Test func `a raised cap lets a finished sweep go on, a lowered one ends it`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: nil, cap: 1)
        let agent = rig.connect()
        _ = try run(rig, agent)
        #expect(rig.ready(agent) == nil)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
        edit(rig, key: "a", number: 1) { $0.pointCap = 3 }
        #expect(rig.record.sweeps[sweep]?.state == .running)
        #expect(rig.grants().last?.attempt.trial.number == 2)
        let attempt = try #require(rig.grants().last?.attempt)
        rig.start(attempt, on: agent)
        edit(rig, key: "b", number: 2) { $0.pointCap = 2 }
        rig.end(attempt, on: agent)
        #expect(rig.ready(agent) == nil)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
        #expect(rig.record.edits[sweep]?.count == 2)
    }

    @Test func `the same edit counts once, one made of an old state not at all`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: nil, cap: 2)
        edit(rig, key: "a", number: 1) { $0.pointCap = 5 }
        edit(rig, key: "a", number: 1) { $0.pointCap = 5 }
        #expect(rig.refused.isEmpty)
        edit(rig, key: "b", number: 1) { $0.pointCap = 1 }
        #expect(rig.refused.map(\.category) == [.tryAgain])
        #expect(rig.record.edits[sweep]?.map(\.key) == ["a"])
    }

    @Test func `points that are asked for come first, survive a restart, and are tried once`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: nil, cap: 6)
        var agent = rig.connect()
        _ = try run(rig, agent)
        edit(rig, key: "a", number: 1, points: [70, 71])
        #expect(rig.record.edits[sweep]?.first?.row.trials == [2, 3])
        #expect(rig.record.trials[TrialID(sweep, 2)]?.parameters == [.init("x", 70)])
        rig.restart()
        agent = rig.connect()
        #expect(try run(rig, agent).trial.number == 2)
        #expect(try run(rig, agent).trial.number == 3)
        #expect(try run(rig, agent).trial.number == 4)
        edit(rig, key: "b", number: 2, points: [70])
        #expect(rig.refused.last?.message.contains("s-2 has these parameters already") == true)
        edit(rig, key: "c", number: 2, points: [90, 91, 92])
        #expect(rig.refused.last?.message.contains("room for 2 of 3") == true)
        rig.handle(.sweepEdited(rig.sweepEdit(of: SweepID("none"))))
        #expect(rig.refused.last?.category == .notFound)
    }

    @Test func `points asked for stand between starting points, and none of these is lost`() throws {
        let rig = EngineRig()
        rig.create(points: nil, cap: 9) { $0.initial = [Point(values: [100]), Point(values: [200])] }
        let agent = rig.connect()
        #expect(try value(rig, run(rig, agent)) == 100)
        edit(rig, key: "a", number: 1, points: [70])
        #expect(try value(rig, run(rig, agent)) == 70)
        #expect(try value(rig, run(rig, agent)) == 200)
        #expect(try value(rig, run(rig, agent)) == 4)
    }

    private func value(_ rig: EngineRig, _ attempt: AttemptID) -> ParameterValue? {
        rig.record.trials[attempt.trial]?.parameters.first?.value
    }

    @Test func `priority changes who is served`() throws {
        let rig = EngineRig()
        rig.create("s", points: nil)
        rig.create("t", points: nil, priority: 1)
        let agent = rig.connect()
        #expect(try run(rig, agent).sweep == SweepID("t"))
        edit(rig, key: "a", number: 1) { $0.priority = 5 }
        #expect(try run(rig, agent).sweep == SweepID("s"))
    }

    @Test func `a change of the shape is refused`() throws {
        let rig = EngineRig()
        rig.create(points: nil)
        edit(rig, key: "a", number: 1) { $0.repetitions = 2 }
        #expect(rig.refused.map(\.category) == [.conflict])
    }
}

extension EngineRig {
    fileprivate func sweepEdit(of id: SweepID) -> SweepEdit {
        var definition = definitions[0]
        definition.record.id = id
        return SweepEdit(
            definition: definition,
            record: EditRecord(
                sweep: id, key: "x", row: EditRow(number: 1, time: clock.wall, changes: []), before: "", yaml: ""))
    }
}
