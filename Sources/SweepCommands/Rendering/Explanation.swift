import SweepModel
import SweepSearch
package import SweepWire

/// Why a trial was tried and why it was stopped, for a terminal.
package struct Explanation: Sendable {
    private let row: TrialRow
    private let reasons: TrialReasons

    package init(_ row: TrialRow, of sweep: SweepRow) {
        self.row = row
        reasons = TrialReasons(
            suggestion: row.suggestion, stopping: row.stopping, method: sweep.method, metric: sweep.metric,
            goal: sweep.goal, state: row.state, objective: row.objective, step: row.step, reason: row.reason)
    }

    package var lines: [StyledLine] {
        var facts = FactList()
        facts.add("trial", row.id.description, .bold)
        facts.add(
            "point", row.params.flattened.map { "\($0.name) \(ValueText.parameter($0.value))" }.joined(separator: ", "))
        for fact in reasons.facts { facts.add(fact.name, fact.text, fact.name == "state" ? row.state.tint : nil) }
        facts.add(
            "compared with",
            reasons.neighbours.map { TrialID(row.id.sweep, $0).description }.joined(separator: ", "))
        return facts.lines()
    }
}
