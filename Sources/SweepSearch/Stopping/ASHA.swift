package import SweepModel

/// Asynchronous successive halving, by default of the stopping kind (L. Li and others, "A System for Massively Parallel Hyperparameter
/// Tuning", MLSys 2020): at the rungs min·eta^k a trial goes on if it is among the best 1/eta of those that have been
/// there, itself included. The first eta - 1 trials of a rung pass.
///
/// Where trials can be resumed (`Fidelity.resumes`) it is the paper's promoting kind (algorithm 2): who is not among the
/// best 1/eta pauses, the first ones too, and a free slot resumes the best of the highest rung that has become one of
/// them. After the last new point the best of all is trained to its end.
///
/// With `brackets` above 1 each trial belongs to a bracket, drawn by its number in Hyperband's proportions, that starts
/// so many rungs higher; it is compared within its bracket.
package struct ASHA: StoppingRule {
    package static let name = "asha"

    package static let keys = [
        StoppingKey("min_iter", .number(above: 0)), StoppingKey("max_iter", .number(above: 0)),
        StoppingKey("eta", .number(above: 1)), StoppingKey("brackets", .count),
    ]

    package static let sparesBest = true

    private let eta: Double
    /// A bracket each.
    private let ladders: [RungLadder]
    /// How often each bracket is drawn, cumulated to 1.
    private let shares: [Double]
    private let seed: UInt64
    private let budget: Int?
    package let pauses: Bool

    package init(problem: StoppingProblem) throws(SweepError) {
        try problem.check(Self.keys, of: Self.name)
        eta = problem.number("eta") ?? 3
        seed = problem.seed
        budget = problem.budget
        pauses = problem.fidelity?.resumes ?? false
        let first = problem.number("min_iter") ?? problem.fidelity?.min ?? 1
        let last = problem.number("max_iter") ?? problem.fidelity?.max
        let ladder = RungLadder(from: first, below: last, eta: eta)
        guard !ladder.levels.isEmpty else {
            throw SweepError(.usage, "asha has no rung between 'min_iter' and 'max_iter'", remedy: "lower 'min_iter'")
        }
        let count = min(problem.whole("brackets") ?? 1, ladder.levels.count)
        ladders = (0..<count).map { ladder.dropping($0) }
        // Hyperband's number of configurations in bracket s = count - 1 … 0 (Li and others, JMLR 2018, algorithm 1).
        var weights: [Double] = []
        for bracket in 0..<count {
            let s = Double(count - 1 - bracket)
            var size = Double(count) / (s + 1)
            for _ in 0..<(count - 1 - bracket) { size *= eta }
            weights.append(size)
        }
        let total = weights.reduce(0, +)
        var sum = 0.0
        shares = weights.map { weight in
            sum += weight / total
            return sum
        }
    }

    /// Which bracket a trial belongs to, from 0.
    package func bracket(of trial: Int) -> Int {
        guard ladders.count > 1 else { return 0 }
        var random = SeededRandom(seed: seed ^ 0xA5A5_5A5A_0F0F_F0F0, index: trial)
        let draw = random.nextUnit()
        return min(shares.partitionIndex { $0 > draw }, ladders.count - 1)
    }

    package func decide(on trial: Int, in book: CurveBook) -> StoppingDecision {
        let bracket = bracket(of: trial)
        let ladder = ladders[bracket]
        guard let curve = book[trial], let newest = curve.points.last, let level = ladder.reached(by: curve) else {
            return .goOn
        }
        let standing = RungStanding(of: book, at: level, on: ladder) { self.bracket(of: $0) == bracket }
        let cost = book.cost(newest.best)
        let keep = kept(of: standing)
        guard keep >= 1 || pauses, standing.countBetter(than: cost) >= keep else { return .goOn }
        // It would be resumed at once.
        if pauses, book.curves.count >= budget ?? .max, book.leader?.trial == trial { return .goOn }
        let count = standing.entries.count
        return .stop(
            StoppingNote(
                rule: Self.name, rung: level, value: newest.best,
                threshold: keep >= 1 ? book.cost(standing.entries[keep - 1].cost) : nil,
                neighbours: standing.neighbours(of: trial),
                remark: keep >= 1
                    ? "not among the best \(keep) of \(count) trials at this rung"
                    : "of \(count) trial\(count == 1 ? "" : "s") at this rung none goes on yet",
                isPause: pauses ? true : nil))
    }

    /// A little is added lest 3 · (1/3) count as less than 1.
    private func kept(of standing: RungStanding) -> Int { Int(Double(standing.entries.count) / eta + 1e-9) }

    package func promotion(in book: CurveBook, isLast: Bool, where isEligible: (Int) -> Bool) -> Promotion? {
        guard pauses else { return nil }
        for level in ladders[0].levels.reversed() {
            for (bracket, ladder) in ladders.enumerated() where ladder.levels.contains(level) {
                let standing = RungStanding(of: book, at: level, on: ladder) { self.bracket(of: $0) == bracket }
                let keep = kept(of: standing)
                for entry in standing.entries.prefix(keep) {
                    guard let curve = book[entry.trial], curve.end == .pruned, ladder.level(of: curve) == level,
                        isEligible(entry.trial)
                    else { continue }
                    return Promotion(
                        of: entry.trial, curve,
                        "now among the best \(keep) of \(standing.entries.count) trials at this rung")
                }
            }
        }
        return isLast ? Promotion(ofLeaderIn: book, where: isEligible) : nil
    }
}

extension Promotion {
    init?(of trial: Int, _ curve: TrialCurve, _ remark: String) {
        guard let newest = curve.points.last else { return nil }
        self.init(trial: trial, step: newest.step, value: newest.best, remark: remark)
    }

    /// The best trial of all that have not failed, where it is paused: a sweep does not end with its best half trained.
    init?(ofLeaderIn book: CurveBook, where isEligible: (Int) -> Bool) {
        let standing = RungStanding(
            book.curves.compactMap { trial, curve in
                guard curve.end != .failed, let newest = curve.points.last else { return nil }
                return .init(trial: trial, cost: book.cost(newest.best))
            })
        guard let leader = standing.entries.first?.trial, let curve = book[leader], curve.end == .pruned,
            isEligible(leader)
        else { return nil }
        self.init(of: leader, curve, "the best of all, and nothing new is to be tried")
    }
}
