import Glibc
import SweepModel

/// How far a sweep has come, and what more trials may bring: "is it worth continuing?"
package struct Progress: Sendable, Hashable, Codable {
    /// The best value, and its point's place in the history, from 1; nil while there is none.
    package var best: Double?
    package var bestTrial: Int?
    /// Trials that ended since the best one was found.
    package var sinceBest: Int
    /// Trials that ended with a value.
    package var valued: Int
    package var forecast: Forecast?

    /// What the next trials may bring, as the model sees it.
    package struct Forecast: Sendable, Hashable, Codable {
        package enum Basis: String, Sendable, Codable {
            /// Joint samples of a Gaussian process, the trials chosen greedily by what they bring together.
            case model
            /// The order of the values: any of so many trials is as likely as another to be the best.
            case order
        }

        package var basis: Basis
        /// How many further trials.
        package var trials: Int
        /// That one of them is better than the best.
        package var chance: Double
        /// Expected over both cases, in the objective's units, 0 or more.
        package var improvement: Double
        /// The improvement that one time in ten is exceeded.
        package var optimistic: Double
    }

    /// - Parameters:
    ///   - trials: how many further trials the forecast is for.
    ///   - isModelled: the search learns from its history, so that a model of it tells more than the order of the values.
    package init(problem: SearchProblem, history: SearchHistory, trials: Int, isModelled: Bool) {
        let goal = history.goal
        let sign = goal == .maximize ? -1.0 : 1.0
        var costs: [Double] = []
        var (best, bestTrial, ended) = (Double.infinity, nil as Int?, 0)
        var endedAtBest = 0
        for (index, observation) in history.observations.enumerated() {
            guard observation.status != .pending else { continue }
            ended += 1
            guard let value = observation.status.value, value.isFinite else { continue }
            costs.append(sign * value)
            if sign * value < best {
                best = sign * value
                bestTrial = index + 1
                endedAtBest = ended
            }
        }
        self.best = bestTrial.map { _ in sign * best }
        self.bestTrial = bestTrial
        sinceBest = ended - endedAtBest
        valued = costs.count
        guard bestTrial != nil, trials > 0 else { return }
        forecast =
            (isModelled ? Self.modelled(problem, history, best: best, trials: trials) : nil)
            ?? Self.ordered(costs, trials: trials)
    }

    // MARK: From a model

    /// Most trials that are planned one by one; more bring little that these do not.
    private static let planned = 50

    /// Plans the trials greedily, each as the one that adds most to the expected best of all (the Monte Carlo estimate of
    /// joint expected improvement: J. T. Wilson et al., "Maximizing acquisition functions for Bayesian optimization",
    /// NeurIPS 2018). They are planned at once, without learning in between, so that the figures are cautious.
    private static func modelled(
        _ problem: SearchProblem, _ history: SearchHistory, best: Double, trials: Int
    ) -> Forecast? {
        let encoding = SpaceEncoding(problem.space)
        let observations = problem.prior + history.observations
        guard let surrogate = Surrogate(encoding: encoding, observations: observations, goal: history.goal) else {
            return nil
        }
        let candidates = candidates(surrogate, problem: problem)
        let sequence = SobolSequence(dimensions: min(candidates.count, SobolDirections.dimensions), seed: problem.seed)
        let normals = (0..<128).map { draw -> [Double] in
            var random = SeededRandom(seed: ~problem.seed, index: draw)
            return sequence.normals(at: draw, count: candidates.count, using: &random)
        }
        guard let samples = surrogate.samples(at: candidates, normals: normals) else { return nil }
        let warp = surrogate.lesson.warp
        var lowest = [Double](repeating: warp(best), count: samples.columns)
        let noise = surrogate.parameters.noise.squareRoot()
        for _ in 0..<min(trials, planned, candidates.count) {
            var (gain, chosen) = (0.0, nil as Int?)
            for candidate in 0..<samples.rows {
                var own = 0.0
                for draw in 0..<samples.columns { own += max(0, lowest[draw] - samples[candidate, draw]) }
                if own > gain { (gain, chosen) = (own, candidate) }
            }
            guard let chosen else { break }
            for draw in 0..<samples.columns { lowest[draw] = min(lowest[draw], samples[chosen, draw]) }
        }
        // What noise alone would give is no improvement.
        let gains = lowest.map { max(0, best - warp.inverse($0)) }.sorted()
        let threshold = max(best - warp.inverse(warp(best) - 0.1 * noise), 1e-9 * max(abs(best), 1e-300))
        return Forecast(
            basis: .model, trials: trials, chance: Double(gains.count { $0 > threshold }) / Double(gains.count),
            improvement: gains.reduce(0, +) / Double(gains.count), optimistic: gains[gains.count * 9 / 10])
    }

    /// Points all over the space, and near the best ones: rows of features.
    private static func candidates(_ surrogate: Surrogate, problem: SearchProblem) -> [[Double]] {
        let encoding = surrogate.encoding
        let sequence = SobolSequence(dimensions: encoding.dimensions.count, seed: SeededRandom.mix(problem.seed))
        var random = SeededRandom(seed: problem.seed, index: .max)
        func raw(_ u: [Double]) -> [Double] {
            encoding.dimensions.indices.map { dimension in
                encoding.coordinate(at: dimension < u.count ? u[dimension] : random.nextUnit(), of: dimension)
            }
        }
        var rows = (0..<160).map { encoding.row(of: raw(sequence.point(at: $0))) }
        let best = surrogate.lesson.best(5).map { surrogate.lesson.rows[$0] }
        guard !best.isEmpty else { return rows }
        for attempt in 0..<160 {
            let center = best[attempt % best.count]
            var point = raw([])
            for (index, dimension) in encoding.dimensions.enumerated() {
                if case .categories = dimension.kind {
                    if center[index] >= 0, random.nextUnit() < 0.8 { point[index] = center[index] }
                } else {
                    let width = attempt % 2 == 0 ? 0.05 : 0.15
                    point[index] = (center[index] + width * NormalLaw.quantile(random.nextUnit())).clampedToUnit
                }
            }
            rows.append(encoding.row(of: point))
        }
        return rows
    }

    // MARK: From the order

    /// Of n + N trials that are drawn alike, each is the best with the same chance. The size of an improvement follows from
    /// the spacings of the best k: for a tail of exponential kind the expected minimum falls by a logarithm, with the mean
    /// spacing as its unit (I. Weissman, "Estimation of parameters and large quantiles based on the k largest
    /// observations", JASA 73, 1978).
    private static func ordered(_ costs: [Double], trials: Int) -> Forecast {
        let n = Double(costs.count)
        let chance = Double(trials) / (n + Double(trials))
        let sorted = costs.sorted()
        let count = min(max(costs.count / 5, 2), 20, costs.count - 1)
        guard count > 0 else {
            return Forecast(basis: .order, trials: trials, chance: chance, improvement: 0, optimistic: 0)
        }
        let unit = sorted.prefix(count).reduce(0) { $0 + (sorted[count] - $1) } / Double(count)
        return Forecast(
            basis: .order, trials: trials, chance: chance, improvement: unit * log((n + Double(trials)) / n),
            // Given that there is one, its size is exponential.
            optimistic: chance > 0.1 ? unit * log(chance / 0.1) : 0)
    }
}
