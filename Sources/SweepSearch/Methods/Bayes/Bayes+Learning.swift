import Glibc
import SweepModel

/// Learning the kernel's parameters.
extension Bayes {
    /// Most observations that one process learns from.
    static let activeLimit = 400
    /// Most observations that the kernel's parameters are learnt from.
    static let fitLimit = 250
    /// Most of them where they are learnt from scratch in the middle of a search, which takes some fifty evaluations.
    static let scratchLimit = 128
    /// With more of them the first evaluations say nearly all.
    static let thoroughLimit = 60
    /// Up to this many observations the kernel's parameters are learnt anew each time.
    static let coldLimit = 100

    /// What a history says, the observations before `count` only.
    func evidence(_ history: SearchHistory, rows: [[Double]], count: Int = .max) -> Evidence {
        var evidence = Evidence(goal: history.goal)
        for (observation, row) in zip(problem.prior, priorRows) where observation.status != .pending {
            evidence.add(observation, row: row, isPrior: true)
        }
        for (observation, row) in zip(history.observations.prefix(count), rows) { evidence.add(observation, row: row) }
        return evidence
    }

    /// The lesson of the evidence, and the parameters for it.
    ///
    /// Up to `coldLimit` observations they are looked for from scratch. Beyond, from those of the beginning of the history
    /// (a multiple of 32 points), which were found from scratch: so they follow from the history alone, whatever was
    /// asked before.
    func learn(
        _ evidence: Evidence, history: SearchHistory, state: inout BayesMemo
    ) -> (lesson: Lesson, parameters: KernelParameters) {
        guard evidence.values.count + evidence.failed.count > Self.coldLimit else {
            return learnFromScratch(evidence, limit: Self.activeLimit)
        }
        let count = max(history.observations.count - 16, 0) / 32 * 32
        let beginning = Array(history.observations.prefix(count))
        let learnt: LearntParameters
        if let kept = state.checkpoint, kept.observations == beginning, kept.goal == history.goal {
            learnt = kept.learnt
        } else {
            let early = self.evidence(history, rows: state.rows, count: count)
            let (lesson, parameters) = learnFromScratch(early, limit: Self.scratchLimit)
            learnt = LearntParameters(parameters: parameters, power: lesson.power)
            state.checkpoint = BayesMemo.Checkpoint(observations: beginning, goal: history.goal, learnt: learnt)
        }
        let lesson = Lesson(evidence, limit: Self.activeLimit, power: learnt.power)
        let likelihood = likelihood(lesson)
        return (lesson, likelihood.bestParameters(from: [learnt.parameters], evaluations: 8).0)
    }

    /// As they are, or raised to a power where that makes the values likelier.
    private func learnFromScratch(_ evidence: Evidence, limit: Int) -> (lesson: Lesson, parameters: KernelParameters) {
        let plain = Lesson(evidence, limit: limit)
        let ofPlain = bestParameters(plain)
        guard evidence.values.count >= 5 else { return (plain, ofPlain.0) }
        let power = OutputWarp.mostNormalPower(evidence.values)
        let raised = Lesson(evidence, limit: limit, power: power)
        let ofRaised = likelihood(raised).bestParameters(
            from: [ofPlain.0], evaluations: plain.rows.count <= Self.thoroughLimit ? 16 : 8)
        // The densities of the values themselves: with the slopes of the maps.
        return ofRaised.1 - raised.logSlopes < ofPlain.1 - plain.logSlopes
            ? (raised, ofRaised.0) : (plain, ofPlain.0)
    }

    func likelihood(_ lesson: Lesson) -> MarginalLikelihood {
        likelihood(rows: lesson.rows, values: lesson.standardized, kinds: encoding.kinds)
    }

    private func likelihood(rows: [[Double]], values: [Double], kinds: [FeatureKind]) -> MarginalLikelihood {
        // The table of differences is bounded: 32 MB.
        let limit = min(Self.fitLimit, max(32, Int((8e6 / Double(max(kinds.count, 1))).squareRoot())))
        let count = min(rows.count, limit)
        return MarginalLikelihood(
            TrainingSet(kinds: kinds, rows: Array(rows.prefix(count)), values: Array(values.prefix(count))),
            prior: KernelPrior(kinds: kinds), blas: blas)
    }

    private func bestParameters(_ lesson: Lesson) -> (KernelParameters, Double) {
        bestParameters(
            rows: lesson.rows, values: lesson.standardized, kinds: encoding.kinds,
            evaluations: lesson.rows.count <= Self.thoroughLimit ? 24 : 16)
    }

    func bestParameters(
        rows: [[Double]], values: [Double], kinds: [FeatureKind], evaluations: Int = 24
    ) -> (KernelParameters, Double) {
        let likelihood = likelihood(rows: rows, values: values, kinds: kinds)
        let mode = KernelPrior(kinds: kinds).mode
        var starts: [(KernelParameters, Double)] = []
        for shift in [-1.4, 0, 1.4, 2.8] {
            for noise in [1e-4, 3e-2] {
                var parameters = mode
                for index in parameters.logWeights.indices { parameters.logWeights[index] += shift }
                parameters.logNoise = log(noise)
                starts.append((parameters, likelihood.value(at: parameters)))
            }
        }
        starts.sort { $0.1 < $1.1 }
        let count = rows.count <= 40 ? 2 : 1
        return likelihood.bestParameters(from: starts.prefix(count).map(\.0), evaluations: evaluations)
    }
}
