package import SweepModel

extension StoppingNote {
    /// Whether a sentence of `sentence(metric:goal:)`, which the record keeps as a trial's reason, is of a pause.
    package static func isPause(_ sentence: String) -> Bool { sentence.hasPrefix("paused") }

    /// In one line: where the trial was compared, its value there, and what it would have had to reach.
    package func sentence(metric: String, goal: Objective.Goal) -> String {
        let verb = isPause == true ? "paused" : "stopped"
        var text = rung.map { "\(verb) at step \(NumberText.short($0))" } ?? verb
        if let value { text += ": \(metric) \(NumberText.short(value))" }
        if let threshold {
            let isLess = value.map { $0 > threshold } ?? (goal == .minimize)
            let side = isLess ? "or less" : "or more"
            text += "\(value == nil ? ":" : ",") needed \(NumberText.short(threshold)) \(side)"
        }
        if threshold == nil, let remark { text += "\(value == nil ? ":" : ",") \(remark)" }
        return "\(text) (\(rule))"
    }
}
