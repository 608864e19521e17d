import Glibc
import SweepModel

/// Trials from best to worst, for methods that use only their order.
struct TrialRanking: Sendable {
    struct Weighted: Sendable {
        var point: Point
        var weight: Double
    }

    private let observations: [Observation]
    /// Indices of the trials that ended with something to learn, best first.
    private let order: [Int]
    /// Pending and failed ones.
    private let rest: [Int]

    /// Trials that ended, failed ones included.
    let ended: Int

    /// Completed trials come first, by value (by front and hypervolume where there are several goals); then the stopped
    /// ones, the longer trained before the shorter, by value.
    init(_ observations: [Observation], goals: [Objective.Goal]) {
        self.observations = observations
        let sign = goals.first == .maximize ? -1.0 : 1.0
        var completed: [Int] = []
        var completedValues: [Double] = []
        var stopped: [(index: Int, step: Double, value: Double)] = []
        var rest: [Int] = []
        var failed = 0
        for (index, observation) in observations.enumerated() {
            switch observation.status {
            case .completed(let value) where value.isFinite:
                completed.append(index)
                completedValues.append(sign * value)
            case .pruned(let value?) where value.isFinite:
                stopped.append((index, observation.curve.last?.step ?? 0, sign * value))
            case .pending: rest.append(index)
            case .completed, .pruned, .failed:
                failed += 1
                rest.append(index)
            }
        }
        if goals.count > 1 {
            let values = completed.map { index in
                zip([observations[index].status.value ?? .nan] + observations[index].further, goals).map {
                    value, goal in
                    goal == .maximize ? -value : value
                }
            }
            completed = ParetoOrder.ranked(values).map { completed[$0] }
        } else {
            let order = completedValues.indices.sorted { (completedValues[$0], $0) < (completedValues[$1], $1) }
            completed = order.map { completed[$0] }
        }
        stopped.sort { ($1.step, $0.value, $0.index) < ($0.step, $1.value, $1.index) }
        order = completed + stopped.map(\.index)
        self.rest = rest
        ended = order.count + failed
    }

    /// The best one; nil: none has a value.
    var best: Int? { order.first }

    /// All of them, best first, those without a value last.
    var all: [Int] { order + rest }

    /// The `best` first ones, and the others: failed and pending ones too. Older ones weigh less where there are many; of
    /// more than `mostOthers` a sample is taken, the newest being likeliest.
    func split(best: Int, mostOthers: Int, _ random: inout SeededRandom) -> (good: [Weighted], others: [Weighted]) {
        let good = order.prefix(best).map { Weighted(point: observations[$0].point, weight: 1) }
        var others = (order.dropFirst(best) + rest).sorted()
        if others.count > mostOthers {
            // The newest half as they are, the other half from all before them.
            let newest = others.suffix(mostOthers / 2)
            let older = others.count - newest.count
            let stride = Double(older) / Double(mostOthers - newest.count)
            let sampled = (0..<(mostOthers - newest.count)).map { step in
                others[min(Int((Double(step) + random.nextUnit()) * stride), older - 1)]
            }
            others = sampled + newest
        }
        return (
            good, zip(others, Self.weights(others.count)).map { Weighted(point: observations[$0].point, weight: $1) }
        )
    }

    /// The newest 25 weigh 1, the older ones the less the older they are, as in Optuna and hyperopt.
    private static func weights(_ count: Int) -> [Double] {
        guard count > 25 else { return [Double](repeating: 1, count: count) }
        let ramp = count - 25
        return (0..<count).map { index in
            guard index < ramp else { return 1 }
            return ramp == 1
                ? 1 / Double(count) : 1 / Double(count) + (1 - 1 / Double(count)) * Double(index) / Double(ramp - 1)
        }
    }
}

extension Observation.Status {
    /// The final value of a completed trial.
    var value: Double? { if case .completed(let value) = self { value } else { nil } }
}
