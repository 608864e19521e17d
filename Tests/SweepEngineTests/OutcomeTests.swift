import SweepEngine
import SweepModel
import Testing

@Suite struct OutcomeTests {
    private let loss = Objective(metric: "loss")

    /// One trial with these reports and this end; gives its state, objective and reason.
    private func trial(
        _ reports: [[String: Double]], objective: Objective? = Objective(metric: "loss"), code: Int = 0,
        signal: Int? = nil, line: String? = nil, launchError: String? = nil
    ) -> TrialProgress? {
        let rig = EngineRig()
        rig.create(objective: objective)
        let agent = rig.connect()
        guard let attempt = rig.ready(agent) else { return nil }
        rig.start(attempt, on: agent)
        for (index, metrics) in reports.enumerated() {
            rig.report(attempt, on: agent, sequence: index + 2, metrics)
        }
        rig.end(
            attempt, on: agent, sequence: reports.count + 2, code: code, signal: signal, line: line,
            launchError: launchError)
        return rig.record.progress[attempt.trial]
    }

    @Test func `the last reported value is the objective`() {
        let trial = trial([["loss": 3], ["loss": 1], ["loss": 2, "acc": 0.5]])
        #expect(trial?.state == .completed)
        #expect(trial?.objective == 2)
        #expect(trial?.step == 4)
        #expect(trial?.metrics == ["loss": 2, "acc": 0.5])
    }

    @Test(arguments: [(Objective.Summary.min, 1.0), (.max, 3), (.mean, 2), (.last, 2)])
    func `metric summary chooses the value`(summary: Objective.Summary, value: Double) {
        let objective = Objective(metric: "loss", summary: summary)
        #expect(trial([["loss": 3], ["loss": 1], ["loss": 2]], objective: objective)?.objective == value)
    }

    @Test func `an objective that was never reported is a failure that names what was seen`() {
        let trial = trial([["acc": 1], ["train_loss": 2]])
        #expect(trial?.state == .failed)
        #expect(trial?.reason == "objective 'loss' never reported; seen: acc, train_loss")
        #expect(self.trial([])?.reason == "objective 'loss' never reported; seen: no metric at all")
    }

    @Test
    func
        `what an agent's rules refuse is no failure of the program, is not tried again, and pauses the slot`()
    {
        let rig = EngineRig()
        rig.create(objective: loss)
        let agent = rig.connect()
        for number in 1...3 {
            guard let attempt = rig.ready(agent) else {
                Issue.record("no trial \(number)")
                return
            }
            rig.end(attempt, on: agent, sequence: 1, launchError: "not allowed here", refused: true)
            let trial = rig.record.progress[attempt.trial]
            #expect(trial?.state == .failed)
            #expect(trial?.reason == "not allowed here")
            #expect(trial?.failures == 0)
            #expect(trial?.attempt == 1)
        }
        #expect(rig.ready(agent) == nil)
    }

    @Test func `a line that was too long for a metric is in the reason why none came`() {
        #expect(
            trial([], line: "1 line too long")?.reason?.hasSuffix("no metric at all: 1 line too long")
                == true)
    }

    @Test func `an objective that is no number is a failure`() {
        let trial = trial([["loss": 1], ["loss": .nan]])
        #expect(trial?.state == .failed)
        #expect(trial?.reason == "objective 'loss' was NaN at step 3")
        #expect(trial?.objective == nil)
        let minimum = Objective(metric: "loss", summary: .min)
        #expect(self.trial([["loss": 1], ["loss": .nan]], objective: minimum)?.objective == 1)
    }

    @Test func `without an objective the exit code decides`() {
        #expect(trial([], objective: nil)?.state == .completed)
        #expect(trial([], objective: nil, code: 3)?.state == .failed)
    }

    @Test func `a failure says why in one line`() {
        #expect(trial([], code: 1, line: "ValueError: bad")?.reason == "exit code 1: ValueError: bad")
        #expect(trial([], signal: 11)?.reason == "ended by signal 11 (SIGSEGV)")
        #expect(
            trial([], signal: 9)?.reason == "ended by signal 9 (SIGKILL), perhaps by the kernel for want of memory")
        #expect(trial([], launchError: "program 'x' not found")?.reason == "program 'x' not found")
    }

    @Test func `a failed trial is run again as often as 'retries' says`() {
        let rig = EngineRig()
        let sweep = rig.create(points: 1, retries: 2)
        let agent = rig.connect(slots: 3)
        for (slot, number) in [(0, 1), (1, 2), (2, 3)] {
            #expect(rig.runOne(agent, slot, code: 1)?.number == number)
        }
        #expect(rig.state("s-1") == .failed)
        #expect(rig.record.progress[TrialID(sweep, 1)]?.failures == 3)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
    }

    @Test func `a trial that asks to be run again is, within the limit of losses`() {
        let rig = EngineRig()
        rig.create(points: 1, maxLosses: 2)
        let agent = rig.connect()
        for _ in 0..<3 { rig.runOne(agent, code: 75) }
        #expect(rig.state("s-1") == .failed)
        #expect(rig.record.outcomes.values.allSatisfy { $0 == .preempted })
    }

    @Test func `an assignment that an agent declines costs its trial nothing`() {
        let rig = EngineRig()
        rig.create(points: 1, maxLosses: 1)
        let agent = rig.connect()
        for _ in 0..<5 {
            guard let attempt = rig.ready(agent) else {
                Issue.record("the trial is not offered again")
                return
            }
            rig.handle(
                .attemptEnded(
                    attempt, from: agent, sequence: 1,
                    AttemptEnd(
                        exitCode: 75, started: rig.clock.wall, ended: rig.clock.wall,
                        lastLine: "the agent takes no more trials", declined: true)))
            #expect(rig.state("s-1") == .waiting)
            #expect(rig.record.outcomes[attempt] == .preempted)
        }
        #expect(rig.record.progress.values.first?.losses == 0)
        rig.runOne(agent)
        #expect(rig.state("s-1") == .completed)
    }

    @Test func `the target ends the sweep, running trials may end`() {
        let rig = EngineRig()
        let sweep = rig.create(points: nil, objective: Objective(metric: "acc", goal: .maximize, target: 0.9))
        let agent = rig.connect(slots: 2)
        guard let first = rig.ready(agent, 0), let second = rig.ready(agent, 1) else {
            Issue.record("no attempts")
            return
        }
        rig.start(first, on: agent)
        rig.start(second, on: agent)
        rig.report(first, on: agent, sequence: 2, ["acc": 0.95])
        rig.end(first, on: agent, sequence: 3)
        #expect(rig.record.sweeps[sweep]?.state == .running)
        #expect(rig.ready(agent, 0) == nil)
        rig.report(second, on: agent, sequence: 2, ["acc": 0.5])
        rig.end(second, on: agent, sequence: 3)
        #expect(rig.record.sweeps[sweep]?.state == .finished)
        #expect(rig.state("s-2") == .completed)
    }

    @Test func `three quick failures pause the slot, a success in between does not`() {
        let rig = EngineRig()
        rig.create(points: nil)
        let agent = rig.connect()
        for code in [1, 1, 0, 1, 1, 1] { #expect(rig.runOne(agent, code: code) != nil) }
        let notices = rig.sent.compactMap { if case .notice(let text) = $0.order { text } else { nil } }
        #expect(notices.count == 1)
        #expect(notices.first?.hasPrefix("slot 0 pauses: 3 trials in a row failed") == true)
        #expect(rig.ready(agent) == nil)
        let reason = rig.engine.agentViews(now: rig.clock).first?.slots.first?.paused
        #expect(reason?.hasPrefix("3 trials in a row failed within 60 s of their start; next try in 30 s") == true)
        rig.live(31)
        #expect(rig.grants().count == 7)
    }
}
