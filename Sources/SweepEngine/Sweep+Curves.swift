import SweepModel
import SweepSearch

/// What the reports of one message mean for a trial's learning curve.
struct CurveNews: Sendable {
    /// The points that the book kept.
    var marks: [CurveMark] = []
    /// What earlier attempts left from this step on is void.
    var voidsFrom: Double?
    /// The stopping rule's decision.
    var stop: StoppingNote?
}

/// Learning curves and early stopping. The book holds what the rule goes by; each point that it keeps is recorded, and the
/// rule is asked at that point and never again.
extension Sweep {
    /// Takes the objective of a report into the book, and asks the rule.
    mutating func follow(_ report: Report, of id: AttemptID, _ attempt: Live, _ news: inout CurveNews) {
        // A trial that is to end says nothing more: decisions on others must not depend on how soon it ends.
        guard attempt.stop == nil, let metric = definition.objective?.metric, let value = report.metrics[metric] else {
            return
        }
        let position = definition.fidelity?.metric.flatMap { attempt.metrics[$0] }
        let step = curveStep(position, report.step, count: attempt.reportsBefore + attempt.summary.count)
        let isKept = follow(value, at: step, of: id, &news)
        guard isKept, let rule = definition.rule, let book,
            case .stop(let note) = rule.decide(on: id.trial.number, in: book)
        else { return }
        news.stop = note
        self.book?.end(trial: id.trial.number, as: .pruned)
    }

    /// Takes what a live attempt reported before a restart; what was decided then is not asked again.
    mutating func follow(_ track: [LiveAttempt.Reported], of id: AttemptID) {
        var news = CurveNews()
        for (index, report) in track.enumerated() {
            let before = live[id.trial.number]?.reportsBefore ?? 0
            let step = curveStep(report.position, report.step, count: before + index + 1)
            _ = follow(report.value, at: step, of: id, &news)
        }
    }

    /// - Returns: whether the book kept a point.
    private mutating func follow(
        _ value: Double, at step: Double, of id: AttemptID, _ news: inout CurveNews
    ) -> Bool {
        let number = id.trial.number
        guard step.isFinite, let trial = trial(number) else { return false }
        if trial.curveAttempt != id.number {
            // A script that resumed goes on from its checkpoint; any other begins anew. Where trials are paused it goes
            // on, and if it has to do some steps again what was decided at them stands.
            if !pauses {
                book?.rewind(trial: number, to: step)
                if id.number > 1 { news.voidsFrom = step }
            }
            update(number) { $0.curveAttempt = id.number }
        }
        guard let point = book?.take(trial: number, step: step, value: value) else { return false }
        news.marks.append(CurveMark(step: point.step, value: point.value, best: point.best, report: point.report))
        noteCurve(of: trial)
        return true
    }

    /// Where on its curve a report lies: the fidelity's metric, else the script's own step, else the count of reports.
    private func curveStep(_ position: Double?, _ step: Int?, count: Int) -> Double {
        position ?? step.map(Double.init) ?? Double(count)
    }

    /// The trial's point learns the curve: over repetitions the mean, at the steps where all that got so far have a value.
    mutating func noteCurve(of trial: Trial) {
        guard let book, history.observations.indices.contains(trial.point - 1) else { return }
        guard definition.repetitions > 1 else {
            history.observations[trial.point - 1].curve = book.curves[trial.number]?.points ?? []
            return
        }
        let curves = repetitions(of: trial).compactMap { book.curves[$0.number]?.points }.filter { !$0.isEmpty }
        var sums: [Double: (value: Double, best: Double, report: Int, count: Int)] = [:]
        for point in curves.joined() {
            let sum = sums[point.step] ?? (0, 0, 0, 0)
            sums[point.step] = (
                sum.value + point.value, sum.best + point.best, max(sum.report, point.report), sum.count + 1
            )
        }
        history.observations[trial.point - 1].curve = sums.keys.sorted().compactMap { step in
            guard let sum = sums[step], sum.count == curves.count(where: { $0.last.map { $0.step >= step } ?? false })
            else { return nil }
            let count = Double(sum.count)
            return CurvePoint(
                step: step, value: sum.value / count, best: sum.best / count, report: sum.report)
        }
    }

    /// The curve of a trial that is over.
    mutating func close(_ number: Int, as state: TrialState) {
        guard book != nil else { return }
        let end: TrialCurve.End =
            switch state {
            case .completed: .completed
            case .pruned: .pruned
            default: .failed
            }
        book?.end(trial: number, as: end)
    }

    /// The trial may run again, from what is on record of its curve.
    mutating func reopen(_ number: Int) {
        paused[number] = nil
        book?.rewind(trial: number, to: .infinity)
    }

    /// How many reports a trial that goes on has made, as far as its curve knows.
    func reportsBefore(_ number: Int) -> Int {
        pauses ? book?.curves[number]?.reportCount ?? 0 : 0
    }

    func sentence(_ note: StoppingNote) -> String {
        note.sentence(
            metric: definition.objective?.metric ?? "objective", goal: definition.objective?.goal ?? .minimize)
    }
}
