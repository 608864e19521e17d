import SweepModel

/// A sweep of the suite's, and what a run without faults gives.
struct Plan {
    var id = ""
    var trials: Int
    var steps: Int
    /// Further options of the trainer.
    var options: [String]
    var retries = 0
    var maxLosses = 5
    /// Further lines of the file.
    var more = ""
    /// Goes on from checkpoints, so that an attempt may begin at a later step.
    var resumes = false

    var yaml: String {
        """
        method: grid
        metric: {name: loss, goal: minimize}
        retries: \(retries)
        max_losses: \(maxLosses)
        command: [PROGRAM, "--steps=\(steps)", \(options.map { "\"\($0)\"" }.joined(separator: ", "))\(options.isEmpty ? "" : ", ")"${args}"]
        parameters:
          x: {values: [\((1...trials).map(String.init).joined(separator: ", "))]}
        \(more)
        """
    }

    /// As the trainer has it.
    static func loss(_ x: Int, at step: Int) -> Double { Double(x * 7919 % 1000) / 1000 + 1 / Double(step) }

    func loss(_ x: Int) -> Double { Self.loss(x, at: steps) }

    func attempt(_ one: Record.Attempt) -> AttemptID { AttemptID(TrialID(SweepID(id), one.trial), one.number) }
}

extension Rig {
    /// Creates the sweep on the running controller.
    func create(
        trials: Int, steps: Int = 10, options: [String] = [], retries: Int = 0, maxLosses: Int = 5,
        adding more: String = ""
    ) throws -> Plan {
        var plan = Plan(trials: trials, steps: steps, options: options, retries: retries, maxLosses: maxLosses)
        plan.more = more
        plan.resumes = options.contains("--checkpoint")
        let file = "sweep-\(dice.number(0...999_999)).yaml"
        let lines = plan.yaml.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            line.hasPrefix("command:")
                ? String(line.replacing("PROGRAM", with: "\"\(programs)/FaultTrainer\"")) : String(line)
        }
        try Files.write(project + "/" + file, lines.joined(separator: "\n"))
        let (code, output) = try sweep("create", file, "-o", "id")
        try require(code == 0, "sweep create: \(output)")
        plan.id = output.split(separator: "\n").last.map { String($0).trimmed } ?? ""
        try require(plan.id.count == 8, "no id in '\(output)'")
        return plan
    }

    /// Waits until every trial is final.
    ///
    /// - Returns: the seconds that it took.
    @discardableResult
    func finish(_ plan: Plan, within seconds: Double = 40) throws -> Double {
        let start = monotonic()
        var left = plan.trials
        poll(seconds, every: 0.05) {
            left = plan.trials - ((try? Record(home).finalTrials(plan.id)) ?? 0)
            return left == 0
        }
        if left > 0 { findings.append("I8: \(left) of \(plan.trials) trials are not final after \(Int(seconds)) s") }
        return monotonic() - start
    }

    /// Waits until so many trainers have started.
    func awaitStarts(_ count: Int, within seconds: Double = 30) throws {
        try require(
            poll(seconds) { StartLog(self).starts.count >= count },
            "\(StartLog(self).starts.count) of \(count) trainers started within \(Int(seconds)) s")
    }
}
