import SweepModel
import SweepSearch

extension SpecReader {
    // MARK: early_terminate

    /// `early_terminate`. It ends trials and takes no part in the search, so W&B starts a sweep whatever stands here:
    /// what is wrong with W&B's own rule, or names no rule, is warned of. With the rules that W&B does not have it is an
    /// error.
    mutating func readEarlyTerminate(objective: Objective?, fidelity: Fidelity?) -> EarlyTerminate? {
        guard let entry = top["early_terminate"], !entry.value.isNull else { return nil }
        guard let fields = entry.value.entries else {
            log.warning(
                "'early_terminate' must be a mapping, but it is \(entry.value.kind); it is ignored",
                at: entry.value.place, mend: "write 'early_terminate: {type: hyperband, min_iter: 3}'")
            return nil
        }
        let type = fields.first { $0.key == "type" }?.value
        guard let name = type?.text, name != EarlyTerminate.none else {
            if type?.text == EarlyTerminate.none { return EarlyTerminate(type: EarlyTerminate.none) }
            log.warning(
                "'early_terminate' has no type; it is ignored", at: type?.place ?? entry.keyPlace,
                mend: "write 'type: hyperband'")
            return nil
        }
        guard let rule = BuiltIns.stoppingRule(named: name) else {
            // A closure: a key path to a static member of an existential metatype crashes the compiler (Swift 6.3.1).
            let names = BuiltIns.stoppingRules.map { $0.name }
            log.warning(
                "there is no early termination '\(name.prefix(40))'; it is ignored", at: type?.place,
                mend: Spelling.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                    ?? "use one of \(names.joined(separator: ", "))")
            return nil
        }
        let isOfWandb = rule == Hyperband.self
        guard let settings = settings(fields, of: rule, isOfWandb: isOfWandb) else { return nil }
        do {
            let made = try rule.init(
                problem: StoppingProblem(
                    settings: settings, goal: objective?.goal ?? .minimize, fidelity: fidelity))
            if fidelity?.resumes == true, !made.pauses {
                log.warning(
                    "\(name) stops trials for good: 'resume' of 'fidelity' has no effect", at: entry.keyPlace,
                    mend: "use 'type: asha' or 'type: auto'")
            }
        } catch {
            if isOfWandb {
                log.warning(error.message + "; it is ignored", at: entry.keyPlace, mend: error.remedy)
            } else {
                log.error(error.message, at: entry.keyPlace, mend: error.remedy)
            }
            return nil
        }
        for caution in rule.cautions(of: settings) {
            log.warning(caution.message, at: entry.keyPlace, mend: caution.remedy)
        }
        if objective == nil {
            log.warning(
                "'early_terminate' has no metric to judge by", at: entry.keyPlace,
                mend: "add 'metric: {name: val_loss, goal: minimize}'")
        }
        return EarlyTerminate(type: name, settings: settings)
    }

    /// The rule's keys; nil when one is wrong.
    private mutating func settings(
        _ fields: [YAMLNode.Entry], of rule: any StoppingRule.Type, isOfWandb: Bool
    ) -> [String: ParameterValue]? {
        var settings: [String: ParameterValue] = [:]
        var isGood = true
        for field in fields where field.key != "type" {
            guard let key = rule.keys.first(where: { $0.name == field.key }) else {
                unknown(field, among: rule.keys.map(\.name) + ["type"], in: "'early_terminate'")
                continue
            }
            if key.takes(field.value.value) {
                settings[key.name] = field.value.value
                continue
            }
            isGood = false
            let problem = "'\(key.name)' must be \(key.expectation), but it is \(field.value.kind)"
            if isOfWandb {
                log.warning(problem + "; 'early_terminate' is ignored", at: field.value.place)
            } else {
                log.error(problem, at: field.value.place)
            }
        }
        return isGood ? settings : nil
    }

    // MARK: fidelity

    private static let fidelityExample = "write 'fidelity: {metric: epoch, max: 81}'"

    /// `fidelity: {metric: epoch, min: 1, max: 81, resume: true}`. The step of the report itself is `step`, or no metric at all.
    mutating func readFidelity() -> Fidelity? {
        guard let entry = top["fidelity"], !entry.value.isNull else { return nil }
        guard let fields = entry.value.entries else {
            log.error(
                "'fidelity' must be a mapping, but it is \(entry.value.kind)", at: entry.value.place,
                mend: Self.fidelityExample)
            return nil
        }
        var metric: String?
        var least: Double?
        var most: Double?
        var resumes = false
        for field in fields {
            switch field.key {
            case "metric":
                metric = field.value.text
                if metric == nil || metric == "" {
                    log.error(
                        "'metric' must be the name of a reported number, but it is \(field.value.kind)",
                        at: field.value.place, mend: "write 'metric: epoch', or leave it out for the step")
                }
            case "min": least = number(field, above: 0)
            case "max": most = number(field, above: 0)
            case "resume":
                guard case .bool(let value) = field.value.value else {
                    log.error(
                        "'resume' must be true or false, but it is \(field.value.kind)", at: field.value.place,
                        mend: "write 'resume: true' if the script goes on from SWEEP_RESUME_FROM")
                    continue
                }
                resumes = value
            default: unknown(field, among: ["metric", "min", "max", "resume"], in: "'fidelity'")
            }
        }
        guard let most else {
            if !fields.contains(where: { $0.key == "max" }) {
                log.error(
                    "'fidelity' has no 'max', the full length of a trial", at: entry.keyPlace,
                    mend: Self.fidelityExample)
            }
            return nil
        }
        if let least, least >= most {
            let place = fields.first { $0.key == "min" }?.value.place ?? entry.keyPlace
            log.error("'min' of 'fidelity' is not below its 'max'", at: place, mend: "swap them, or leave 'min' out")
            return nil
        }
        return Fidelity(
            metric: metric == "step" || metric == "_step" ? nil : metric, min: least ?? min(1, most / 2), max: most,
            resumes: resumes)
    }

    /// A finite number above `bound`.
    private mutating func number(_ field: YAMLNode.Entry, above bound: Double) -> Double? {
        if let number = field.value.value.number, number.isFinite, number > bound { return number }
        log.error(
            "'\(field.key)' must be a number above \(Int(bound)), but it is \(field.value.kind)",
            at: field.value.place)
        return nil
    }

    // MARK: ends of the sweep

    /// `stop_when: {expected_improvement: 0.001, patience: 50}`.
    mutating func readStopWhen(_ objective: Objective?) -> StopWhen? {
        guard let entry = top["stop_when"], !entry.value.isNull else { return nil }
        guard let fields = entry.value.entries else {
            log.error(
                "'stop_when' must be a mapping, but it is \(entry.value.kind)", at: entry.value.place,
                mend: "write 'stop_when: {patience: 50}'")
            return nil
        }
        var stopWhen = StopWhen()
        for field in fields {
            switch field.key {
            case "expected_improvement": stopWhen.expectedImprovement = number(field, above: 0)
            case "patience": stopWhen.patience = integer(field, in: 1...1_000_000_000)
            default: unknown(field, among: ["expected_improvement", "patience"], in: "'stop_when'")
            }
        }
        guard objective != nil else {
            log.error(
                "'stop_when' has no metric to judge by", at: entry.keyPlace,
                mend: "add 'metric: {name: val_loss, goal: minimize}'")
            return nil
        }
        return stopWhen == StopWhen() ? nil : stopWhen
    }

    /// `budget: {time: 8h}`, or `{hours: 8}`: seconds.
    mutating func readBudget() -> Double? {
        guard let entry = top["budget"], !entry.value.isNull else { return nil }
        guard let fields = entry.value.entries else {
            log.error(
                "'budget' must be a mapping, but it is \(entry.value.kind)", at: entry.value.place,
                mend: "write 'budget: {time: 8h}'; 'run_cap' bounds the number of trials")
            return nil
        }
        var budget: Double?
        for field in fields {
            let seconds: Double?
            switch field.key {
            case "time": seconds = field.value.value.number ?? field.value.value.string.flatMap(Self.seconds)
            case "hours": seconds = field.value.value.number.map { $0 * 3600 }
            default:
                unknown(field, among: ["time", "hours"], in: "'budget'")
                continue
            }
            guard let seconds, seconds > 0, seconds <= 1e9 else {
                log.error(
                    "'\(field.key)' must be a time above 0, but it is \(field.value.kind)", at: field.value.place,
                    mend: field.key == "hours" ? "write 'hours: 8'" : "write seconds (3600), or 90s, 30m, 2h, 1d, 1h30m"
                )
                continue
            }
            budget = min(budget ?? .infinity, seconds)
        }
        return budget
    }
}
