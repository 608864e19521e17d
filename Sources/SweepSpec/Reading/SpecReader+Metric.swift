import SweepModel

extension SpecReader {
    private static let metricKeys = ["name", "goal", "target", "summary", "impute", "impute_while_running"]

    /// `metric`. What is wrong with it W&B reports and does without, except where the search needs it.
    mutating func readMetric(method: String?) -> Objective? {
        guard let entry = top["metric"], !entry.value.isNull else {
            if let method, Self.learningMethods.contains(method) {
                log.error(
                    "method '\(method)' needs a metric", at: top["method"]?.value.place ?? top["metric"]?.keyPlace,
                    mend: "add 'metric: {name: val_loss, goal: minimize}'")
            }
            return nil
        }
        guard let fields = entry.value.entries else {
            guard let name = entry.value.text else {
                metricProblem("'metric' must be a mapping, but it is \(entry.value.kind)", entry.value.place, method)
                return nil
            }
            log.warning(
                "'metric' must be a mapping; this is taken as its name, to minimize", at: entry.value.place,
                mend: "write 'metric: {name: \(name.prefix(40)), goal: minimize}'")
            return Objective(metric: name)
        }
        var objective = Objective(metric: "")
        for field in fields {
            switch field.key {
            case "name": objective.metric = field.value.text ?? ""
            case "goal": objective.goal = goal(field)
            case "target": objective.target = target(field)
            case "summary": objective.summary = summary(field) ?? .last
            case "impute", "impute_while_running":
                log.note("'\(field.key)' has no effect yet: it comes with method 'bayes'", at: field.keyPlace)
            default: unknown(field, among: Self.metricKeys, in: "'metric'")
            }
        }
        guard !objective.metric.isEmpty else {
            metricProblem("'metric' has no name", entry.keyPlace, method)
            return nil
        }
        return objective
    }

    private mutating func metricProblem(_ message: String, _ place: Place, _ method: String?) {
        let mend = "add 'name: val_loss', the name under which the script reports it"
        if let method, Self.learningMethods.contains(method) {
            log.error(message, at: place, mend: mend)
        } else {
            log.warning(message + "; the sweep has no objective then", at: place, mend: mend)
        }
    }

    private mutating func goal(_ field: YAMLNode.Entry) -> Objective.Goal {
        if let goal = field.value.text.flatMap(Objective.Goal.init(rawValue:)) { return goal }
        let goals = Objective.Goal.allCases.map(\.rawValue)
        let text = field.value.text ?? ""
        let meant = text == "min" ? "minimize" : text == "max" ? "maximize" : Spelling.nearest(to: text, among: goals)
        log.warning(
            "'goal' is 'minimize' or 'maximize', but it is \(field.value.kind); 'minimize' is used, as W&B does",
            at: field.value.place, mend: meant.map { "did you mean '\($0)'?" })
        return .minimize
    }

    private mutating func target(_ field: YAMLNode.Entry) -> Double? {
        if let target = field.value.value.number, target.isFinite { return target }
        log.warning("'target' must be a number, but it is \(field.value.kind); it is ignored", at: field.value.place)
        return nil
    }

    private mutating func summary(_ field: YAMLNode.Entry) -> Objective.Summary? {
        if let summary = field.value.text.flatMap(Objective.Summary.init(rawValue:)) { return summary }
        log.error(
            "'summary' is last, min, max or mean, but it is \(field.value.kind)", at: field.value.place,
            mend: "leave it out for the last value that is reported")
        return nil
    }
}
