import SweepModel
import SweepSearch
import Testing

@testable import SweepEngine

/// Ends a trial at step `rung` or after it, if its value there is not below `limit`, or below that of a better trial.
struct LimitRule: StoppingRule {
    static let name = "limit"
    static let keys: [StoppingKey] = []
    var rung = 3.0
    var limit = 10.0

    init(rung: Double = 3, limit: Double = 10) {
        self.rung = rung
        self.limit = limit
    }

    init(problem: StoppingProblem) throws(SweepError) {}

    func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        guard let newest = book.curves[trial]?.points.last, newest.step >= rung, newest.value >= limit else {
            return .goOn
        }
        return .stop(
            StoppingNote(rule: Self.name, rung: newest.step, value: newest.value, threshold: limit, neighbours: [1]))
    }
}

/// Early stopping: decided at each report, recorded, and never taken back.
@Suite struct StoppingTests {
    private let loss = Objective(metric: "loss")

    private func create(
        _ rig: EngineRig, repetitions: Int = 1, fidelity: Fidelity? = nil, retries: Int = 0,
        rule: LimitRule = LimitRule()
    ) -> SweepID {
        rig.create(points: nil, objective: loss, retries: retries, repetitions: repetitions) {
            $0.rule = rule
            $0.fidelity = fidelity
        }
    }

    private func begin(_ rig: EngineRig, _ agent: AgentID) throws -> AttemptID {
        let attempt = try #require(rig.ready(agent))
        rig.start(attempt, on: agent)
        return attempt
    }

    private func report(_ rig: EngineRig, _ attempt: AttemptID, on agent: AgentID, sequence: Int, _ reports: [Report]) {
        rig.handle(.reported(attempt, from: agent, sequence: sequence, reports))
    }

    private func report(_ step: Int?, _ value: Double, _ more: [String: Double] = [:]) -> Report {
        Report(step: step, time: Timestamp(milliseconds: 1), metrics: more.merging(["loss": value]) { $1 })
    }

    private func stops(_ rig: EngineRig) -> [AttemptID] {
        rig.sent.compactMap { if case .stop(let attempt, .pruned, _) = $0.order { attempt } else { nil } }
    }

    @Test func `a trial is stopped at the report that decides it, with the note and the reason in words`() throws {
        let rig = EngineRig()
        _ = create(rig)
        let agent = rig.connect()
        let attempt = try begin(rig, agent)
        report(rig, attempt, on: agent, sequence: 2, [report(1, 50), report(2, 40)])
        #expect(stops(rig).isEmpty)
        report(rig, attempt, on: agent, sequence: 3, [report(3, 30), report(4, 1)])
        #expect(stops(rig) == [attempt])
        let order = try #require(rig.record.stops[attempt])
        #expect(order.reason == .pruned)
        #expect(order.detail == "stopped at step 3: loss 30, needed 10 or less (limit)")
        let note = try JSONCoding.decode(StoppingNote.self, from: #require(order.note))
        #expect(note.value == 30)
        // It ends by itself within the grace: its agent says that it was told to.
        rig.end(attempt, on: agent, sequence: 4, code: 0, stop: .pruned)
        #expect(rig.state("s-1") == .pruned)
        #expect(rig.reason("s-1") == "stopped at step 3: loss 30, needed 10 or less (limit)")
        #expect(rig.record.progress[attempt.trial]?.objective == 1)
        #expect(rig.engine.sweeps[attempt.sweep]?.history.observations.first?.status == .pruned(1))
        #expect(rig.engine.sweeps[attempt.sweep]?.history.observations.first?.curve.map(\.step) == [1, 2, 3])
    }

    @Test func `what had completed before the order arrived is completed`() throws {
        let rig = EngineRig()
        _ = create(rig)
        let agent = rig.connect()
        let attempt = try begin(rig, agent)
        report(rig, attempt, on: agent, sequence: 2, [report(3, 30)])
        #expect(stops(rig) == [attempt])
        rig.end(attempt, on: agent, sequence: 3, code: 0)
        #expect(rig.state("s-1") == .completed)
    }

    @Test func `a decision survives a restart: it is ordered again, and not asked again`() throws {
        let rig = EngineRig()
        _ = create(rig)
        let agent = rig.connect()
        let attempt = try begin(rig, agent)
        report(rig, attempt, on: agent, sequence: 2, [report(1, 50), report(3, 30)])
        rig.restart()
        let before = rig.sent.count
        rig.connect(held: [(attempt, alive: true)])
        let again = rig.sent[before...].compactMap { sent -> String? in
            if case .stop(attempt, .pruned, let detail) = sent.order { detail } else { nil }
        }
        #expect(again == ["stopped at step 3: loss 30, needed 10 or less (limit)"])
        // Late reports of it are recorded and judge nobody.
        report(rig, attempt, on: agent, sequence: 3, [report(4, 1)])
        #expect(rig.record.curves[attempt.trial]?.map(\.mark.step) == [1, 3])
        rig.end(attempt, on: agent, sequence: 4, code: nil, signal: 2)
        #expect(rig.state("s-1") == .pruned)
    }

    @Test func `a decision stands though its agent is lost before it could act on it`() throws {
        let rig = EngineRig(EngineConfiguration(lease: 20))
        _ = create(rig)
        let agent = rig.connect()
        let attempt = try begin(rig, agent)
        report(rig, attempt, on: agent, sequence: 2, [report(3, 30)])
        rig.live(30)
        #expect(rig.state("s-1") == .pruned)
    }

    @Test(arguments: 0..<20)
    func `a book made again from the record is the one that was, whatever was reported`(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed) + 99)
        let rig = EngineRig()
        let fidelity = seed.isMultiple(of: 2) ? Fidelity(metric: "epoch", max: 500) : nil
        let sweep = create(rig, fidelity: fidelity, retries: 5, rule: LimitRule(rung: 400, limit: 60))
        let agent = rig.connect(slots: 3)
        var next: [AttemptID: Int] = [:]
        for slot in 0..<3 {
            let attempt = try #require(rig.ready(agent, slot))
            rig.start(attempt, on: agent)
            next[attempt] = 2
        }
        var step = 1
        for _ in 0..<400 {
            step += Int.random(in: 0..<3, using: &generator)
            guard let (attempt, sequence) = next.sorted(by: { $0.key < $1.key }).randomElement(using: &generator) else {
                break
            }
            if Int.random(in: 0..<40, using: &generator) == 0 {
                // It fails and begins anew, or goes on from its checkpoint.
                rig.end(attempt, on: agent, sequence: sequence, code: 1)
                next[attempt] = nil
                for slot in 0..<3 {
                    guard let again = rig.ready(agent, slot), next[again] == nil else { continue }
                    rig.start(again, on: agent)
                    next[again] = 2
                }
                if Bool.random(using: &generator) { step = max(1, step - 30) }
                continue
            }
            let value = Double.random(in: 0..<100, using: &generator)
            let odd = Int.random(in: 0..<20, using: &generator) == 0
            let given: Int? = fidelity != nil || !seed.isMultiple(of: 3) ? step : nil
            report(
                rig, attempt, on: agent, sequence: sequence,
                [report(given, odd ? .nan : value, fidelity == nil ? [:] : ["epoch": Double(step) / 2])])
            next[attempt] = sequence + 1
        }
        let before = try #require(rig.engine.sweeps[sweep])
        rig.restart()
        let after = try #require(rig.engine.sweeps[sweep])
        #expect(before.book?.curves == after.book?.curves)
        #expect(before.history.observations.map(\.curve) == after.history.observations.map(\.curve))
        #expect(before.history.observations.map(\.status) == after.history.observations.map(\.status))
        #expect(before.live.mapValues(\.stop) == after.live.mapValues(\.stop))
        #expect(before.book?.curves.isEmpty == false)
    }

    @Test func `a new attempt begins its curve anew, and one that resumed goes on with it`() throws {
        let rig = EngineRig()
        let sweep = create(rig, retries: 2)
        let agent = rig.connect()
        var attempt = try begin(rig, agent)
        report(rig, attempt, on: agent, sequence: 2, [report(1, 5), report(2, 4), report(3, 3)])
        rig.end(attempt, on: agent, sequence: 3, code: 1)
        attempt = try begin(rig, agent)
        report(rig, attempt, on: agent, sequence: 2, [report(3, 2), report(4, 1)])
        #expect(rig.engine.sweeps[sweep]?.book?.curves[1]?.points.map(\.value) == [5, 4, 2, 1])
        rig.end(attempt, on: agent, sequence: 3, code: 1)
        attempt = try begin(rig, agent)
        report(rig, attempt, on: agent, sequence: 2, [report(1, 9)])
        #expect(rig.engine.sweeps[sweep]?.book?.curves[1]?.points.map(\.value) == [9])
        #expect(rig.record.curves[attempt.trial]?.map(\.mark.value) == [9])
    }

    @Test func `without a step reports are counted, and a fidelity's metric is the step`() throws {
        let rig = EngineRig()
        _ = create(rig)
        let agent = rig.connect()
        let attempt = try begin(rig, agent)
        report(rig, attempt, on: agent, sequence: 2, [report(nil, 50), report(nil, 40), report(nil, 30)])
        #expect(stops(rig) == [attempt])
        let other = EngineRig()
        _ = create(other, fidelity: Fidelity(metric: "epoch", max: 9))
        let second = other.connect()
        let late = try begin(other, second)
        report(other, late, on: second, sequence: 2, [report(1000, 50, ["epoch": 1]), report(2000, 40, ["epoch": 2])])
        #expect(stops(other).isEmpty)
        report(other, late, on: second, sequence: 3, [report(2500, 40), report(3000, 40, ["epoch": 3])])
        #expect(stops(other) == [late])
    }

    @Test func `a point of which one repetition is stopped counts it with the value that it had`() throws {
        let rig = EngineRig()
        let sweep = create(rig, repetitions: 2)
        let agent = rig.connect()
        let good = try begin(rig, agent)
        report(rig, good, on: agent, sequence: 2, [report(1, 4), report(3, 2)])
        rig.end(good, on: agent, sequence: 3)
        let bad = try begin(rig, agent)
        #expect(rig.engine.sweeps[sweep]?.history.observations.first?.status == .pending)
        report(rig, bad, on: agent, sequence: 2, [report(1, 40), report(3, 20)])
        rig.end(bad, on: agent, sequence: 3, code: 0, stop: .pruned)
        let observation = try #require(rig.engine.sweeps[sweep]?.history.observations.first)
        #expect(observation.status == .completed(11))
        #expect(observation.curve.map(\.value) == [22, 11])
    }

    @Test func `several objectives are kept, and one that is never reported fails the trial`() throws {
        let rig = EngineRig()
        let sweep = rig.create(points: nil, objective: loss) {
            $0.further = [Objective(metric: "size"), Objective(metric: "time", goal: .minimize, summary: .max)]
        }
        let agent = rig.connect()
        let attempt = try begin(rig, agent)
        report(
            rig, attempt, on: agent, sequence: 2,
            [report(1, 4, ["size": 9, "time": 5]), report(2, 3, ["size": 8, "time": 1])])
        rig.end(attempt, on: agent, sequence: 3)
        #expect(rig.record.progress[attempt.trial]?.further == [8, 5])
        rig.restart()
        #expect(rig.engine.sweeps[sweep]?.history.observations.first?.further == [8, 5])
        rig.connect()
        let second = try begin(rig, agent)
        report(rig, second, on: agent, sequence: 2, [report(1, 4, ["size": 9])])
        rig.end(second, on: agent, sequence: 3)
        #expect(rig.reason("s-2") == "objective 'time' never reported; seen: loss, size")
    }
}
