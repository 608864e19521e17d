import Glibc
package import SweepModel

/// A sweep run in memory: workers that take trials from a `SearchRun` and return the values of a function after a time.
package struct Simulation: Sendable {
    /// How many trials run at once.
    package var workers: Int
    /// The standard deviation of a normal error that is added to each value.
    package var noise: Double
    /// Of the noise and of the durations.
    package var seed: UInt64

    package init(workers: Int = 1, noise: Double = 0, seed: UInt64 = 0) {
        self.workers = max(workers, 1)
        self.noise = noise
        self.seed = seed
    }

    /// One trial that ended.
    package struct Ended: Sendable, Hashable {
        package var point: Point
        /// As the search saw it; nil: it failed.
        package var value: Double?
        /// Without noise.
        package var truth: Double?

        package init(point: Point, value: Double?, truth: Double?) {
            self.point = point
            self.value = value
            self.truth = truth
        }
    }

    /// Runs until the search ends or `budget` trials have.
    ///
    /// Durations are log-normal (sigma 0.5), drawn by the trial's number, so that methods are compared on the same ones.
    ///
    /// - Parameter function: the value of a point; nil: it fails.
    /// - Returns: the trials in the order in which they ended.
    package func results(of run: SearchRun, budget: Int, function: (Point) -> Double?) -> [Ended] {
        var run = run
        var ended: [Ended] = []
        var running: [(end: Double, trial: Int, point: Point)] = []
        var clock = 0.0
        var isExhausted = false
        while ended.count < budget {
            while !isExhausted, running.count < workers, ended.count + running.count < budget {
                guard let asked = run.ask() else {
                    isExhausted = true
                    break
                }
                running.append((clock + length(of: asked.trial), asked.trial, asked.point))
            }
            guard let next = running.indices.min(by: { (running[$0].end, $0) < (running[$1].end, $1) }) else { break }
            let (end, trial, point) = running.remove(at: next)
            clock = end
            var random = SeededRandom(seed: ~seed, index: trial)
            let truth = function(point).flatMap { $0.isFinite ? $0 : nil }
            let value = truth.map { noise > 0 ? $0 + noise * NormalLaw.quantile(random.nextUnit()) : $0 }
            // The trial was asked for and not told yet, so it cannot be refused.
            try? run.tell(trial, value)
            ended.append(Ended(point: point, value: value, truth: truth))
        }
        return ended
    }

    /// How long a trial takes, or each of its steps.
    func length(of trial: Int) -> Double {
        guard workers > 1 else { return 1 }
        var random = SeededRandom(seed: SeededRandom.mix(seed), index: trial)
        return exp(0.5 * NormalLaw.quantile(random.nextUnit()))
    }

    /// The best so far after each trial: the true value of the trial that looked best. nil while all failed.
    package static func incumbents(_ ended: [Ended], goal: Objective.Goal) -> [Double?] {
        var best: Ended?
        return ended.map { trial in
            if let value = trial.value, best?.value.map({ goal.prefers(value, to: $0) }) ?? true { best = trial }
            return best?.truth
        }
    }
}
