import ArgumentParser
import SweepEngine
import SweepModel
import SweepSpec

/// Trial life cycles a second of the engine alone: suggested, assigned, started, reported, ended; one thread, no I/O.
struct EngineBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Trial life cycles a second of the engine alone.")

    @Option(help: "Trials to run.")
    var trials = 200_000

    @Option(help: "Slots that run them, ten an agent.")
    var slots = 100

    func validate() throws {
        guard trials > 0, slots > 0 else { throw ValidationError("--trials and --slots must be above 0") }
    }

    func run() throws {
        var engine = Engine()
        let agents = (0..<(slots + 9) / 10).map { AgentID("agent\($0)") }
        let agentSlots = ConnectedAgent.Slot(label: "cpu")
        for agent in agents {
            let description = ConnectedAgent(
                id: agent, incarnation: "1", name: agent.text, host: "bench",
                slots: Array(repeating: agentSlots, count: 10))
            _ = engine.handle(.agentConnected(description), now: now(0))
        }
        _ = engine.handle(.sweepCreated(try definition()), now: now(0))
        let slotIDs = agents.flatMap { agent in (0..<10).map { SlotID(agent, $0) } }.prefix(slots)

        var done = 0
        var effectCount = 0
        let clock = ContinuousClock()
        let seconds = clock.measure {
            while done < trials {
                let before = done
                for slot in slotIDs where done < trials {
                    let effects = engine.handle(.slotReady(slot), now: now(done))
                    effectCount += effects.count
                    guard let attempt = Self.assigned(effects) else { continue }
                    effectCount += live(attempt, on: slot.agent, in: &engine, number: done)
                    done += 1
                }
                if done == before { break }
            }
        }
        guard done == trials else { throw ValidationError("the engine handed out \(done) of \(trials) trials") }
        let result: ParameterValue = [
            "trials": .int(done), "seconds": .double(seconds.inSeconds),
            "rate": .double(Double(done) / seconds.inSeconds), "effects": .int(effectCount),
        ]
        print(result.json())
    }

    /// All that an agent says of one attempt; the number of effects that follow.
    private func live(_ attempt: AttemptID, on agent: AgentID, in engine: inout Engine, number: Int) -> Int {
        let wall = now(number).wall
        let launch = Launch(argv: ["true"], directory: "/", time: wall)
        let report = Report(step: 1, time: wall, metrics: ["loss": Double(number % 97)])
        let end = AttemptEnd(exitCode: 0, started: wall, ended: wall)
        return engine.handle(.attemptStarted(attempt, from: agent, sequence: 1, launch), now: now(number)).count
            + engine.handle(.reported(attempt, from: agent, sequence: 2, [report]), now: now(number)).count
            + engine.handle(.attemptEnded(attempt, from: agent, sequence: 3, end), now: now(number)).count
    }

    private static func assigned(_ effects: [Effect]) -> AttemptID? {
        for case .send(_, .assign(let grant)) in effects { return grant.attempt }
        return nil
    }

    private func definition() throws -> SweepDefinition {
        let yaml = BenchSweep.yaml(trials: trials)
        guard let spec = SpecParser.parse(yaml).spec else { throw ValidationError("the bench's own sweep is refused") }
        let record = SweepModel.SweepRecord(
            id: SweepID("bench"), yaml: yaml, seed: 1, created: Timestamp(milliseconds: 0))
        return SweepDefinition(
            record: record, space: spec.space, method: try spec.makeMethod(seed: 1), objective: spec.objective,
            pointCap: spec.runCap)
    }

    /// A tenth of a millisecond a trial: the engine learns the time only from its events.
    private func now(_ number: Int) -> Now {
        Now(
            instant: Instant(nanoseconds: Int64(number) * 100_000),
            wall: Timestamp(milliseconds: Int64(number) / 10))
    }
}
