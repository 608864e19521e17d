import SweepModel
import SweepSearch
import Testing

@testable import SweepEngine

/// A slow method over the whole numbers 1 ... `count`: the smallest that the history does not hold.
struct SlowMethod: SearchMethod {
    static let name = "slow"
    var size: Int?
    var count = Int.max
    /// What it expects of its next point.
    var expected: Double?

    init(count: Int = .max, expected: Double? = nil) {
        self.count = count
        self.expected = expected
    }

    init(problem: SearchProblem) throws(SweepError) {}

    var isSlow: Bool { true }

    func suggest(after history: SearchHistory) -> Suggestion {
        let taken = Set(history.observations.compactMap { $0.point.values.first??.number })
        guard let next = (1...min(count, 1_000_000)).first(where: { !taken.contains(Double($0)) }) else {
            return .exhausted
        }
        let known = history.observations.count { if case .completed = $0.status { true } else { false } }
        return .point(
            Point(values: [.int(next)]),
            SuggestionNote(origin: "model", expectedImprovement: expected, learntFrom: known))
    }
}

/// Suggestions of a slow method are computed beside the engine, and kept ready.
@Suite struct SuggestingTests {
    private let loss = Objective(metric: "loss")

    private func slow(_ rig: EngineRig, count: Int = .max, cap: Int? = nil, limits: SweepLimits = SweepLimits())
        -> SweepID
    {
        rig.create(objective: loss, cap: cap) {
            $0.method = SlowMethod(count: count, expected: limits.expectedImprovement.map { $0 / 2 })
            $0.limits = limits
            $0.space = SearchSpace(parameters: [
                Parameter(path: ["x"], distribution: SmallInts(count: min(count, 1_000_000)))
            ])
        }
    }

    private func finish(_ attempt: AttemptID, _ rig: EngineRig, on agent: AgentID, loss: Double) {
        rig.start(attempt, on: agent)
        let started = rig.clock.wall
        rig.pass(10)
        rig.report(attempt, on: agent, sequence: 2, ["loss": loss])
        let end = AttemptEnd(exitCode: 0, started: started, ended: rig.clock.wall)
        rig.handle(.attemptEnded(attempt, from: agent, sequence: 3, end))
    }

    private func note(_ rig: EngineRig, _ trial: TrialID) -> SuggestionNote? {
        rig.record.trials[trial]?.note.flatMap { try? JSONCoding.decode(SuggestionNote.self, from: $0) }
    }

    @Test func `nothing is computed before an agent is there to run it`() {
        let rig = EngineRig()
        _ = slow(rig)
        #expect(rig.requests.isEmpty)
        rig.connect()
        #expect(rig.requests.count == 1)
    }

    @Test func `a slot gets the ready suggestion in the same round trip, and the next one is asked for`() {
        let rig = EngineRig()
        let sweep = slow(rig)
        let agent = rig.connect()
        rig.answer()
        #expect(rig.requests.isEmpty, "one is kept ready")
        let attempt = rig.ready(agent)
        #expect(attempt == AttemptID(TrialID(sweep, 1), 1))
        #expect(note(rig, TrialID(sweep, 1))?.origin == "model")
        #expect(rig.requests.first?.history.observations.count == 1, "the running trial is pending in it")
    }

    @Test func `a free slot waits a little for the first suggestion, and then gets one of a cheaper method`() {
        let rig = EngineRig(EngineConfiguration(suggestionPatience: 0.3))
        let sweep = slow(rig)
        let agent = rig.connect()
        #expect(rig.ready(agent) == nil)
        let due = rig.engine.wakeAt
        #expect(due == rig.clock.instant + 0.3)
        rig.pass(0.31)
        rig.handle(.tick)
        #expect(rig.grants().count == 1)
        let first = note(rig, TrialID(sweep, 1))
        #expect(first?.origin == "random")
        #expect(first?.remark == "the search was still computing after 0.31 s")
        // What was being computed does not know that point: it is used, if it is another one, and asked for anew.
        let late = rig.answer()
        #expect(rig.requests.count == 1)
        if case .point(let point, _)? = late {
            let isTaken = rig.record.trials[TrialID(sweep, 1)].map { $0.parameters[0].value == point.values[0] }
            #expect(isTaken == false || rig.requests[0].history.observations.count == 1)
        }
    }

    @Test func `a suggestion that knows the newest result is worth a small part of a trial's time`() {
        let rig = EngineRig(EngineConfiguration(suggestionPatience: 0.3))
        let sweep = slow(rig)
        let agent = rig.connect()
        rig.answer()
        for number in 1...2 {
            guard let attempt = rig.ready(agent) else {
                return #expect(Bool(false), "trial \(number) was not handed out")
            }
            // Ready before the result is known.
            rig.answer()
            finish(attempt, rig, on: agent, loss: Double(number))
            #expect(rig.ready(agent) == nil, "2 % of 10 s may pass")
            rig.answer()
        }
        #expect(Set(rig.grants().map(\.attempt)).count == 3)
        #expect(note(rig, TrialID(sweep, 3))?.learntFrom == 2)
        // Where it takes longer than that, the stale one is better than to wait.
        rig.answer()
        finish(AttemptID(TrialID(sweep, 3), 1), rig, on: agent, loss: 3)
        #expect(rig.ready(agent) == nil)
        rig.pass(0.21)
        rig.handle(.tick)
        #expect(Set(rig.grants().map(\.attempt)).count == 4)
        #expect(note(rig, TrialID(sweep, 4))?.learntFrom == 2)
    }

    @Test func `in a finite space no point comes twice, and the end is told`() {
        let rig = EngineRig(EngineConfiguration(suggestionPatience: 0.1))
        let sweep = slow(rig, count: 6)
        let agent = rig.connect(slots: 3)
        var steps = 0
        while rig.record.sweeps[sweep]?.state == .running, steps < 200 {
            steps += 1
            for slot in 0..<3 {
                if let attempt = rig.ready(agent, slot) { finish(attempt, rig, on: agent, loss: 1) }
            }
            // Every other answer is late: stop gaps come between.
            rig.pass(0.2)
            if steps.isMultiple(of: 2) { rig.handle(.tick) }
            for grant in rig.grants() where rig.state(grant.attempt.trial.description) == .assigned {
                finish(grant.attempt, rig, on: agent, loss: 1)
            }
            if steps.isMultiple(of: 3) { rig.answer() }
        }
        #expect(rig.record.sweeps[sweep]?.state == .finished)
        #expect(rig.record.sweeps[sweep]?.reason == "the space is exhausted: all 6 points of the space are done")
        #expect(Set(rig.record.trials.values.map { "\($0.parameters)" }).count == 6)
    }

    @Test func `the run cap bounds what is computed ahead`() {
        let rig = EngineRig()
        let sweep = slow(rig, cap: 2)
        let agent = rig.connect(slots: 2)
        for slot in 0..<2 {
            rig.answer()
            #expect(rig.ready(agent, slot) != nil)
        }
        #expect(rig.requests.isEmpty)
        for number in 1...2 { finish(AttemptID(TrialID(sweep, number), 1), rig, on: agent, loss: 1) }
        #expect(rig.record.sweeps[sweep]?.reason == "the run cap is reached")
    }

    @Test func `an answer after a restart, a pause, an end or a deletion changes nothing that it should not`() {
        let rig = EngineRig()
        let sweep = slow(rig)
        let agent = rig.connect()
        let old = rig.requests[0]
        rig.restart()
        #expect(rig.handle(.suggested(sweep, request: old.number, .exhausted)).isEmpty)
        #expect(rig.record.sweeps[sweep]?.state == .running)
        rig.connect()
        rig.handle(.sweepPaused(sweep))
        rig.answer()
        #expect(rig.ready(agent) == nil)
        rig.handle(.sweepResumed(sweep))
        #expect(rig.grants().count == 1)
        let request = rig.requests.first
        rig.handle(.sweepDeleted(sweep, force: true))
        if let request {
            #expect(rig.handle(.suggested(sweep, request: request.number, .exhausted)).isEmpty)
        }
    }

    @Test func `starting points come first, in order, whatever the method`() {
        let rig = EngineRig()
        let sweep = rig.create(points: nil) {
            $0.initial = [Point(values: [.int(70)]), Point(values: [.int(60)])]
        }
        let agent = rig.connect(slots: 3)
        for slot in 0..<3 { rig.ready(agent, slot) }
        let values = (1...3).map { rig.record.trials[TrialID(sweep, $0)]?.parameters.first?.value }
        #expect(values == [.int(70), .int(60), .int(3)])
        #expect(note(rig, TrialID(sweep, 1))?.origin == "starting point")
        #expect(note(rig, TrialID(sweep, 3)) == nil)
    }

    @Test func `a sweep from which nothing more is expected ends by itself, saying so`() {
        let rig = EngineRig()
        let sweep = slow(rig, limits: SweepLimits(expectedImprovement: 0.01))
        let agent = rig.connect()
        rig.answer()
        #expect(rig.ready(agent) == nil)
        #expect(
            rig.record.sweeps[sweep]?.reason
                == "the search expects no improvement above 0.01 (of the next trial: 0.005)")
    }

    @Test func `patience counts points without an improvement, also over a restart`() {
        let rig = EngineRig()
        let sweep = rig.create(points: nil, objective: loss) { $0.limits.patience = 3 }
        let agent = rig.connect()
        for (index, value) in [5.0, 3, 4, 4].enumerated() {
            guard let attempt = rig.ready(agent) else { break }
            finish(attempt, rig, on: agent, loss: value)
            if index == 2 {
                rig.restart()
                rig.connect()
            }
        }
        if let attempt = rig.ready(agent) { finish(attempt, rig, on: agent, loss: 3) }
        #expect(rig.record.sweeps[sweep]?.state == .running)
        #expect(rig.ready(agent) == nil)
        #expect(rig.record.sweeps[sweep]?.reason == "no improvement in the last 3 trials")
        #expect(rig.record.trials.count == 5)
    }

    @Test func `after the time budget nothing new is handed out, and what runs may end`() {
        let rig = EngineRig()
        let sweep = rig.create(points: nil) { $0.limits.timeBudget = 60 }
        let agent = rig.connect(slots: 2)
        let attempt = rig.ready(agent)
        rig.live(61)
        #expect(rig.ready(agent, 1) == nil)
        #expect(rig.record.sweeps[sweep]?.state == .running)
        if let attempt {
            rig.start(attempt, on: agent)
            rig.end(attempt, on: agent)
        }
        #expect(rig.record.sweeps[sweep]?.reason == "the time budget of 60 s is spent")
    }
}

/// The whole numbers 1 ... `count`.
struct SmallInts: Distribution {
    static let name = "small_ints"
    static let keys: [DistributionKey] = []
    var count = 1
    init(count: Int) { self.count = count }
    init(fields: DistributionFields) throws(DistributionError) {}
    func value(at u: Double) -> ParameterValue { .int(min(count, 1 + Int(u * Double(count)))) }
    func position(of value: ParameterValue) -> Double? { 0 }
    var gridAxis: GridAxis? { nil }
    var valueCount: Int? { count }
    var summary: String { "small" }
}
