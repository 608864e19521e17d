import SweepModel

/// What the end of an attempt's process means for its trial.
struct Verdict: Equatable {
    /// EX_TEMPFAIL: the trial asks to be put back and run again later.
    static let tryAgainCode = 75

    var outcome: AttemptOutcome
    /// In one line, for people.
    var reason: String?
    /// A failure that another attempt may not repeat.
    var mayRetry = true

    init(of end: AttemptEnd, live: Live, objectives: [Objective]) {
        let stop = end.stopReason ?? (end.exitCode == 0 ? nil : live.stop)
        switch stop {
        case .pruned: (outcome, reason) = (.pruned, live.stopDetail ?? "ended early")
        case .cancelled: (outcome, reason) = (.cancelled, live.stopDetail ?? "cancelled by a person")
        case .fenced: (outcome, reason) = (.lost, "the attempt no longer counted")
        case .timeout:
            let seconds = Int(end.ended.seconds(since: end.started).rounded())
            (outcome, reason) = (.failed, "ran longer than its timeout (ended after \(seconds) s)")
        case nil: self = Self.ofProgram(end, live: live, objectives: objectives)
        }
    }

    private init(_ outcome: AttemptOutcome, _ reason: String?, mayRetry: Bool = true) {
        self.outcome = outcome
        self.reason = reason
        self.mayRetry = mayRetry
    }

    /// The program ended by itself.
    private static func ofProgram(_ end: AttemptEnd, live: Live, objectives: [Objective]) -> Verdict {
        if end.declined == true { return Verdict(.preempted, end.lastLine ?? "the agent did not take it") }
        // Nothing is wrong with the program, but no other try on that agent would go better.
        if let error = end.launchError, end.refused == true {
            return Verdict(.lost, error, mayRetry: false)
        }
        if let why = end.lost { return Verdict(.lost, why) }
        if let error = end.launchError { return Verdict(.failed, error) }
        let line = end.lastLine.map { ": \($0)" } ?? ""
        if let signal = end.signal { return Verdict(.failed, "\(signalName(signal))\(line)") }
        guard let code = end.exitCode else { return Verdict(.lost, "its end was not recorded") }
        if code == tryAgainCode { return Verdict(.preempted, "asked to be run again (exit code 75)") }
        guard code == 0 else { return Verdict(.failed, "exit code \(code)\(line)") }
        for (index, objective) in objectives.enumerated() {
            let summary =
                index == 0
                ? live.summary : live.further.indices.contains(index - 1) ? live.further[index - 1] : ObjectiveSummary()
            if let reason = problem(of: objective, summary, live) {
                return Verdict(.failed, reason + (summary.count == 0 ? line : ""), mayRetry: false)
            }
        }
        return Verdict(.completed, nil)
    }

    /// Why the objective has no value that counts, if it has none.
    private static func problem(of objective: Objective, _ summary: ObjectiveSummary, _ live: Live) -> String? {
        // It had come to its end before it was stopped, or its checkpoint was there.
        if live.goesOn, live.summary.count == 0 { return nil }
        guard summary.count > 0 else { return neverReported(objective.metric, seen: live.metrics.keys.sorted()) }
        if let value = summary.value(objective.summary), value.isFinite { return nil }
        let last = summary.last.map { $0.isNaN ? "NaN" : $0 > 0 ? "Infinity" : "-Infinity" } ?? "no number"
        let step = summary.lastStep.map { " at step \($0)" } ?? ""
        return "objective '\(objective.metric)' was \(last)\(step)"
    }

    private static func neverReported(_ metric: String, seen: [String]) -> String {
        let names = seen.prefix(8).joined(separator: ", ") + (seen.count > 8 ? ", … (\(seen.count) in all)" : "")
        return "objective '\(metric)' never reported; seen: \(names.isEmpty ? "no metric at all" : names)"
    }

    private static func signalName(_ number: Int) -> String {
        let names = [
            1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
            11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM",
        ]
        let name = names[number].map { " (\($0))" } ?? ""
        let hint = number == 9 ? ", perhaps by the kernel for want of memory" : ""
        return "ended by signal \(number)\(name)\(hint)"
    }
}
