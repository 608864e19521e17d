import Glibc
import SweepModel

/// A Gaussian process over what a sweep has found, for questions about it. (`Bayes` keeps its own, tuned for the next
/// suggestion.)
struct Surrogate {
    /// Most trials that it is learnt from: the best, the newest, and some of the others.
    static let limit = 300
    /// Fewer trials say nothing about the shape of a function.
    static let least = 5

    let encoding: SpaceEncoding
    let lesson: Lesson
    let parameters: KernelParameters
    private let training: TrainingSet
    private let blas: OpenBLAS

    /// nil: too few trials, nothing to choose, no OpenBLAS, or no process fits.
    init?(encoding: SpaceEncoding, observations: [Observation], goal: Objective.Goal) {
        guard let blas = try? OpenBLAS.load(), !encoding.dimensions.isEmpty else { return nil }
        var evidence = Evidence(goal: goal)
        for observation in observations where observation.status != .pending {
            evidence.add(observation, row: encoding.row(of: observation.point))
        }
        guard evidence.values.count >= Self.least else { return nil }
        self.encoding = encoding
        self.blas = blas
        let kinds = encoding.kinds
        let prior = KernelPrior(kinds: kinds)
        func learn(_ power: Double, from starts: [KernelParameters]) -> (Lesson, TrainingSet, KernelParameters, Double)
        {
            let lesson = Lesson(evidence, limit: Self.limit, power: power)
            let training = TrainingSet(kinds: kinds, rows: lesson.rows, values: lesson.standardized)
            let likelihood = MarginalLikelihood(training, prior: prior, blas: blas)
            let found = likelihood.bestParameters(from: starts, evaluations: 30)
            // The density of the values themselves: with the slopes of the map.
            return (lesson, training, found.0, found.1 - lesson.logSlopes)
        }
        let starts = [0.0, 1.4].map { shift in
            var start = prior.mode
            for index in start.logWeights.indices { start.logWeights[index] += shift }
            return start
        }
        // As they are, or raised to a power where that makes the values likelier: as `Bayes` sees them.
        let plain = learn(1, from: starts)
        let raised = learn(OutputWarp.mostNormalPower(evidence.values), from: [plain.2])
        (lesson, training, parameters, _) = raised.3 < plain.3 ? raised : plain
    }

    /// Mean and standard deviation of the function at rows of features, in the lesson's standardised units; empty where the
    /// process cannot be made.
    func predict(_ rows: [[Double]]) -> [(mean: Double, deviation: Double)] {
        guard let process = GaussianProcess(training, parameters: parameters, blas: blas) else { return [] }
        let (means, variances) = process.predict(rows)
        return rows.indices.map { (means[0, $0], variances[$0].squareRoot()) }
    }

    /// Joint draws of the function at `points` (rows of features): a row each point, a column each draw, in the lesson's
    /// standardised units.
    func samples(at points: [[Double]], normals: [[Double]]) -> Matrix? {
        GaussianProcess(training, parameters: parameters, pending: points, normals: normals, blas: blas)?.samples
    }
}
