import Glibc
package import SweepModel

/// Chooses for the sweep at hand, from what its curves have shown so far.
///
/// A trial is stopped at a rung (a ninth, a third of the full length) when it is not among the best third of those that
/// have been there, and at any report when its curve leaves little chance to become the best. Under a cap on the number
/// of trials it takes its time: see `pace`. The full length is that of `fidelity` or `max_iter`; where neither is given
/// that of the longest completed trial, and until there is one nothing is stopped.
package struct AutoStopping: StoppingRule {
    package static let name = "auto"
    package static let keys = [
        StoppingKey("min_iter", .number(above: 0)), StoppingKey("max_iter", .number(above: 0)),
        StoppingKey("chance", .number(above: 0, upTo: 1)),
    ]
    package static let sparesBest = true

    /// From rung to rung, and the share that goes on.
    private static let eta = 3.0

    private let firstStep: Double
    private let lastStep: Double?
    private let chance: Double
    private let budget: Int?
    package let pauses: Bool

    package init(problem: StoppingProblem) throws(SweepError) {
        try problem.check(Self.keys, of: Self.name)
        firstStep = problem.number("min_iter") ?? problem.fidelity?.min ?? 1
        lastStep = problem.number("max_iter") ?? problem.fidelity?.max
        chance = problem.number("chance") ?? 0.05
        budget = problem.budget
        pauses = problem.fidelity?.resumes ?? false
    }

    package func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        guard let last = lastStep ?? Self.longest(in: book), let curve = book[trial], let newest = curve.points.last,
            newest.step >= firstStep, newest.step < last, let leader = book.leader, leader.trial != trial,
            book.goal.prefers(leader.value, to: newest.best)
        else { return .goOn }
        let severity = severity(in: book, last: last)
        guard severity > 0 else { return .goOn }
        if let note = atRung(trial, curve, newest, in: book, last: last, severity: severity) { return .stop(note) }
        if let note = byForecast(trial, newest, leader, in: book, last: last, severity: severity) { return .stop(note) }
        return .goOn
    }

    private func ladder(last: Double) -> RungLadder {
        RungLadder(from: max(firstStep, last / (Self.eta * Self.eta)), below: last, eta: Self.eta)
    }

    private func atRung(
        _ trial: Int, _ curve: TrialCurve, _ newest: CurvePoint, in book: CurveBook, last: Double, severity: Double
    ) -> StoppingNote? {
        let ladder = ladder(last: last)
        guard let level = ladder.reached(by: curve) else { return nil }
        let standing = RungStanding(of: book, at: level, on: ladder)
        let count = standing.entries.count
        let share = 1 - (1 - 1 / Self.eta) * severity
        let keep = Int((Double(count) * share - 1e-9).rounded(.up))
        guard count >= 3, keep >= 1, keep <= count, standing.countBetter(than: book.cost(newest.best)) >= keep else {
            return nil
        }
        return StoppingNote(
            rule: Self.name, rung: level, value: newest.best, threshold: book.cost(standing.entries[keep - 1].cost),
            neighbours: standing.neighbours(of: trial), remark: "not among the best \(keep) of \(count) trials",
            isPause: pauses ? true : nil)
    }

    private func byForecast(
        _ trial: Int, _ newest: CurvePoint, _ leader: (trial: Int, value: Double), in book: CurveBook, last: Double,
        severity: Double
    ) -> StoppingNote? {
        // Too few others say nothing of what a curve may still gain.
        guard book.curves.count > 3 else { return nil }
        let scale = book.regretScale()
        guard let forecast = Predict.forecast(of: trial, in: book, at: last, scale: scale) else { return nil }
        let chance = forecast.chance(below: scale(book.cost(leader.value)))
        guard chance < self.chance * severity * severity else { return nil }
        return StoppingNote(
            rule: Self.name, rung: newest.step, value: newest.best, threshold: leader.value,
            neighbours: [leader.trial], remark: forecast.remark(chance: chance, scale: scale, goal: book.goal),
            isPause: pauses ? true : nil)
    }

    // MARK: Promotions

    /// A paused trial goes on when those that came after it have made it one of the best third at its rung, and its curve
    /// leaves a fair chance to become the best. After the last new point the best of all does, and while less is spent
    /// than was planned whichever has the best chance.
    package func promotion(in book: CurveBook, isLast: Bool, where isEligible: (Int) -> Bool) -> Promotion? {
        guard pauses, let last = lastStep ?? Self.longest(in: book), let leader = book.leader else { return nil }
        let scale = book.regretScale()
        let target = scale(book.cost(leader.value))
        func chance(of trial: Int) -> Double? {
            Predict.forecast(of: trial, in: book, at: last, scale: scale)?.chance(below: target)
        }
        func paused(_ trial: Int) -> TrialCurve? {
            guard let curve = book[trial], curve.end == .pruned, isEligible(trial) else { return nil }
            return curve
        }
        let ladder = ladder(last: last)
        for level in ladder.levels.reversed() {
            let standing = RungStanding(of: book, at: level, on: ladder)
            let count = standing.entries.count
            guard count >= 3 else { continue }
            let keep = Int((Double(count) / Self.eta - 1e-9).rounded(.up))
            var looks = 0
            for entry in standing.entries.prefix(keep) where looks < Self.mostForecasts {
                guard let curve = paused(entry.trial), ladder.level(of: curve) == level else { continue }
                looks += 1
                // Twice what it would be stopped for: else it would be stopped again at once.
                guard chance(of: entry.trial) ?? 1 >= min(1, 2 * self.chance) else { continue }
                return Promotion(of: entry.trial, curve, "now among the best \(keep) of \(count) trials at its rung")
            }
        }
        guard isLast else { return nil }
        if let promotion = Promotion(ofLeaderIn: book, where: isEligible) { return promotion }
        guard spent(in: book, last: last) < planned(budget ?? book.curves.count, last: last) else { return nil }
        let best = RungStanding(
            book.curves.compactMap { trial, curve in
                guard paused(trial) != nil, let newest = curve.points.last else { return nil }
                return .init(trial: trial, cost: book.cost(newest.best))
            }
        ).entries.prefix(Self.mostForecasts).compactMap { entry in chance(of: entry.trial).map { (entry.trial, $0) } }
            .max { ($0.1, -$0.0) < ($1.1, -$1.0) }
        guard let best, best.1 >= self.chance, let curve = paused(best.0) else { return nil }
        return Promotion(
            of: best.0, curve, "a chance of \((best.1 * 1000).rounded() / 10) % to become the best, and time is left")
    }

    /// Forecasts for one promotion: each takes some tenths of a millisecond.
    private static let mostForecasts = 16

    private func spent(in book: CurveBook, last: Double) -> Double {
        book.curves.values.reduce(0) { $0 + min(last, max(0, $1.points.last?.step ?? 0)) }
    }

    /// What `count` trials may cost, in steps.
    private func planned(_ count: Int, last: Double) -> Double { Double(count) * last / 3.2 }

    /// How severely to judge, from 0 (let everything run) to 1.
    ///
    /// Where the number of trials is capped, a trial that is stopped early is one that cannot be had again, and the cap
    /// should not be reached with most of its worth unspent. So a quarter of what all trials would cost in full is
    /// spent, on k of n trials a share that grows as (k/n)²: little on each at first, when most are bad, more on the
    /// later ones, which the search chose well. Behind that plan the rule is lenient, far behind it stops nothing.
    private func severity(in book: CurveBook, last: Double) -> Double {
        guard let budget else { return 1 }
        let share = min(1, Double(book.curves.count) / Double(budget))
        // A little more than a quarter, as the last trials are still under way when the cap is reached.
        let planned = planned(budget, last: last) * share * share
        return min(1, max(0, (spent(in: book, last: last) / planned - 0.85) / 0.3))
    }

    private static func longest(in book: CurveBook) -> Double? {
        book.curves.values.lazy.filter { $0.end == .completed }.compactMap { $0.points.last?.step }.max()
    }
}
