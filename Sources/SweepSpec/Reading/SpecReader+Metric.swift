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
        return objective(entry.value, named: "metric", at: entry.keyPlace, method)
    }

    /// `metrics: [{name: loss}, {name: size, goal: minimize}]`: several objectives, of which a Pareto front is wanted; else
    /// `metric`.
    mutating func readObjectives(method: String?) -> [Objective] {
        guard let entry = top["metrics"], !entry.value.isNull, entry.value.entries == nil else {
            return readMetric(method: method).map { [$0] } ?? []
        }
        let example = "write 'metrics: [{name: loss}, {name: size, goal: minimize}]'"
        if let metric = top["metric"], !metric.value.isNull {
            log.error("'metric' and 'metrics' exclude each other", at: metric.keyPlace, mend: "keep one of them")
        }
        guard let elements = entry.value.elements, !elements.isEmpty else {
            log.error(
                "'metrics' must list objectives, but it is \(entry.value.kind)", at: entry.value.place, mend: example)
            return []
        }
        guard elements.count <= Self.mostObjectives else {
            log.error("'metrics' lists more than \(Self.mostObjectives) objectives", at: entry.value.place)
            return []
        }
        var objectives: [Objective] = []
        for element in elements {
            guard let read = objective(element, named: "metrics", at: element.place, "bayes") else { continue }
            if objectives.contains(where: { $0.metric == read.metric }) {
                log.error("'metrics' names '\(read.metric.prefix(60))' twice", at: element.place)
            }
            objectives.append(read)
        }
        return objectives
    }

    private static let mostObjectives = 8

    /// `metrics: {gap: "val_loss - loss"}`: metrics that are computed from others, in SQL, for people to look at.
    mutating func readDerived() -> [DerivedMetric] {
        guard let entries = top["metrics"]?.value.entries else { return [] }
        var derived: [DerivedMetric] = []
        for entry in entries {
            guard let text = entry.value.text, !text.isEmpty, text.utf8.count <= 2000, derived.count < 100 else {
                log.error(
                    "'\(entry.key.prefix(60))' must be an SQL expression of at most 2000 bytes, but it is \(entry.value.kind)",
                    at: entry.value.place, mend: "write 'metrics: {gap: \"val_loss - loss\"}'")
                continue
            }
            derived.append(DerivedMetric(entry.key, text))
        }
        return derived
    }

    /// `prior: [k3f9x2mp]`: sweeps to learn from.
    mutating func readPrior() -> [String] {
        guard let entry = top["prior"], !entry.value.isNull else { return [] }
        let elements = entry.value.elements ?? (entry.value.entries == nil ? [entry.value] : [])
        let names = elements.compactMap { $0.text }.filter { !$0.isEmpty }
        guard names.count == elements.count, (1...100).contains(names.count) else {
            log.error(
                "'prior' must list the ids of sweeps to learn from, but it is \(entry.value.kind)",
                at: entry.value.place,
                mend: "write 'prior: [k3f9x2mp]', an id that 'sweep list' shows")
            return []
        }
        return names
    }

    /// One objective; nil when there is none after all.
    private mutating func objective(
        _ value: YAMLNode, named key: String, at place: Place?, _ method: String?
    ) -> Objective? {
        guard let fields = value.entries else {
            guard let name = value.text else {
                metricProblem("'\(key)' must be a mapping, but it is \(value.kind)", value.place, method)
                return nil
            }
            log.warning(
                "'\(key)' must be a mapping; this is taken as its name, to minimize", at: value.place,
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
                log.note(
                    "'\(field.key)' has no effect: failed and running trials are learnt from as they are",
                    at: field.keyPlace)
            default: unknown(field, among: Self.metricKeys, in: "'metric'")
            }
        }
        guard !objective.metric.isEmpty else {
            metricProblem("'\(key)' has no name", place, method)
            return nil
        }
        return objective
    }

    private mutating func metricProblem(_ message: String, _ place: Place?, _ method: String?) {
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
