import SweepModel
import SweepSearch

/// Trials that are stopped early and may go on later from their checkpoints: in the record they are `pruned`, and a
/// promotion makes them wait and run again, under a new attempt. So nothing is left to do for those that never do.
extension Sweep {
    /// Stops are pauses.
    var pauses: Bool { definition.rule?.pauses == true }

    /// Who may take up a paused trial.
    struct Place {
        var host: String
        /// The machines that have an agent for the sweep: a checkpoint on any other is out of reach.
        var reachable: Set<String>
    }

    /// The paused trial that is to go on.
    ///
    /// - Parameter place: where; nil: anywhere.
    func promotion(on place: Place?) -> Promotion? {
        guard !paused.isEmpty, endReason == nil, let rule = definition.rule, rule.pauses, let book else { return nil }
        return rule.promotion(in: book, isLast: !maySuggest) { number in
            guard let host = paused[number] else { return false }
            guard let place else { return true }
            return host == place.host || !place.reachable.contains(host)
        }
    }

    /// The trial goes on: it waits for the slot that it is meant for.
    mutating func resume(_ promotion: Promotion) {
        update(promotion.trial) {
            $0.state = .waiting
            $0.reason = promotion.sentence
            $0.ended = nil
        }
        reopen(promotion.trial)
        observe(promotion.trial)
        // Its point counts again when it has ended again.
        if definition.limits.patience != nil { restorePatience() }
    }

    /// The objective's value as it is: the best of all attempts where the best counts, as the later ones go on from the
    /// earlier.
    func objectiveValue(of number: Int, _ summary: ObjectiveSummary, _ objective: Objective) -> Double? {
        guard let value = summary.value(objective.summary), value.isFinite else { return nil }
        let countsBest = objective.summary == (objective.goal == .minimize ? .min : .max)
        guard pauses, countsBest, let best = book?.curves[number]?.points.last?.best else { return value }
        return objective.goal.prefers(best, to: value) ? best : value
    }
}
