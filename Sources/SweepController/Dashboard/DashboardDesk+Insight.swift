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
                try store.outcomes(of: sweep, newest: Self.mostTrials), of: spec,
                isOver: ![.running, .paused].contains(record.state))
        }
    }

    func landscape(of sweep: SweepID, pair: (across: String, up: String)?) async throws -> ParameterValue {
        try await desk.blocking { [store = desk.parts.store] () throws(SweepError) in
            guard let yaml = try store.sweep(sweep)?.record.yaml, let spec = SpecParser.parse(yaml).spec else {
                return .object([.init("problem", "the sweep's file cannot be read")])
            }
            let history = SearchHistory(try store.outcomes(of: sweep, newest: Self.mostTrials), of: spec)
            let landscape = Landscape(space: spec.space, history: history, pair: pair)
            return (try? landscape.map { try JSONCoding.value(of: $0) })
                ?? .object([.init("problem", "there are too few values for a model, or no OpenBLAS")])
        }
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
