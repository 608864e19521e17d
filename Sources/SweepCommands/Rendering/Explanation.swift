import SweepModel
import SweepSearch
package import SweepWire

/// Why a trial was tried and why it was stopped, in words.
package struct Explanation: Sendable {
    private let row: TrialRow
    private let sweep: SweepRow
    private let suggestion: SuggestionNote
    private let stopping: StoppingNote?

    package init(_ row: TrialRow, of sweep: SweepRow) {
        self.row = row
        self.sweep = sweep
        suggestion =
            row.suggestion.flatMap { try? JSONCoding.decode(SuggestionNote.self, from: $0) } ?? SuggestionNote()
        stopping = row.stopping.flatMap { try? JSONCoding.decode(StoppingNote.self, from: $0) }
    }

    private var metric: String { sweep.metric ?? "objective" }

    package var lines: [StyledLine] {
        var facts = FactList()
        facts.add("trial", row.id.description, .bold)
        facts.add(
            "point", row.params.flattened.map { "\($0.name) \(ValueText.parameter($0.value))" }.joined(separator: ", "))
        facts.add("chosen by", suggestion.origin ?? Self.origin(ofMethod: sweep.method))
        facts.add("", suggestion.remark)
        facts.add("predicted", prediction)
        facts.add(
            "expected", suggestion.expectedImprovement.map { "\(ValueText.number($0)) better than the best so far" })
        facts.add("state", row.state.rawValue, row.state.tint)
        facts.add("result", result)
        if let stopping {
            facts.add("stopped", stopping.sentence(metric: metric, goal: sweep.goal ?? .minimize))
            if stopping.threshold != nil { facts.add("", stopping.remark) }
            facts.add(
                "compared with",
                stopping.neighbours.map { TrialID(row.id.sweep, $0).description }.joined(separator: ", "))
        } else {
            facts.add("because", row.reason)
        }
        return facts.lines()
    }

    /// `loss 0.41 ± 0.05, learnt from 11 trials`.
    private var prediction: String? {
        let learnt = suggestion.learntFrom.map { "learnt from \(ValueText.plural($0, "trial"))" }
        guard let mean = suggestion.mean else { return learnt }
        let deviation = suggestion.deviation.map { " ± \(ValueText.number($0))" } ?? ""
        return "\(metric) \(ValueText.number(mean))\(deviation)" + (learnt.map { ", \($0)" } ?? "")
    }

    /// `loss 0.43 at step 10, 0.4 standard deviations above the prediction`.
    private var result: String? {
        guard let objective = row.objective else { return nil }
        var text = "\(metric) \(ValueText.number(objective))" + (row.step.map { " at step \($0)" } ?? "")
        if row.state == .completed, let mean = suggestion.mean, let deviation = suggestion.deviation, deviation > 0 {
            let distance = (objective - mean) / deviation
            let side = distance < 0 ? "below" : "above"
            text +=
                ", \(ValueText.number((distance.magnitude * 10).rounded() / 10)) standard deviations \(side) the prediction"
        }
        return text
    }

    /// For methods that choose without looking at results.
    private static func origin(ofMethod method: String) -> String {
        switch method {
        case "grid": "grid: the next combination in order"
        case "random": "random: drawn from the parameters' laws"
        case "sobol": "sobol: the next point of an even sequence"
        default: method
        }
    }
}
