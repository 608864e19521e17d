import SweepDashboard
import SweepModel
import SweepSearch
import SweepSpec
import SweepStore
import SweepWire

extension DashboardDesk {
    /// Trials that importance and forecast are learnt from: the newest; more say little more and take long.
    private static let mostTrials = 3000

    func insight(of sweep: SweepID) async throws -> SweepInsight {
        try await desk.blocking { [store = desk.parts.store] () throws(SweepError) in
            guard let record = try store.sweep(sweep)?.record, let spec = SpecParser.parse(record.yaml).spec else {
                return SweepInsight(problem: "the sweep's file cannot be read")
            }
            return Self.insight(
                try Self.outcomes(sweep, store), of: spec, isOver: ![.running, .paused].contains(record.state))
        }
    }

    private static func outcomes(_ sweep: SweepID, _ store: Store) throws(SweepError) -> [TrialOutcome] {
        var outcomes: [TrialOutcome] = []
        var after = 0
        while true {
            let trials = try store.trials(sweep, after: after, limit: 500)
            outcomes += trials.map {
                TrialOutcome(
                    number: $0.record.id.number, point: $0.record.point, parameters: $0.record.parameters,
                    state: $0.progress.state, objective: $0.progress.objective)
            }
            if outcomes.count > 2 * mostTrials { outcomes.removeFirst(outcomes.count - mostTrials) }
            guard trials.count == 500, let last = trials.last else { break }
            after = last.record.id.number
        }
        return outcomes.suffix(mostTrials)
    }

    private static func insight(_ outcomes: [TrialOutcome], of spec: SweepSpec, isOver: Bool) -> SweepInsight {
        let history = SearchHistory(outcomes, of: spec)
        var insight = SweepInsight()
        do throws(SweepError) {
            let importance = try Importance(space: spec.space, history: history)
            insight.shares = importance.shares.map { .init(name: $0.name, share: $0.share, deviation: $0.deviation) }
            insight.together = importance.together
            insight.learntFrom = importance.learntFrom
        } catch {
            insight.problem = error.message
        }
        guard !isOver else { return insight }
        let progress = Progress(
            problem: spec.searchProblem(seed: spec.seed ?? 0), history: history, trials: 20,
            isModelled: !["random", "sobol", "grid"].contains(spec.method))
        insight.forecast = progress.forecast.map {
            .init(
                trials: $0.trials, chance: $0.chance, improvement: $0.improvement,
                basis: $0.basis == .model ? "model" : "order")
        }
        return insight
    }

    func remark(_ sweep: SweepID, trial: Int?, _ change: RemarkChange) async throws -> Remark {
        try await desk.remark(sweep, trial, change).remark
    }
}
