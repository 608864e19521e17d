package import SweepModel

/// Why a trial was tried and why it was stopped, in words: for the command line and the pages.
package struct TrialReasons: Sendable {
    package struct Fact: Hashable, Sendable {
        /// Empty: it belongs to the fact before it.
        package var name: String
        package var text: String
    }

    package private(set) var facts: [Fact] = []
    /// The trials that it was compared with when it was stopped.
    package let neighbours: [Int]
    private let metric: String

    /// - Parameters:
    ///   - suggestion: a `SuggestionNote`, and `stopping` a `StoppingNote`, as the record has them.
    ///   - reason: of its end, where no stopping rule ended it.
    package init(
        suggestion: ParameterValue?, stopping: ParameterValue?, method: String, metric: String?, goal: Objective.Goal?,
        state: TrialState, objective: Double?, step: Int?, reason: String?
    ) {
        let suggestion =
            suggestion.flatMap { try? JSONCoding.decode(SuggestionNote.self, from: $0) } ?? SuggestionNote()
        let stopping = stopping.flatMap { try? JSONCoding.decode(StoppingNote.self, from: $0) }
        self.metric = metric ?? "objective"
        neighbours = stopping?.neighbours ?? []
        add("chosen by", suggestion.origin ?? Self.origin(ofMethod: method))
        add("", suggestion.remark)
        add("predicted", prediction(suggestion))
        add("expected", suggestion.expectedImprovement.map { "\(NumberText.short($0)) better than the best so far" })
        add("state", stopping?.isPause == true && state == .pruned ? "paused" : state.rawValue)
        add("result", objective.map { result($0, step, state, suggestion) })
        if let stopping {
            add(
                stopping.isPause == true ? "paused" : "stopped",
                stopping.sentence(metric: self.metric, goal: goal ?? .minimize))
            if stopping.threshold != nil { add("", stopping.remark) }
            if stopping.isPause == true, state != .pruned { add("", "went on later, from its checkpoint") }
            if !state.isFinal { add("because", reason) }
        } else {
            add("because", reason)
        }
    }

    private mutating func add(_ name: String, _ text: String?) {
        if let text, !text.isEmpty { facts.append(Fact(name: name, text: text)) }
    }

    /// `loss 0.41 ± 0.05, learnt from 11 trials`.
    private func prediction(_ suggestion: SuggestionNote) -> String? {
        let learnt = suggestion.learntFrom.map { "learnt from \($0) trial\($0 == 1 ? "" : "s")" }
        guard let mean = suggestion.mean else { return learnt }
        let deviation = suggestion.deviation.map { " ± \(NumberText.short($0))" } ?? ""
        return "\(metric) \(NumberText.short(mean))\(deviation)" + (learnt.map { ", \($0)" } ?? "")
    }

    /// `loss 0.43 at step 10, 0.4 standard deviations above the prediction`.
    private func result(_ objective: Double, _ step: Int?, _ state: TrialState, _ suggestion: SuggestionNote) -> String
    {
        let text = "\(metric) \(NumberText.short(objective))" + (step.map { " at step \($0)" } ?? "")
        guard state == .completed, let mean = suggestion.mean, let deviation = suggestion.deviation, deviation > 0
        else {
            return text
        }
        let distance = (objective - mean) / deviation
        let size = NumberText.short((distance.magnitude * 10).rounded() / 10)
        return "\(text), \(size) standard deviations \(distance < 0 ? "below" : "above") the prediction"
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
