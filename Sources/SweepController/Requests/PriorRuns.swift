import SweepModel
import SweepSearch
import SweepSpec
import SweepStore

/// Finished trials of earlier sweeps, for a new one to learn from. They are copied into its record, so that what it learnt
/// from does not change when an earlier sweep goes on or is deleted.
enum PriorRuns {
    /// Most trials that are taken over, the first ones of each sweep.
    static let most = 10_000
    private static let page = 256

    /// - Parameter names: of sweeps: ids, beginnings of ids, or names.
    /// - Returns: the trials, and in words what became of each sweep.
    /// - Throws: when one of the sweeps does not exist, or the new one has no objective.
    static func read(
        _ names: [String], for spec: SweepSpec, from store: Store, objective known: (SweepID) -> String?
    ) throws(SweepError) -> (trials: [PriorTrial], notes: [String]) {
        guard !names.isEmpty else { return ([], []) }
        guard let objective = spec.objective else {
            throw SweepError(
                .usage, "a sweep without a metric cannot learn from another",
                remedy: "give 'metric', or leave 'prior' out")
        }
        let metrics = [objective.metric] + spec.further.map(\.metric)
        var trials: [PriorTrial] = []
        var notes: [String] = []
        var seen: Set<SweepID> = []
        for name in names {
            let sweep = try store.find(name).id
            guard seen.insert(sweep).inserted else { continue }
            let isSame = known(sweep) == objective.metric
            var completed = 0
            var taken = 0
            var after = 0
            while trials.count < most {
                let rows = try store.trials(sweep, after: after, states: [.completed], limit: page)
                guard let last = rows.last else { break }
                after = last.record.id.number
                completed += rows.count
                let fitting = rows.compactMap { row -> PriorTrial? in
                    var reported = row.progress.metrics ?? [:]
                    // Of the same objective the value that counted, by its summary.
                    if isSame { reported[objective.metric] = row.progress.objective }
                    let values = metrics.compactMap { reported[$0] }.filter(\.isFinite)
                    let trial = PriorTrial(source: row.record.id, parameters: row.record.parameters, values: values)
                    return values.count == metrics.count && trial.observation(in: spec) != nil ? trial : nil
                }
                taken += fitting.count
                trials += fitting
            }
            notes.append(
                "learns from \(taken) of \(completed) completed trials of sweep \(sweep)"
                    + (taken < completed
                        ? "; the others do not fit this space, or have no \(metrics.joined(separator: ", "))" : ""))
        }
        return (Array(trials.prefix(most)), notes)
    }
}

extension PriorTrial {
    /// What a search over the space of `spec` learns from it; nil: it does not fit.
    func observation(in spec: SweepSpec) -> Observation? {
        let point = spec.space.point(of: parameters)
        guard let value = values.first, SearchCube(spec.space).contains(point) else { return nil }
        return Observation(point: point, status: .completed(value), further: Array(values.dropFirst()))
    }
}
