import Glibc
import SweepModel

extension Bayes {
    /// The suggestion of the Gaussian process.
    func modelled(_ index: Int, history: SearchHistory, evidence: Evidence, state: inout BayesMemo) -> Suggestion {
        var random = SeededRandom(seed: SeededRandom.mix(problem.seed ^ 0xBA7E5), index: index)
        let (lesson, parameters) = learn(evidence, history: history, state: &state)
        guard let plan = plan(lesson, evidence: evidence, parameters: parameters, random: &random) else {
            return novelty.unseen(state.seen, &random, note: SuggestionNote(origin: "random: no model fits"))
        }
        let good = lesson.best(5).map { raw(of: lesson.rows[$0], random: &random) }
        let box = box(index, around: good.first, evidence: evidence, parameters: parameters)
        let search = AcquisitionSearch(
            encoding: encoding, acquisition: plan.acquisition, effort: effort(plan), lower: box?.lower,
            upper: box?.upper)
        let found = search.best(near: good, design: state.design(candidates), random: &random)
        if index.isMultiple(of: 2), let best = found.first, best.value < log(settings.doubtBelow),
            let suggestion = doubtful(
                plan, expecting: best.value, evidence: evidence, parameters: parameters, near: good, &state, &random)
        {
            return suggestion
        }
        let origin = box == nil ? "gaussian process" : "gaussian process, near the best"
        for candidate in found {
            let point = encoding.point(of: candidate.raw)
            guard novelty.isOpen(point, state.seen) else { continue }
            return .point(point, plan.note(search.row(of: candidate.raw), value: candidate.value, origin: origin))
        }
        return neighbour(of: found, plan: plan, search: search, state: state, random: &random)
    }

    /// The suggestion of a process that takes the function to change twice as fast as is likely: where the likely one
    /// expects nothing any more, it may have mistaken a valley for the lowest one. nil: all that it likes is known.
    ///
    /// - Parameter value: of the point that the likely process would try, which is what a search by it can still expect.
    private func doubtful(
        _ plan: Plan, expecting value: Double, evidence: Evidence, parameters: KernelParameters, near good: [[Double]],
        _ state: inout BayesMemo,
        _ random: inout SeededRandom
    ) -> Suggestion? {
        var doubted = parameters
        for index in doubted.logWeights.indices { doubted.logWeights[index] += 2 * log(2) }
        guard let model = model(plan.lesson, evidence: evidence, parameters: doubted) else { return nil }
        // The second search of this suggestion: it may cost half as much.
        var effort = effort(plan)
        (effort.candidates, effort.variations, effort.starts) = (effort.candidates / 2, effort.variations / 2, 3)
        let search = AcquisitionSearch(
            encoding: encoding, acquisition: Acquisition(models: [model], feasibility: plan.acquisition.feasibility),
            effort: effort)
        for candidate in search.best(near: good, design: state.design(candidates), random: &random) {
            let point = encoding.point(of: candidate.raw)
            guard novelty.isOpen(point, state.seen) else { continue }
            let row = search.row(of: candidate.raw)
            return .point(point, plan.note(row, value: value, origin: "gaussian process, doubting itself"))
        }
        return nil
    }

    private func model(_ lesson: Lesson, evidence: Evidence, parameters: KernelParameters) -> Acquisition.Model? {
        let pending = Array(evidence.pending.suffix(Self.pendingLimit))
        let training = TrainingSet(kinds: encoding.kinds, rows: lesson.rows, values: lesson.standardized)
        let process = GaussianProcess(
            training, parameters: parameters, pending: pending, normals: normals(for: pending.count), blas: blas)
        return process.map { Acquisition.Model(process: $0, best: best(lesson, process: $0)) }
    }

    /// What a suggestion is made with.
    struct Plan {
        var acquisition: Acquisition
        var lesson: Lesson
        var goal: Objective.Goal
        var learntFrom: Int

        var process: GaussianProcess { acquisition.models[0].process }

        /// Why a point was suggested, in the objective's units.
        func note(_ row: [Double], value: Double, origin: String) -> SuggestionNote {
            let (means, variances) = process.predict([row])
            let mean = (0..<means.rows).reduce(0.0) { $0 + means[$1, 0] } / Double(max(means.rows, 1))
            let expected = lesson.warp.inverse(mean)
            let slope = lesson.warp.slope(at: expected)
            let (deviation, gain) = (variances[0].squareRoot() / slope, exp(value) / slope)
            return SuggestionNote(
                origin: origin, mean: goal == .minimize ? expected : -expected,
                deviation: deviation.isFinite ? deviation : nil, expectedImprovement: gain.isFinite ? gain : nil,
                learntFrom: learntFrom)
        }
    }

    func plan(
        _ lesson: Lesson, evidence: Evidence, parameters: KernelParameters, random: inout SeededRandom
    ) -> Plan? {
        var vectors = [parameters]
        let draws = draws(lesson.rows.count)
        if draws > 0 { vectors += likelihood(lesson).draws(draws, from: parameters, random: &random) }
        let models = vectors.compactMap { model(lesson, evidence: evidence, parameters: $0) }
        guard !models.isEmpty else { return nil }
        var acquisition = Acquisition(models: models)
        if evidence.failed.count >= 5 {
            acquisition.feasibility = Feasibility(
                kinds: encoding.kinds, worked: Array(evidence.rows.suffix(300)),
                failed: Array(evidence.failed.suffix(300)), like: models[0].process.parameters, blas: blas)
        }
        return Plan(
            acquisition: acquisition, lesson: lesson, goal: evidence.goal, learntFrom: evidence.values.count)
    }

    /// The value to improve on: the best one, or where there is noise, the best that the process makes of them.
    private func best(_ lesson: Lesson, process: GaussianProcess) -> Double {
        let isQuiet = process.parameters.noise < 0.01 * exp(process.parameters.logScale)
        let known = isQuiet ? lesson.standardized : process.smoothed(lesson.standardized)
        return zip(known, lesson.isReal).filter(\.1).map(\.0).min() ?? 0
    }

    static let pendingLimit = 200

    /// Joint samples for the pending points: quasi-random normal numbers.
    func normals(for count: Int) -> [[Double]] {
        guard count > 0 else { return [] }
        let sequence = SobolSequence(dimensions: count, seed: problem.seed &+ 17)
        var random = SeededRandom(seed: problem.seed &+ 19, index: count)
        return (0..<32).map { index in
            sequence.normals(at: index, count: count, using: &random)
        }
    }

    /// A raw form of a row; what is not active there is drawn.
    func raw(of row: [Double], random: inout SeededRandom) -> [Double] {
        encoding.dimensions.indices.map { dimension in
            let drawn = encoding.coordinate(at: random.nextUnit(), of: dimension)
            // A row of a point outside the space, which was changed, begins a search at its edge.
            guard encoding.kinds[dimension] == .category else { return row[dimension].clampedToUnit }
            let count = encoding.dimensions[dimension].levelCount ?? 0
            return (0..<Double(count)).contains(row[dimension]) ? row[dimension] : drawn
        }
    }

    private func draws(_ count: Int) -> Int {
        let limits = settings.drawnLimits
        return count <= limits.few ? settings.draws.few : count <= limits.more ? settings.draws.more : 0
    }

    private func effort(_ plan: Plan) -> AcquisitionSearch.Effort {
        var effort = AcquisitionSearch.Effort()
        let isMany = plan.acquisition.models.count > 1
        switch plan.lesson.rows.count {
        case ...30: effort.candidates = isMany ? 768 : 1024
        case ...60 where isMany:
            effort = AcquisitionSearch.Effort(candidates: 512, variations: 128, starts: 4, evaluations: 25, rounds: 3)
        case ...120 where isMany:
            effort = AcquisitionSearch.Effort(candidates: 384, variations: 128, starts: 3, evaluations: 20, rounds: 3)
        case ...120: break
        case ...250: (effort.candidates, effort.starts, effort.evaluations, effort.rounds) = (768, 5, 30, 3)
        default: (effort.candidates, effort.starts, effort.evaluations, effort.rounds) = (512, 3, 25, 2)
        }
        return effort
    }

    /// Everything that looked good is taken: the best of the points near it that are not.
    private func neighbour(
        of found: [AcquisitionSearch.Found], plan: Plan, search: AcquisitionSearch, state: BayesMemo,
        random: inout SeededRandom
    ) -> Suggestion {
        var fresh: [(raw: [Double], point: Point)] = []
        var tried: Set<PointIdentity> = []
        for attempt in 0..<400 where fresh.count < 64 {
            guard var raw = found.isEmpty ? nil : found[attempt % min(found.count, 8)].raw, !raw.isEmpty else { break }
            for _ in 0...(attempt / 100) {
                let dimension = Int.random(in: 0..<raw.count, using: &random)
                raw[dimension] = encoding.coordinate(at: random.nextUnit(), of: dimension)
            }
            let point = encoding.point(of: raw)
            let identity = PointIdentity(point)
            if novelty.isOpen(point, state.seen), tried.insert(identity).inserted { fresh.append((raw, point)) }
        }
        let rows = fresh.map { search.row(of: $0.raw) }
        let values = plan.acquisition.values(rows)
        guard let best = values.indices.max(by: { values[$0] < values[$1] }) else {
            return novelty.unseen(state.seen, &random, note: SuggestionNote(origin: "one of the last points"))
        }
        return .point(fresh[best].point, plan.note(rows[best], value: values[best], origin: "gaussian process"))
    }
}
