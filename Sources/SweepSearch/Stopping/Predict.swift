package import SweepModel

/// Stops a trial when its learning curve leaves little chance (`chance`, 0.05) that it ends better than the `top`-th
/// best value of the others so far.
package struct Predict: StoppingRule {
    package static let name = "predict"
    package static let keys = [
        StoppingKey("chance", .number(above: 0, upTo: 1)), StoppingKey("top", .count),
        StoppingKey("min_iter", .number(above: 0)), StoppingKey("max_iter", .number(above: 0)),
        StoppingKey("min_trials", .count),
    ]
    package static let sparesBest = true

    /// More points than these say nothing new of a curve's shape.
    private static let pointLimit = 40

    private let chance: Double
    private let top: Int
    private let firstStep: Double
    private let lastStep: Double
    private let leastOthers: Int

    package init(problem: StoppingProblem) throws(SweepError) {
        try problem.check(Self.keys, of: Self.name)
        guard let last = problem.number("max_iter") ?? problem.fidelity?.max else {
            throw SweepError(
                .usage, "predict needs 'max_iter', the step at which a trial ends",
                remedy: "add 'max_iter: 81', or 'fidelity: {metric: epoch, max: 81}' to the file")
        }
        lastStep = last
        firstStep = problem.number("min_iter") ?? problem.fidelity?.min ?? 1
        chance = problem.number("chance") ?? 0.05
        top = problem.whole("top") ?? 1
        leastOthers = problem.whole("min_trials") ?? 3
    }

    package func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        guard let curve = book[trial], let newest = curve.points.last, newest.step >= firstStep,
            newest.step < lastStep, let target = target(in: book, beside: trial),
            book.cost(newest.best) > target.cost
        else { return .goOn }
        let scale = book.regretScale()
        guard let forecast = Self.forecast(of: trial, in: book, at: lastStep, scale: scale) else { return .goOn }
        let chance = forecast.chance(below: scale(target.cost))
        guard chance < self.chance else { return .goOn }
        return .stop(
            StoppingNote(
                rule: Self.name, rung: newest.step, value: newest.best, threshold: book.cost(target.cost),
                neighbours: target.trials, remark: forecast.remark(chance: chance, scale: scale, goal: book.goal)))
    }

    /// The `top`-th best value of the others, and who they are.
    private func target(in book: CurveBook, beside trial: Int) -> (cost: Double, trials: [Int])? {
        var entries: [RungStanding.Entry] = []
        for (other, curve) in book.curves where other != trial {
            if let last = curve.points.last { entries.append(.init(trial: other, cost: book.cost(last.best))) }
        }
        guard entries.count >= max(leastOthers, top) else { return nil }
        let standing = RungStanding(entries)
        return (standing.entries[top - 1].cost, standing.neighbours(of: trial))
    }

    /// Where the trial will be at step `last`, on `scale`; nil when it says too little yet.
    static func forecast(
        of trial: Int, in book: CurveBook, at last: Double, scale: RegretScale
    ) -> CurveForecast? {
        guard let points = book[trial]?.points.filter({ $0.step > 0 }), points.count >= 3, let newest = points.last,
            newest.step < last,
            let prior = CurveForecast.Prior(
                of: book, beside: trial, from: newest.step, now: scale(book.cost(newest.best)), to: last, scale: scale)
        else { return nil }
        let stride = max(1, (points.count + pointLimit - 1) / pointLimit)
        let chosen = points.enumerated().filter { (points.count - 1 - $0.offset) % stride == 0 }.map(\.element)
        let forecast = CurveForecast(
            steps: chosen.map(\.step), costs: chosen.map { scale(book.cost($0.best)) }, last: last, prior: prior)
        return forecast.components.isEmpty ? nil : forecast
    }
}

extension CurveForecast {
    /// For a person: what was expected of a trial that is stopped.
    func remark(chance: Double, scale: RegretScale, goal: Objective.Goal) -> String {
        func text(_ value: Double) -> String {
            let cost = scale.inverse(value)
            return "\(goal == .minimize ? cost : -cost)"
        }
        return "expected to end at \(text(mean)) (\(text(mean - deviation)) to \(text(mean + deviation))), "
            + "a chance of \((chance * 1000).rounded() / 10) % to beat the threshold"
    }
}
