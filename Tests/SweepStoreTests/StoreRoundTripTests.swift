import SweepModel
import Testing

@testable import SweepStore

@Suite struct StoreRoundTripTests {
    let folder: TemporaryFolder
    let store: Store

    init() throws {
        folder = try TemporaryFolder()
        store = try Store.open(folder.file("sweep.db"))
    }

    @Test func `a sweep comes back as it was written`() throws {
        try store.apply([.sweepInserted(Sample.record)])
        #expect(try store.sweep(Sample.sweep)?.record == Sample.record)
        #expect(try store.sweeps().map(\.record) == [Sample.record])
        #expect(try store.sweep(SweepID("nobody")) == nil)
    }

    @Test func `a sweep's state keeps its reason, and its end only while it is over`() throws {
        try store.apply([
            .sweepInserted(Sample.record),
            .sweepStateChanged(Sample.sweep, .stopped, reason: "by ann", at: Sample.time(7_000)),
        ])
        var record = try #require(try store.sweep(Sample.sweep)?.record)
        #expect(record.state == .stopped)
        #expect(record.reason == "by ann")
        #expect(record.ended == Sample.time(7_000))
        try store.apply([.sweepStateChanged(Sample.sweep, .running, reason: nil, at: Sample.time(8_000))])
        record = try #require(try store.sweep(Sample.sweep)?.record)
        #expect(record.state == .running)
        #expect(record.reason == nil)
        #expect(record.ended == nil)
    }

    @Test func `a running trial is loaded with its attempt, cursor and objective values`() throws {
        try store.apply(Sample.running)
        let loaded = try #require(try store.loaded().first)
        #expect(loaded.record == Sample.record)
        let trial = try #require(loaded.trials.first)
        #expect(loaded.trials.count == 1)
        // NaN is not equal to itself: compared as text.
        #expect(
            ParameterValue.object(trial.record.parameters).json()
                == ParameterValue.object(Sample.trialRecord(1).parameters).json())
        #expect(trial.progress.state == .running)
        #expect(trial.progress.attempt == 1)
        var summary = ObjectiveSummary()
        summary.add(.infinity, step: 1)
        summary.add(0.5, step: 3)
        #expect(
            trial.live
                == LiveAttempt(
                    agent: AgentID("agent-1"), agentName: "box", host: "box.local", slotIndex: 0, acknowledged: 3,
                    summaries: [summary]))
        let tracked = try store.loaded(LoadWishes(metrics: ["loss"], track: true, position: "acc"))
        #expect(
            tracked.first?.trials.first?.live?.track == [
                .init(step: 1, position: 0.1, value: .infinity), .init(step: 3, position: 1.0 / 3, value: 0.5),
            ])
    }

    @Test func `a restart is told where stopped trials ran, if it asks`() throws {
        try store.apply(Sample.running)
        try store.apply([
            .trialChanged(TrialProgress(id: TrialID(Sample.sweep, 1), state: .pruned, attempt: 1, objective: 4))
        ])
        #expect(try store.loaded(LoadWishes(places: true)).first?.trials.first?.host == "box.local")
        #expect(try store.loaded().first?.trials.first?.host == nil)
    }

    @Test func `trials are loaded page by page, in order, each with its own curve`() throws {
        try store.apply(Sample.finished(600) { Double($0) })
        for number in [1, 256, 257, 600] {
            let id = AttemptID(TrialID(Sample.sweep, number), 1)
            try store.apply([
                .curveExtended(id, [CurveMark(step: 2, value: Double(number), best: 1, report: 2)], voidsFrom: nil)
            ])
        }
        var pages: [Int] = []
        var curves: [Int: [CurveMark]] = [:]
        try store.load { _, _ in
            LoadWishes()
        } trials: { page in
            pages.append(page.count)
            for trial in page where !trial.curve.isEmpty { curves[trial.record.id.number] = trial.curve }
        }
        #expect(pages == [256, 256, 88])
        #expect(curves.keys.sorted() == [1, 256, 257, 600])
        #expect(curves[257]?.first?.value == 257)
        #expect(try store.loaded().first?.trials.map(\.record.id.number) == Array(1...600))
    }

    @Test func `a curve that begins anew voids what earlier attempts left from there on`() throws {
        let second = AttemptID(Sample.trial, 2)
        try store.apply(Sample.running + Sample.learning + [Sample.attemptInserted(second)])
        let mark = CurveMark(step: 2, value: 0.6, best: 0.6, report: 2)
        let change = Change.curveExtended(second, [mark], voidsFrom: 2)
        try store.apply([change, .trialChanged(TrialProgress(id: Sample.trial, state: .running, attempt: 2))])
        try store.apply([change])
        let trial = try #require(try store.loaded().first?.trials.first)
        #expect(trial.curve == [Sample.marks[0], mark])
        #expect(trial.earlierMarks == 1)
        #expect(try store.curve(Sample.trial) == trial.curve)
        #expect(trial.live?.stop == nil, "the order was for the first attempt")
    }

    @Test func `the first order to stop stands, and its note is kept`() throws {
        try store.apply(
            Sample.running + Sample.learning + [.stopOrdered(Sample.attempt, .cancelled, detail: "late", note: nil)])
        let attempt = try #require(try store.attempts(Sample.trial).first)
        #expect(attempt.stopOrdered == .pruned)
        #expect(attempt.stopDetail == "stopped at step 3")
        #expect(attempt.stopping == Sample.stopping)
        #expect(try store.loaded().first?.trials.first?.live?.stop == .pruned)
    }

    @Test func `reports keep their order, and numbers that JSON does not have`() throws {
        let odd = Report(step: 4, time: Sample.time(7_000), metrics: ["a": .nan, "b": -.infinity, "c": -0.0])
        try store.apply(Sample.running + [.reportsAppended(Sample.attempt, sequence: 4, [odd])])
        let reports = try store.reports(Sample.attempt)
        #expect(reports.count == 4)
        #expect(reports[0].metrics == ["loss": .infinity, "acc": 0.1])
        #expect(reports[1] == Report(step: nil, time: Sample.time(5_001), metrics: ["acc": 1.0 / 3]))
        #expect(reports[3].metrics["a"]?.isNaN == true)
        #expect(reports[3].metrics["b"] == -.infinity)
        #expect(reports[3].metrics["c"]?.sign == .minus)
        #expect(try store.reports(Sample.attempt, skipping: 1, limit: 2) == Array(reports[1...2]))
    }

    @Test func `an attempt's end is kept in full`() throws {
        try store.apply(
            Sample.running + [
                .attemptEnded(
                    Sample.attempt, sequence: 4, .failed, reason: "killed by signal 9", Sample.end,
                    at: Sample.time(9_500))
            ])
        let attempt = try #require(try store.attempts(Sample.trial).first)
        #expect(attempt.argv == ["python", "a b.py"])
        #expect(attempt.directory == "/tmp")
        #expect(attempt.started == Sample.time(4_000))
        #expect(attempt.outcome == .failed)
        #expect(attempt.reason == "killed by signal 9")
        #expect(attempt.ended == Sample.time(9_500))
        #expect(attempt.end == Sample.end)
        #expect(attempt.exit == -9)
        #expect(attempt.acknowledged == 4)
    }

    @Test func `an attempt lost without a word has an outcome and no end`() throws {
        try store.apply(
            Sample.running + [
                .attemptEnded(Sample.attempt, sequence: nil, .lost, reason: "lease", nil, at: Sample.time(9_500))
            ])
        let attempt = try #require(try store.attempts(Sample.trial).first)
        #expect(attempt.outcome == .lost)
        #expect(attempt.end == nil)
        #expect(attempt.acknowledged == 3)
    }

    @Test(arguments: [true, false])
    func `a change of a trial without metrics leaves them as they were`(isOneTransaction: Bool) throws {
        let first = Change.trialChanged(
            TrialProgress(
                id: Sample.trial, state: .running, attempt: 1, objective: 0.5, step: 3,
                metrics: ["loss": 0.5, "lr": .nan], reason: "r", failures: 1, losses: 2, started: Sample.time(4_000)))
        let second = Change.trialChanged(
            TrialProgress(
                id: Sample.trial, state: .completed, attempt: 1, objective: 0.25, step: 4,
                started: Sample.time(4_000), ended: Sample.time(9_000)))
        try store.apply(Sample.running)
        for changes in isOneTransaction ? [[first, second]] : [[first], [second]] { try store.apply(changes) }
        let trial = try #require(try store.trial(Sample.trial))
        #expect(trial.progress.metrics?["loss"] == 0.5)
        #expect(trial.progress.metrics?["lr"]?.isNaN == true)
        #expect(trial.progress.objective == 0.25)
        #expect(trial.progress.state == .completed)
        #expect(trial.agentName == "box")
        #expect(trial.slot == "gpu 0")
    }

    @Test func `a late result is kept beside the attempt and changes nothing of it`() throws {
        try store.apply(Sample.running)
        let before = try store.attempts(Sample.trial)
        try store.apply([.lateResult(Sample.attempt, Sample.end, at: Sample.time(20_000))])
        #expect(try store.attempts(Sample.trial) == before)
        #expect(
            try store.lateResults(Sample.sweep)
                == [LateResult(attempt: Sample.attempt, received: Sample.time(20_000), end: Sample.end)])
    }

    @Test func `deleting a sweep deletes everything of it and nothing of others`() throws {
        var other = Sample.record
        other.id = SweepID("other234")
        try store.apply(Sample.running + [.sweepInserted(other), .sweepDeleted(Sample.sweep)])
        #expect(try store.sweeps().map(\.record.id) == [other.id])
        #expect(try store.trial(Sample.trial) == nil)
        #expect(try store.attempts(Sample.trial).isEmpty)
        #expect(try store.reports(Sample.attempt).isEmpty)
    }

    @Test func `changes of what is gone do nothing`() throws {
        try store.apply([
            .sweepInserted(Sample.record), .sweepDeleted(Sample.sweep), .trialInserted(Sample.trialRecord(1)),
            Sample.attemptInserted(Sample.attempt),
            .reportsAppended(Sample.attempt, sequence: 1, [Report(time: Sample.time(1), metrics: [:])]),
            .trialChanged(TrialProgress(id: Sample.trial, state: .failed)),
            .attemptEnded(Sample.attempt, sequence: 2, .lost, reason: nil, nil, at: Sample.time(1)),
            .lateResult(Sample.attempt, Sample.end, at: Sample.time(1)),
        ])
        #expect(try store.sweeps().isEmpty)
        #expect(try store.lateResults(Sample.sweep).isEmpty)
    }

    @Test func `everything written twice is there once`() throws {
        let changes =
            Sample.running + [
                .attemptEnded(Sample.attempt, sequence: nil, .lost, reason: "a", nil, at: Sample.time(9_000)),
                .lateResult(Sample.attempt, Sample.end, at: Sample.time(20_000)),
            ]
        try store.apply(changes)
        let attempts = try store.attempts(Sample.trial)
        let reports = try store.reports(Sample.attempt)
        try store.apply(changes)
        #expect(try store.attempts(Sample.trial) == attempts)
        #expect(try store.reports(Sample.attempt) == reports)
        #expect(reports.count == 3)
        #expect(try store.lateResults(Sample.sweep).count == 1)
    }

    @Test func `an outcome that stands is not replaced`() throws {
        try store.apply(
            Sample.running + [
                .attemptEnded(Sample.attempt, sequence: 4, .completed, reason: nil, nil, at: Sample.time(9_000)),
                .attemptEnded(Sample.attempt, sequence: nil, .lost, reason: "late", nil, at: Sample.time(9_900)),
            ])
        let attempt = try #require(try store.attempts(Sample.trial).first)
        #expect(attempt.outcome == .completed)
        #expect(attempt.ended == Sample.time(9_000))
    }

    @Test func `a batch that fails leaves nothing behind`() throws {
        let impossible = TrialRecord(id: TrialID(Sample.sweep, 0), point: 1, parameters: [], created: Sample.time(1))
        #expect(throws: SweepError.self) {
            try store.apply([.sweepInserted(Sample.record), .trialInserted(impossible)])
        }
        #expect(try store.sweeps().isEmpty)
    }

    @Test func `what apply returned from is there after the file is opened again`() throws {
        try store.apply(Sample.running)
        try store.close()
        let again = try Store.open(folder.file("sweep.db"))
        #expect(try again.loaded().first?.trials.first?.live?.acknowledged == 3)
    }
}
