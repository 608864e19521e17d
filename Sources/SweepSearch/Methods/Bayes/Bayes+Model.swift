import Glibc
import SweepModel

extension Bayes {
    /// Most observations that one process learns from.
    static let activeLimit = 400
    /// Most observations that the kernel's parameters are learnt from.
    static let fitLimit = 250
    /// Up to this many observations the kernel's parameters are learnt anew each time.
    static let coldLimit = 100

    /// The suggestion of the Gaussian process.
    func modelled(
        _ index: Int, history: SearchHistory, evidence: Evidence, state: inout BayesMemo
    ) -> Suggestion {
        var random = SeededRandom(seed: SeededRandom.mix(problem.seed ^ 0xBA7E5), index: index)
        let lesson = Lesson(evidence, limit: Self.activeLimit)
        let prior = KernelPrior(kinds: encoding.kinds)
        let parameters = self.parameters(lesson, history: history, prior: prior, state: &state)
        guard let plan = plan(lesson, evidence: evidence, parameters: parameters, random: &random) else {
            return unseen(seen: state.seen, random: &random, note: SuggestionNote(origin: "random: no model fits"))
        }
        let good = lesson.best(5).map { raw(of: lesson.rows[$0], random: &random) }
        let search = AcquisitionSearch(
            encoding: encoding, acquisition: plan.acquisition, effort: effort(lesson.rows.count))
        let found = search.best(near: good, design: state.design(candidates), random: &random)
        for candidate in found {
            let point = encoding.point(of: candidate.raw)
            guard !state.seen.contains(PointIdentity(point)) else { continue }
            return .point(point, note(candidate, plan: plan, lesson: lesson, learntFrom: evidence.values.count))
        }
        return neighbour(of: found, plan: plan, lesson: lesson, evidence: evidence, state: state, random: &random)
    }

    struct Plan {
        var process: GaussianProcess
        var acquisition: Acquisition
    }

    private func plan(
        _ lesson: Lesson, evidence: Evidence, parameters: KernelParameters, random: inout SeededRandom
    ) -> Plan? {
        let pending = Array(evidence.pending.suffix(64))
        let normals = normals(for: pending.count)
        let training = TrainingSet(kinds: encoding.kinds, rows: lesson.rows, values: lesson.standardized)
        guard
            let process = GaussianProcess(
                training, parameters: parameters, pending: pending, normals: normals, blas: blas)
        else { return nil }
        let isQuiet = process.parameters.noise < 0.01 * exp(process.parameters.logScale)
        let known = isQuiet ? lesson.standardized : process.smoothed(lesson.standardized)
        let best = zip(known, lesson.isReal).filter(\.1).map(\.0).min() ?? 0
        var acquisition = Acquisition(process: process, best: best)
        if evidence.failed.count >= 5 {
            acquisition.feasibility = Feasibility(
                kinds: encoding.kinds, worked: Array(evidence.rows.suffix(300)),
                failed: Array(evidence.failed.suffix(300)), like: process.parameters, blas: blas)
        }
        return Plan(process: process, acquisition: acquisition)
    }

    /// Joint samples for the pending points: quasi-random normal numbers.
    func normals(for count: Int) -> [[Double]] {
        guard count > 0 else { return [] }
        let sequence = SobolSequence(dimensions: count, seed: problem.seed &+ 17)
        return (0..<32).map { sequence.point(at: $0).map { NormalLaw.quantile($0) } }
    }

    /// A raw form of a row; what is not active there is drawn.
    func raw(of row: [Double], random: inout SeededRandom) -> [Double] {
        encoding.dimensions.indices.map { dimension in
            let drawn = encoding.coordinate(at: random.nextUnit(), of: dimension)
            if encoding.kinds[dimension] == .category { return row[dimension] < 0 ? drawn : row[dimension] }
            return row[dimension]
        }
    }

    func effort(_ count: Int) -> AcquisitionSearch.Effort {
        switch count {
        case ...120: AcquisitionSearch.Effort(candidates: 1024, variations: 256, starts: 6, evaluations: 40, rounds: 4)
        case ...250: AcquisitionSearch.Effort(candidates: 768, variations: 256, starts: 5, evaluations: 30, rounds: 3)
        default: AcquisitionSearch.Effort(candidates: 512, variations: 256, starts: 3, evaluations: 25, rounds: 2)
        }
    }

    private func note(
        _ found: AcquisitionSearch.Found, plan: Plan, lesson: Lesson, learntFrom: Int
    ) -> SuggestionNote {
        let (means, variances) = plan.process.predict([encoding.row(of: found.raw)])
        let mean = (0..<means.rows).reduce(0.0) { $0 + means[$1, 0] } / Double(max(means.rows, 1))
        let value = lesson.warp.inverse(mean)
        let slope = lesson.warp.slope(at: value)
        let gain = exp(plan.acquisition.values([encoding.row(of: found.raw)])[0]) / slope
        let deviation = variances[0].squareRoot() / slope
        return SuggestionNote(
            origin: "gaussian process", mean: sign * value, deviation: deviation.isFinite ? deviation : nil,
            expectedImprovement: gain.isFinite ? gain : nil, learntFrom: learntFrom)
    }

    var sign: Double { problem.goals.first == .maximize ? -1 : 1 }

    /// Everything that looked good is taken: the best of the points near it that are not.
    private func neighbour(
        of found: [AcquisitionSearch.Found], plan: Plan, lesson: Lesson, evidence: Evidence, state: BayesMemo,
        random: inout SeededRandom
    ) -> Suggestion {
        var fresh: [(raw: [Double], point: Point)] = []
        var tried: Set<PointIdentity> = []
        for attempt in 0..<400 where fresh.count < 64 {
            guard var raw = found.isEmpty ? nil : found[attempt % min(found.count, 8)].raw else { break }
            let changes = 1 + attempt / 100
            for _ in 0..<changes {
                let dimension = Int.random(in: 0..<raw.count, using: &random)
                raw[dimension] = encoding.coordinate(at: random.nextUnit(), of: dimension)
            }
            let point = encoding.point(of: raw)
            let identity = PointIdentity(point)
            if !state.seen.contains(identity), tried.insert(identity).inserted { fresh.append((raw, point)) }
        }
        let values = plan.acquisition.values(fresh.map { encoding.row(of: $0.raw) })
        guard let best = values.indices.max(by: { values[$0] < values[$1] }) else {
            return unseen(seen: state.seen, random: &random, note: SuggestionNote(origin: "one of the last points"))
        }
        let candidate = AcquisitionSearch.Found(raw: fresh[best].raw, value: values[best])
        return .point(
            fresh[best].point, note(candidate, plan: plan, lesson: lesson, learntFrom: evidence.values.count))
    }
}

extension Bayes {
    /// The kernel's parameters for a lesson. Up to `coldLimit` observations they are looked for from scratch. Beyond,
    /// from those of the beginning of the history (a multiple of 32 points), which were found from scratch: so they
    /// follow from the history alone, whatever was asked before.
    private func parameters(
        _ lesson: Lesson, history: SearchHistory, prior: KernelPrior, state: inout BayesMemo
    ) -> KernelParameters {
        guard lesson.rows.count > Self.coldLimit else { return learnt(lesson, prior: prior, from: nil) }
        let count = max(history.observations.count - 16, 0) / 32 * 32
        let statuses = history.observations.prefix(count).map(\.status)
        let beginning: KernelParameters
        if let kept = state.checkpoint, kept.count == count, kept.statuses == statuses {
            beginning = kept.parameters
        } else {
            var evidence = Evidence()
            for (observation, row) in zip(problem.prior, priorRows) where observation.status != .pending {
                evidence.add(observation, row: row, index: nil, goal: history.goal)
            }
            for (index, observation) in history.observations.prefix(count).enumerated() {
                evidence.add(observation, row: state.rows[index], index: index, goal: history.goal)
            }
            beginning = learnt(Lesson(evidence, limit: Self.fitLimit), prior: prior, from: nil)
            state.checkpoint = (count, statuses, beginning)
        }
        return learnt(lesson, prior: prior, from: beginning)
    }

    private func learnt(_ lesson: Lesson, prior: KernelPrior, from start: KernelParameters?) -> KernelParameters {
        learnt(rows: lesson.rows, values: lesson.standardized, kinds: encoding.kinds, prior: prior, from: start)
    }

    func learnt(
        rows: [[Double]], values: [Double], kinds: [FeatureKind], prior: KernelPrior, from start: KernelParameters?
    ) -> KernelParameters {
        let count = min(rows.count, Self.fitLimit)
        let training = TrainingSet(kinds: kinds, rows: Array(rows.prefix(count)), values: Array(values.prefix(count)))
        let likelihood = MarginalLikelihood(training, prior: prior, blas: blas)
        if let start { return likelihood.bestParameters(from: [start], evaluations: 8).0 }
        var starts: [(KernelParameters, Double)] = []
        for shift in [-1.4, 0, 1.4, 2.8] {
            for noise in [1e-4, 3e-2] {
                var parameters = prior.mode
                for index in parameters.logWeights.indices { parameters.logWeights[index] += shift }
                parameters.logNoise = log(noise)
                starts.append((parameters, likelihood.value(at: parameters)))
            }
        }
        starts.sort { $0.1 < $1.1 }
        return likelihood.bestParameters(
            from: starts.prefix(count <= Self.coldLimit ? 2 : 1).map(\.0), evaluations: 30
        ).0
    }
}
