import SweepEngine
import SweepModel
import SweepSearch
import Testing

/// Random histories: agents that come, go, stall and lie; people that pause, cancel and retry; a controller that restarts.
/// After every event the invariants hold, and in the end every point has exactly one result.
@Suite struct SimulationTests {
    private struct FakeAgent {
        var id: AgentID
        var incarnation = 1
        var slots: Int
        var connected = false
        /// By slot: the attempt, the next number, and whether its process is alive.
        var held: [Int: (attempt: AttemptID, next: Int, alive: Bool)] = [:]
        /// Attempts that it was told to end.
        var told: Set<AttemptID> = []
    }

    @Test(arguments: 0..<40)
    func `every point ends exactly once, whatever happens`(seed: Int) throws {
        let pausing = try ASHA(
            problem: StoppingProblem(settings: ["eta": 2], fidelity: Fidelity(max: 20, resumes: true)))
        var generator = SplitMix64(seed: UInt64(seed) &* 7919 &+ 13)
        let rig = EngineRig(EngineConfiguration(lease: 20, breakerPause: 2, breakerLongestPause: 10))
        let sweeps = [
            rig.create("a", points: 25, retries: 1, maxLosses: 1000),
            rig.create("b", points: 12, parallel: 2, maxLosses: 1000, repetitions: 2, priority: 1),
            rig.create("c", objective: Objective(metric: "loss"), retries: 1000, maxLosses: 1000) {
                $0.method = SlowMethod(count: 15)
                $0.space = SearchSpace(parameters: [Parameter(path: ["x"], distribution: SmallInts(count: 15))])
                $0.rule = TwoOfThreeRule()
            },
            rig.create("d", points: 20, objective: Objective(metric: "loss"), retries: 1000, maxLosses: 1000) {
                $0.fidelity = Fidelity(max: 20, resumes: true)
                $0.rule = pausing
            },
        ]
        var agents = (0..<4).map { FakeAgent(id: AgentID("agent\($0)"), slots: $0 % 2 + 1) }
        var steps = 0
        while steps < 20_000, !sweeps.allSatisfy({ rig.record.sweeps[$0]?.state == .finished }) {
            steps += 1
            // Faults stop after a while, so that every history ends.
            let faults = steps < 3_000
            let index = Int.random(in: 0..<agents.count, using: &generator)
            act(&agents[index], rig, faults: faults, &generator)
            // Suggestions come soon, late, or after a restart has forgotten that they were asked for.
            if Int.random(in: 0..<3, using: &generator) == 0 { rig.answer() }
            if faults, Int.random(in: 0..<200, using: &generator) == 0 {
                rig.restart()
                for index in agents.indices { agents[index].connected = false }
            }
            if faults, Int.random(in: 0..<60, using: &generator) == 0 {
                let sweep = sweeps[Int.random(in: 0..<4, using: &generator)]
                rig.handle(Bool.random(using: &generator) ? .sweepPaused(sweep) : .sweepStopped(sweep))
                rig.handle(.sweepResumed(sweep))
            }
            rig.pass(Double.random(in: 0..<1.5, using: &generator))
            rig.handle(.tick)
        }
        #expect(sweeps.allSatisfy { rig.record.sweeps[$0]?.state == .finished }, "seed \(seed) after \(steps) steps")
        for (sweep, count) in [(sweeps[0], 25), (sweeps[1], 24), (sweeps[2], 15), (sweeps[3], 20)] {
            let trials = rig.record.trials.values.filter { $0.id.sweep == sweep }
            #expect(trials.count == count)
            #expect(Set(trials.map { "\($0.parameters) \($0.repetition)" }).count == count)
            for trial in trials {
                let outcomes = rig.record.outcomes.filter { $0.key.trial == trial.id }
                #expect(outcomes.values.filter { $0 == .completed }.count <= 1)
                #expect(rig.record.progress[trial.id]?.state.isFinal == true)
            }
        }
        // A decision is never taken back: what was to be stopped is, unless it had completed before it heard of that.
        for attempt in rig.record.stops.keys {
            let state = rig.record.progress[attempt.trial]?.state
            #expect(state == .pruned || state == .completed, "\(attempt) was to be stopped")
        }
        #expect(rig.record.progress.values.contains { $0.state == .pruned })
        // Of those that paused some went on.
        let paused = Set(rig.record.stops.keys.filter { $0.sweep == sweeps[3] }.map(\.trial))
        #expect(paused.contains { rig.record.progress[$0]?.attempt ?? 0 > 1 })
    }

    private func act(
        _ agent: inout FakeAgent, _ rig: EngineRig, faults: Bool, _ generator: inout SplitMix64
    ) {
        guard agent.connected else { return connect(&agent, rig, &generator) }
        rig.handle(.heartbeat(agent.id, agent.held.values.map(\.attempt)))
        obey(&agent, rig)
        let slot = Int.random(in: 0..<agent.slots, using: &generator)
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<3 where faults:
            // The connection breaks; now and then the agent itself dies with all it had.
            rig.handle(.agentDisconnected(agent.id, incarnation: String(agent.incarnation)))
            agent.connected = false
            if Bool.random(using: &generator) { agent.held.removeAll() }
        case 3..<5 where faults:
            rig.handle(.agentLeft(agent.id))
            agent.connected = false
            agent.held.removeAll()
        default:
            guard let held = agent.held[slot] else {
                if let attempt = rig.ready(agent.id, slot) { agent.held[slot] = (attempt, 1, true) }
                return
            }
            guard held.alive else { return }
            if held.next == 1 {
                rig.start(held.attempt, on: agent.id)
                agent.held[slot]?.next = 2
            } else if agent.told.contains(held.attempt) {
                rig.end(held.attempt, on: agent.id, sequence: held.next, code: 0, stop: .pruned)
                agent.held[slot] = nil
            } else if Bool.random(using: &generator) {
                rig.report(
                    held.attempt, on: agent.id, sequence: held.next,
                    ["loss": Double(held.attempt.trial.number * 7 % 20)])
                agent.held[slot]?.next += 1
            } else {
                let code = faults && Int.random(in: 0..<4, using: &generator) == 0 ? 1 : 0
                rig.end(held.attempt, on: agent.id, sequence: held.next, code: code)
                agent.held[slot] = nil
            }
        }
        obey(&agent, rig)
    }

    private func connect(_ agent: inout FakeAgent, _ rig: EngineRig, _ generator: inout SplitMix64) {
        agent.incarnation += 1
        let before = rig.sent.count
        rig.connect(
            agent.id.text, slots: agent.slots, held: agent.held.values.map { ($0.attempt, alive: $0.alive) },
            incarnation: String(agent.incarnation))
        agent.connected = true
        for (id, order) in rig.sent[before...] where id == agent.id {
            guard case .welcome(let keep, let kill) = order else { continue }
            for (slot, held) in agent.held {
                if kill.contains(held.attempt) { agent.held[slot] = nil }
                if let kept = keep.first(where: { $0.attempt == held.attempt }) {
                    agent.held[slot]?.next = kept.acknowledged + 1
                }
            }
        }
    }

    /// Drops what the controller has fenced or wants ended.
    private func obey(_ agent: inout FakeAgent, _ rig: EngineRig) {
        for (id, order) in rig.sent.suffix(12) where id == agent.id {
            switch order {
            case .stop(let attempt, .fenced, _):
                for (slot, held) in agent.held where held.attempt == attempt { agent.held[slot] = nil }
            case .stop(let attempt, .pruned, _): agent.told.insert(attempt)
            default: break
            }
        }
    }
}

/// Ends two of three trials at their first report.
private struct TwoOfThreeRule: StoppingRule {
    static let name = "two of three"
    static let keys: [StoppingKey] = []

    init() {}
    init(problem: StoppingProblem) throws(SweepError) {}

    func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        guard !trial.isMultiple(of: 3), book.curves[trial]?.points.isEmpty == false else { return .goOn }
        return .stop(StoppingNote(rule: Self.name))
    }
}
