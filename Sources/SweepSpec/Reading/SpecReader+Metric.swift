import SweepModel

extension SpecReader {
    private static let metricKeys = ["name", "goal", "target", "summary", "impute", "impute_while_running"]

    /// `metric`. What is wrong with it W&B reports and does without, except where the search needs it.
    mutating func readMetric(method: String?) -> Objective? {
        guard let entry = top["metric"], !entry.value.isNull else {
            if method == "bayes" {
                log.error(
                    "method 'bayes' needs a metric", at: top["method"]?.value.place ?? top["metric"]?.keyPlace,
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
        if method == "bayes" {
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

    private static let earlyTerminateKeys = ["type", "min_iter", "max_iter", "s", "eta", "strict"]

    /// `early_terminate`. It ends trials and takes no part in the search, so W&B starts a sweep whatever stands here.
    mutating func readEarlyTerminate(hasMetric: Bool) -> EarlyTerminate? {
        guard let entry = top["early_terminate"], !entry.value.isNull else { return nil }
        guard let fields = entry.value.entries else {
            log.warning(
                "'early_terminate' must be a mapping, but it is \(entry.value.kind); it is ignored",
                at: entry.value.place, mend: "write 'early_terminate: {type: hyperband, min_iter: 3}'")
            return nil
        }
        var rule = EarlyTerminate(type: "")
        var isGood = true
        for field in fields {
            let number = field.value.value.number
            switch field.key {
            case "type": rule.type = field.value.text ?? ""
            case "min_iter", "max_iter", "s":
                guard let whole = number.flatMap(Int.init(exactly:)), whole >= 1 else {
                    badField(field, "a whole number above 0")
                    isGood = false
                    continue
                }
                switch field.key {
                case "min_iter": rule.minIter = whole
                case "max_iter": rule.maxIter = whole
                default: rule.s = whole
                }
            case "eta":
                if let number, number > 1, number.isFinite {
                    rule.eta = number
                } else {
                    badField(field, "a number above 1")
                    isGood = false
                }
            case "strict":
                if case .bool(let strict) = field.value.value {
                    rule.strict = strict
                } else {
                    badField(field, "true or false")
                    isGood = false
                }
            default: unknown(field, among: Self.earlyTerminateKeys, in: "'early_terminate'")
            }
        }
        guard isGood, check(rule, entry) else { return nil }
        if !hasMetric {
            log.warning(
                "'early_terminate' has no metric to judge by", at: entry.keyPlace,
                mend: "add 'metric: {name: val_loss, goal: minimize}'")
        }
        log.note("'early_terminate' has no effect yet: no trial is stopped early", at: entry.keyPlace)
        return rule
    }

    /// Whether the rule's keys make a rule.
    private mutating func check(_ rule: EarlyTerminate, _ entry: YAMLNode.Entry) -> Bool {
        let place = entry.value.entries?.first { $0.key == "type" }?.value.place ?? entry.keyPlace
        guard rule.type == "hyperband" else {
            log.warning(
                rule.type.isEmpty
                    ? "'early_terminate' has no type; it is ignored"
                    : "there is no early termination '\(rule.type.prefix(40))'; it is ignored",
                at: place, mend: "write 'type: hyperband'")
            return false
        }
        switch (rule.minIter, rule.maxIter, rule.s) {
        case (nil, nil, _):
            log.warning(
                "hyperband needs 'min_iter', or 'max_iter' and 's'; it is ignored", at: entry.keyPlace,
                mend: "add 'min_iter: 3'")
            return false
        case (nil, .some, nil):
            log.warning("hyperband needs 's' beside 'max_iter'; it is ignored", at: entry.keyPlace, mend: "add 's: 2'")
            return false
        case (.some, .some, nil):
            log.warning(
                "hyperband uses 'max_iter' only together with 's'; 'min_iter' alone counts", at: entry.keyPlace,
                mend: "add 's: 2', or take 'max_iter' away")
        case (.some, .some, .some):
            log.warning(
                "hyperband takes 'max_iter' and 's', so 'min_iter' has no effect", at: entry.keyPlace,
                mend: "give 'min_iter', or 'max_iter' and 's'")
        case (.some, nil, .some):
            log.warning(
                "'s' has no effect without 'max_iter'", at: entry.keyPlace, mend: "take 's' away, or add 'max_iter'")
        case (nil, .some(let maxIter), .some) where Double(maxIter) < rule.eta:
            log.warning(
                "'max_iter' \(maxIter) is below eta, so there is no band to stop at; it is ignored",
                at: entry.keyPlace, mend: "give a larger 'max_iter'")
            return false
        default: break
        }
        return true
    }

    private mutating func badField(_ field: YAMLNode.Entry, _ what: String) {
        log.warning(
            "'\(field.key)' must be \(what), but it is \(field.value.kind); 'early_terminate' is ignored",
            at: field.value.place)
    }
}
