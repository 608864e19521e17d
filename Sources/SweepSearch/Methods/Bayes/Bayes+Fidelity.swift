import Glibc
import SweepModel

/// Where trials have a length: one process over (point, step), asked about whole trainings.
extension Bayes {
    /// Most values that the process over (point, step) learns from.
    static let fidelityLimit = 400

    /// The suggestion of the process over (point, step); nil: there is nothing to learn from yet.
    func modelledByFidelity(
        _ index: Int, history: SearchHistory, state: inout BayesMemo
    ) -> Suggestion? {
        guard let fidelity,
            history.observations.contains(where: { !$0.curve.isEmpty })
        else { return nil }
        let lesson = FidelityLesson(
            problem.prior + history.observations, rows: priorRows + state.rows, goal: history.goal,
            fidelity: fidelity, limit: Self.fidelityLimit)
        guard lesson.trialCount >= 2 else { return nil }
        var random = SeededRandom(seed: SeededRandom.mix(problem.seed ^ 0xF1DE1), index: index)
        let kinds = encoding.kinds + [.numeric]
        let parameters = bestParameters(rows: lesson.rows, values: lesson.standardized, kinds: kinds).0
        let training = TrainingSet(kinds: kinds, rows: lesson.rows, values: lesson.standardized)
        let pending = Array(lesson.pending.suffix(64))
        guard
            let process = GaussianProcess(
                training, parameters: parameters, pending: pending, normals: normals(for: pending.count), blas: blas)
        else { return nil }
        let acquisition = Acquisition(models: [Acquisition.Model(process: process, best: lesson.best)])
        let good = lesson.good(5).map { raw(of: $0, random: &random) }
        let search = AcquisitionSearch(
            encoding: encoding, acquisition: acquisition, effort: Self.effortByFidelity(lesson.rows.count),
            context: [1])
        for candidate in search.best(near: good, design: state.design(candidates), random: &random) {
            let point = encoding.point(of: candidate.raw)
            guard novelty.isOpen(point, state.seen) else { continue }
            return .point(point, note(candidate, process: process, goal: history.goal, lesson: lesson))
        }
        return novelty.unseen(
            state.seen, &random, note: SuggestionNote(origin: "random: all points that look good are known"))
    }

    private static func effortByFidelity(_ count: Int) -> AcquisitionSearch.Effort {
        switch count {
        case ...120: AcquisitionSearch.Effort()
        case ...250: AcquisitionSearch.Effort(candidates: 768, starts: 5, evaluations: 30, rounds: 3)
        default: AcquisitionSearch.Effort(candidates: 512, starts: 3, evaluations: 25, rounds: 2)
        }
    }

    private func note(
        _ found: AcquisitionSearch.Found, process: GaussianProcess, goal: Objective.Goal, lesson: FidelityLesson
    ) -> SuggestionNote {
        let (means, variances) = process.predict([encoding.row(of: found.raw) + [1]])
        let mean = (0..<means.rows).reduce(0.0) { $0 + means[$1, 0] } / Double(max(means.rows, 1))
        let cost = lesson.cost(of: mean)
        let slope = lesson.slope(at: cost)
        let (deviation, gain) = (variances[0].squareRoot() / slope, exp(found.value) / slope)
        return SuggestionNote(
            origin: "gaussian process over points and steps", mean: goal == .minimize ? cost : -cost,
            deviation: deviation.isFinite ? deviation : nil, expectedImprovement: gain.isFinite ? gain : nil,
            learntFrom: lesson.trialCount)
    }
}
