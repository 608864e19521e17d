import SweepModel
import SweepSearch
import SweepSpec
import SweepStore

extension Store {
    /// What became of a sweep's newest trials, oldest first. Blocks.
    func outcomes(of sweep: SweepID, newest most: Int) throws(SweepError) -> [TrialOutcome] {
        var outcomes: [TrialOutcome] = []
        var after = 0
        while true {
            let trials = try trials(sweep, after: after, limit: 500)
            outcomes += trials.map {
                TrialOutcome(
                    number: $0.record.id.number, point: $0.record.point, parameters: $0.record.parameters,
                    state: $0.progress.state, objective: $0.progress.objective)
            }
            if outcomes.count / 2 > most { outcomes.removeFirst(outcomes.count - most) }
            guard trials.count == 500, let last = trials.last else { break }
            after = last.record.id.number
        }
        return outcomes.suffix(most)
    }

    /// Each point that was tried, once, and in the order in which they were chosen. Blocks.
    func tried(in sweep: SweepID, of space: SearchSpace) throws(SweepError) -> [Point] {
        var seen: Set<Int> = []
        return try outcomes(of: sweep, newest: .max).filter { seen.insert($0.point).inserted }.map {
            space.point(of: $0.parameters)
        }
    }
}
