import SweepModel
import SweepSearch

/// The top level of a sweep file. What stands under each key is read in an extension of its own.
struct SpecReader {
    var log: DiagnosticLog
    let folder: String?
    /// The top level's keys.
    var top: [String: YAMLNode.Entry] = [:]

    init(log: DiagnosticLog, folder: String?) {
        self.log = log
        self.folder = folder
    }

    /// Keys that mean something here.
    static let known = [
        "method", "parameters", "program", "command", "metric", "metrics", "prior", "early_terminate", "run_cap",
        "name", "description",
        "project", "entity", "seed", "parallel", "retries", "max_losses", "timeout", "resources", "workdir",
        "environment", "use_artifact", "keep", "priority", "zip", "repeat", "fidelity", "initial", "stop_when",
        "budget", "exclude", "notify",
    ]

    /// Keys of W&B that do nothing here, and what to know about them.
    static let ignored = [
        "controller": "the search always runs in Sweep's own controller",
        "apiVersion": "Sweep has no use for it",
        "kind": "Sweep has no use for it",
        "job": "W&B Launch is not there: give 'program' or 'command'",
        "image_uri": "W&B Launch is not there: give 'program' or 'command'",
        "scheduler": "W&B Launch is not there; 'parallel' bounds how many trials run at once",
        "settings": "Sweep has no use for it",
    ]

    mutating func read(_ root: YAMLNode) -> SweepSpec? {
        guard let entries = root.entries else {
            let isEmpty = root.isNull
            log.error(
                isEmpty ? "the file is empty" : "a sweep file is a mapping, but this is \(root.kind)",
                at: isEmpty ? nil : root.place, mend: "begin with 'method: random' and 'parameters:'")
            return nil
        }
        for entry in entries {
            top[entry.key] = entry
            if let why = Self.ignored[entry.key] {
                log.note("'\(entry.key)' has no effect: \(why)", at: entry.keyPlace)
            } else if !Self.known.contains(entry.key) {
                unknown(entry, among: Self.known + Self.ignored.keys.sorted(), in: "a sweep file")
            }
        }
        let method = readMethod()
        let parameters = readParameters(method: method)
        let couplings = readCouplings(parameters)
        let derived = readDerived()
        let objectives = readObjectives(method: method)
        let objective = objectives.first
        let fidelity = readFidelity()
        let earlyTerminate = readEarlyTerminate(objective: objective, fidelity: fidelity)
        let launch = readLaunch(parameters)
        let space = SearchSpace(parameters: parameters.map(\.parameter), couplings: couplings)
        var spec = SweepSpec(
            name: text("name"), description: text("description"), method: method ?? "", space: space,
            objective: objective, further: Array(objectives.dropFirst()), prior: readPrior(),
            runCap: runCap(), parallel: integer("parallel", in: 1...1_000_000),
            retries: integer("retries", in: 0...1_000_000) ?? 0,
            maxLosses: integer("max_losses", in: 0...1_000_000) ?? 5,
            repetitions: integer("repeat", in: 1...10_000) ?? 1,
            priority: integer("priority", in: -1_000_000...1_000_000) ?? 0,
            seed: integer("seed", in: 0...Int.max).map(UInt64.init), earlyTerminate: earlyTerminate,
            fidelity: fidelity, initial: log.hasErrors ? [] : readInitial(space), stopWhen: readStopWhen(objective),
            timeBudget: readBudget(), launch: launch)
        spec.derived = derived
        spec.notify = readNotify()
        spec.keep = readKeep(objective)
        spec.excluded = log.hasErrors ? [] : readExclude(space)
        return log.hasErrors ? nil : spec
    }

    // MARK: Method

    /// Those that there are, and W&B's own.
    static let methods = BuiltIns.searchMethods.map { $0.name } + ["custom"]
    /// Those that learn from the objective's values.
    static let learningMethods = ["bayes", "tpe", "cmaes", "auto"]

    private mutating func readMethod() -> String? {
        guard let entry = top["method"] else {
            log.error("'method' is missing", at: nil, mend: "add 'method: random' (or grid, sobol, bayes)")
            return nil
        }
        guard let method = entry.value.text, Self.methods.contains(method) else {
            let meant = entry.value.text.flatMap { Spelling.nearest(to: $0, among: Self.methods) }
            log.error(
                "there is no method \(entry.value.text.map { "'\($0.prefix(40))'" } ?? entry.value.kind)",
                at: entry.value.place,
                mend: meant.map { "did you mean '\($0)'?" } ?? "use grid, random, sobol, bayes, tpe, cmaes or auto")
            return nil
        }
        if let refusal = SweepSpec.refusal(of: method) {
            log.note(refusal.message, at: entry.value.place, mend: refusal.remedy)
        }
        return method
    }

    // MARK: Values of the top level

    /// W&B's `run_cap`: a bad one is a violation that W&B ignores.
    private mutating func runCap() -> Int? {
        guard let entry = top["run_cap"] else { return nil }
        if let cap = entry.value.value.number.flatMap(Int.init(exactly:)), cap > 0 { return cap }
        log.warning(
            "'run_cap' must be a whole number above 0, but it is \(entry.value.kind); there is no cap then",
            at: entry.value.place, mend: "write 'run_cap: 50'")
        return nil
    }

    /// A text of the top level. W&B reports anything else and goes on.
    mutating func text(_ key: String) -> String? {
        guard let entry = top[key], !entry.value.isNull else { return nil }
        guard let text = entry.value.text else {
            log.warning("'\(key)' must be a text, but it is \(entry.value.kind); it is ignored", at: entry.value.place)
            return nil
        }
        if entry.value.value.string == nil {
            log.warning(
                "'\(key)' must be a text, but it is \(entry.value.kind)", at: entry.value.place, mend: "quote it")
        }
        return text
    }

    /// A whole number of an extension.
    mutating func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let entry = top[key] else { return nil }
        return integer(entry, in: range)
    }

    mutating func integer(_ entry: YAMLNode.Entry, in range: ClosedRange<Int>) -> Int? {
        if case .int(let value) = entry.value.value, range.contains(value) { return value }
        let bounds =
            range.upperBound == .max
            ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
        log.error(
            "'\(entry.key)' must be a whole number \(bounds), but it is \(entry.value.kind)", at: entry.value.place)
        return nil
    }

    /// A key that nobody knows: a warning, as W&B gives.
    mutating func unknown(_ entry: YAMLNode.Entry, among keys: some Sequence<String>, in what: String) {
        let meant = log.isFull ? nil : Spelling.nearest(to: entry.key, among: keys)
        log.warning(
            "\(what) has no key '\(entry.key.prefix(60))'; it is ignored", at: entry.keyPlace,
            mend: meant.map { "did you mean '\($0)'?" })
    }
}
