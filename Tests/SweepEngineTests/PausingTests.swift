import SweepModel
import SweepSearch
import Testing

@testable import SweepEngine

/// Trials that pause at a rung and go on later from their checkpoints.
@Suite struct PausingTests {
    private func create(
        _ rig: EngineRig, points: Int? = nil, cap: Int? = nil, max: Double = 9,
        _ objective: Objective = Objective(metric: "loss"), _ change: (inout SweepDefinition) -> Void = { _ in }
    ) throws -> SweepID {
        let fidelity = Fidelity(max: max, resumes: true)
        let rule = try ASHA(problem: StoppingProblem(fidelity: fidelity, budget: cap))
        return rig.create(points: points, objective: objective, cap: cap) {
            $0.rule = rule
            $0.fidelity = fidelity
            change(&$0)
        }
    }

    /// A trial that reports `values` at steps from `first`, and ends as it is told; else with code 0.
    @discardableResult
    private func run(
        _ rig: EngineRig, _ agent: AgentID, from first: Int = 1, _ values: [Double], ends: Bool = true
    ) throws -> AttemptID {
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        var sequence = 1
        for (index, value) in values.enumerated() {
            if stops(rig).contains(attempt) { break }
            sequence += 1
            rig.handle(
                .reported(
                    attempt, from: agent, sequence: sequence,
                    [Report(step: first + index, time: rig.clock.wall, metrics: ["loss": value])]))
        }
        if ends {
            rig.end(attempt, on: agent, sequence: sequence + 1, stop: stops(rig).contains(attempt) ? .pruned : nil)
        }
        return attempt
    }

    private func stops(_ rig: EngineRig) -> [AttemptID] {
        rig.sent.compactMap { if case .stop(let attempt, .pruned, _) = $0.order { attempt } else { nil } }
    }

    @Test func `a paused trial goes on once it is among the best, under a new attempt and from where it was`() throws {
        let rig = EngineRig()
        let sweep = try create(rig)
        let agent = rig.connect()
        let first = try run(rig, agent, [5, 4])
        #expect(first == AttemptID(TrialID(sweep, 1), 1) && rig.state("s-1") == .pruned)
        #expect(rig.reason("s-1") == "paused at step 1: loss 5, of 1 trial at this rung none goes on yet (asha)")
        #expect(rig.engine.sweeps[sweep]?.history.observations.first?.status == .pruned(5))
        try run(rig, agent, [6])
        try run(rig, agent, [7])
        // A new trial would be the fourth.
        let again = try #require(rig.ready(agent))
        #expect(again == AttemptID(first.trial, 2))
        #expect(rig.grants().last?.earlierAttempts == [1])
        #expect(rig.state("s-1") == .assigned)
        #expect(rig.reason("s-1") == "goes on from step 1: now among the best 1 of 3 trials at this rung")
        #expect(rig.engine.sweeps[sweep]?.history.observations.first?.status == .pending)
        rig.start(again, on: agent)
        rig.handle(
            .reported(again, from: agent, sequence: 2, [Report(step: 2, time: rig.clock.wall, metrics: ["loss": 4])]))
        #expect(rig.engine.sweeps[sweep]?.book?.curves[1]?.points.map(\.value) == [5, 4])
        rig.handle(
            .reported(again, from: agent, sequence: 3, [Report(step: 3, time: rig.clock.wall, metrics: ["loss": 3])]))
        #expect(stops(rig).last == again)
        rig.end(again, on: agent, sequence: 4, stop: .pruned)
        #expect(rig.state("s-1") == .pruned)
        #expect(try run(rig, agent, [9]).trial.number == 4)
    }

    @Test func `a script that begins anew is not judged again where it was`() throws {
        let rig = EngineRig()
        let sweep = try create(rig, max: 27)
        let agent = rig.connect()
        for value in [5.0, 6, 7] { try run(rig, agent, [value]) }
        // Worse than before at step 1, and it would pause there a second time.
        let again = try run(rig, agent, [50, 4], ends: false)
        #expect(again.trial.number == 1 && !stops(rig).contains(again))
        #expect(rig.engine.sweeps[sweep]?.book?.curves[1]?.points.map(\.value) == [5, 4])
        rig.restart()
        #expect(rig.engine.sweeps[sweep]?.book?.curves[1]?.points.map(\.value) == [5, 4])
    }

    @Test func `after a restart the same trials are paused, and the same one goes on`() throws {
        let rig = EngineRig()
        let sweep = try create(rig)
        var agent = rig.connect()
        for value in [5.0, 6, 7] {
            try run(rig, agent, [value])
            let before = rig.engine.sweeps[sweep]
            rig.restart()
            #expect(rig.engine.sweeps[sweep]?.paused == before?.paused)
            #expect(rig.engine.sweeps[sweep]?.paused.isEmpty == false)
            #expect(rig.engine.sweeps[sweep]?.book?.curves == before?.book?.curves)
            agent = rig.connect()
        }
        let next = try #require(rig.ready(agent))
        #expect(next == AttemptID(TrialID(sweep, 1), 2))
        rig.restart()
        #expect(rig.state("s-1") == .assigned && rig.engine.sweeps[sweep]?.paused.keys.sorted() == [2, 3])
    }

    @Test func `a sweep ends with its best trial whole and the others pruned`() throws {
        let rig = EngineRig()
        let sweep = try create(rig, cap: 2)
        let agent = rig.connect()
        try run(rig, agent, [5])
        #expect(rig.record.sweeps[sweep]?.state == .running)
        try run(rig, agent, [6])
        #expect(rig.record.sweeps[sweep]?.state == .running)
        let last = try run(rig, agent, from: 2, [4, 4, 3, 3, 3, 3, 3, 2])
        #expect(last == AttemptID(TrialID(sweep, 1), 2))
        #expect(rig.state("s-1") == .completed && rig.state("s-2") == .pruned)
        #expect(rig.record.progress[TrialID(sweep, 1)]?.objective == 2)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
    }

    @Test func `the best value counts over all attempts where the best is what counts`() throws {
        let rig = EngineRig()
        let sweep = try create(rig, cap: 1, Objective(metric: "loss", summary: .min))
        let agent = rig.connect()
        // Alone under its cap it would be resumed at once, so it does not even pause.
        let attempt = try run(rig, agent, [5, 4, 2, 3], ends: false)
        #expect(stops(rig).isEmpty)
        rig.handle(.agentLeft(agent))
        let other = rig.connect("b")
        try run(rig, other, from: 5, [7, 7, 7, 7, 7])
        #expect(rig.record.progress[attempt.trial]?.objective == 2)
        #expect(rig.state("s-1") == .completed)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
    }

    @Test func `a paused trial waits for the machine that has its checkpoint, unless that is gone`() throws {
        let rig = EngineRig()
        _ = try create(rig)
        let near = rig.connect("near", host: "one")
        for value in [5.0, 6, 7] { try run(rig, near, [value]) }
        let far = rig.connect("far", host: "two")
        #expect(try #require(rig.ready(far)).trial.number == 4)
        #expect(try #require(rig.ready(near)).trial.number == 1)
        let other = EngineRig()
        _ = try create(other)
        let gone = other.connect("gone", host: "one")
        for value in [5.0, 6, 7] { try run(other, gone, [value]) }
        other.handle(.agentLeft(gone))
        other.restart()
        let left = other.connect("left", host: "two")
        #expect(try #require(other.ready(left)).trial.number == 1)
    }

    @Test func `an idle slot takes up a paused trial as soon as another one's report allows it`() throws {
        let rig = EngineRig()
        _ = try create(rig, cap: 6)
        let agent = rig.connect(slots: 2)
        for value in [6.0, 5, 7] { try run(rig, agent, [value]) }
        let best = try run(rig, agent, from: 2, [1, 1, 1, 1, 1, 1, 1, 1], ends: false)
        #expect(best.trial.number == 2 && stops(rig).last == best)
        rig.end(best, on: agent, sequence: 4, stop: .pruned)
        for value in [8.0, 9] { try run(rig, agent, [value]) }
        let last = try #require(rig.ready(agent, 1))
        rig.start(last, on: agent)
        try run(rig, agent, from: 4, [1, 1, 1, 1, 1, 1])
        #expect(rig.state("s-2") == .completed)
        #expect(rig.ready(agent, 0) == nil)
        // Of six at the first rung two go on.
        let before = rig.sent.count
        rig.report(last, on: agent, sequence: 2, ["loss": 10])
        #expect(rig.grants(since: before).map(\.attempt.trial.number) == [1])
    }

    @Test func `when the best fails on its way the next best is trained to its end`() throws {
        let rig = EngineRig()
        let sweep = try create(rig, cap: 3)
        let agent = rig.connect()
        for value in [6.0, 5, 7] { try run(rig, agent, [value]) }
        let best = try run(rig, agent, [], ends: false)
        rig.end(best, on: agent, sequence: 2, code: 1)
        #expect(rig.state("s-2") == .failed)
        let next = try run(rig, agent, from: 2, [4, 4, 4, 4, 4, 4, 4, 4])
        #expect(next.trial.number == 1 && rig.state("s-1") == .completed)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
    }

    @Test func `a script that had reached its end before it was stopped has nothing more to report`() throws {
        let rig = EngineRig()
        _ = try create(rig)
        let agent = rig.connect()
        let attempt = try run(rig, agent, [5], ends: false)
        for step in 2...9 { rig.report(attempt, on: agent, sequence: step + 1, ["loss": 1]) }
        rig.end(attempt, on: agent, sequence: 11, stop: .pruned)
        for value in [6.0, 7] { try run(rig, agent, [value]) }
        let again = try run(rig, agent, [], ends: false)
        rig.restart()
        rig.connect(held: [(again, alive: true)])
        rig.end(again, on: agent)
        #expect(again.number == 2 && rig.state("s-1") == .completed)
        #expect(rig.record.progress[again.trial]?.objective == 1)
    }

    @Test func `reports without a step are counted on`() throws {
        let rig = EngineRig()
        let sweep = try create(rig, max: 27)
        let agent = rig.connect()
        for value in [5.0, 6, 7] { try run(rig, agent, [value]) }
        let again = try #require(rig.ready(agent))
        rig.start(again, on: agent)
        for sequence in 2...3 {
            rig.handle(
                .reported(again, from: agent, sequence: sequence, [Report(time: rig.clock.wall, metrics: ["loss": 4])]))
        }
        #expect(rig.engine.sweeps[sweep]?.book?.curves[1]?.points.map(\.step) == [1, 2, 3])
        #expect(stops(rig).last == again)
        rig.restart()
        #expect(rig.engine.sweeps[sweep]?.book?.curves[1]?.points.map(\.step) == [1, 2, 3])
    }

    @Test func `patience counts a point once, also when it has gone on`() throws {
        let rig = EngineRig()
        let sweep = try create(rig) { $0.limits = SweepLimits(patience: 100) }
        let agent = rig.connect()
        for value in [5.0, 6, 7] { try run(rig, agent, [value]) }
        let before = rig.engine.sweeps[sweep]?.gauge.sinceImprovement
        try run(rig, agent, from: 2, [9, 9, 9])
        #expect(rig.engine.sweeps[sweep]?.gauge.sinceImprovement == before)
        let live = rig.engine.sweeps[sweep]?.gauge.sinceImprovement
        rig.restart()
        #expect(rig.engine.sweeps[sweep]?.gauge.sinceImprovement == live)
    }
}
