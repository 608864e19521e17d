package import SweepModel
import SweepSearch

/// What `sweep check` shows of a good sweep file: its space, and the first commands as they would run.
package struct SpecPreview: Sendable, Equatable {
    package struct ParameterLine: Sendable, Equatable {
        package var name: String
        /// `log_uniform_values 1e-05 … 0.1`.
        package var law: String
        /// How many values it has; nil: a continuum.
        package var valueCount: Int?
        /// `when optimizer is 'sgd' or 'adam'`; nil: always.
        package var condition: String?
    }

    package var method: String
    /// `minimize val_loss`; nil: the sweep has no objective.
    package var objective: String?
    package var parameters: [ParameterLine]
    /// Names of parameters that take their values together.
    package var couplings: [[String]]
    /// How many points there are to suggest; nil: without end.
    package var points: Int?
    /// How many trials the sweep has at most, by its points, `repeat` and `run_cap`; nil: without end.
    package var trials: Int?
    /// The argv of the first trials.
    package var commands: [[String]]
    /// `slack webhook hooks.slack.com/…: finished, failed`.
    package var notified: [String]
    /// Why there are no commands, or why the sweep cannot be started.
    package var problem: SweepError?

    /// - Parameters:
    ///   - seed: of the search, where the file has none.
    ///   - count: how many commands; fewer where the space has fewer points.
    ///   - environment: what `${envvar:NAME}` stands for.
    package init(
        of spec: SweepSpec, seed: UInt64, count: Int = 5, environment: [String: String] = [:],
        interpreter: String = "python"
    ) {
        method = spec.method
        let objectives = (spec.objective.map { [$0] } ?? []) + spec.further
        let texts = objectives.map { objective in
            "\(objective.goal.rawValue) \(objective.metric)"
                + (objective.summary == .last ? "" : " (\(objective.summary.rawValue))")
                + (objective.target.map { ", until \(PythonText.repr($0))" } ?? "")
        }
        objective = texts.isEmpty ? nil : texts.joined(separator: "; ")
        parameters = spec.space.parameters.map { parameter in
            ParameterLine(
                name: parameter.name, law: parameter.distribution.summary,
                valueCount: parameter.distribution.valueCount,
                condition: parameter.condition.map(Self.text))
        }
        couplings = spec.space.couplings.map { group in group.map { $0.joined(separator: ".") } }
        commands = []
        notified = (spec.notify?.targets ?? []).map { target in
            "\(target.label): \(NotifyTarget.kinds.filter(target.kinds.contains).map(\.rawValue).joined(separator: ", "))"
        }
        let seed = spec.seed ?? seed
        let search: any SearchMethod
        do {
            search = try spec.makeMethod(seed: seed)
            points = search.size
        } catch {
            problem = error
            // What cannot be searched yet can be shown: points at random.
            guard let random = try? BuiltIns.searchMethod(named: "random")?.init(space: spec.space, seed: seed) else {
                return
            }
            search = random
        }
        trials = points.map { $0.multipliedReportingOverflow(by: spec.repetitions) }
            .map { $0.overflow ? .max : $0.partialValue }
        if let cap = spec.runCap { trials = min(trials ?? .max, cap) }
        do {
            commands = try Self.commands(
                of: spec, search: search, seed: seed, count: min(count, trials ?? count), environment: environment,
                interpreter: interpreter)
        } catch {
            problem = problem ?? error
        }
    }

    private static func commands(
        of spec: SweepSpec, search: any SearchMethod, seed: UInt64, count: Int, environment: [String: String],
        interpreter: String
    ) throws(SweepError) -> [[String]] {
        var run = SearchRun(problem: spec.searchProblem(seed: seed), method: search)
        var commands: [[String]] = []
        while commands.count < count, let point = run.ask()?.point {
            for repetition in 0..<min(spec.repetitions, count - commands.count) {
                commands.append(
                    try CommandTemplate.expand(
                        spec.launch.command,
                        CommandTemplate.Context(
                            parameters: spec.space.parameters(of: point), program: spec.launch.program,
                            parametersFile: "params.json",
                            seed: Int(truncatingIfNeeded: seed & 0x7FFF_FFFF) + repetition, environment: environment,
                            interpreter: interpreter, optionalParameters: spec.launch.optionalParameters ?? [])))
            }
        }
        return commands
    }

    private static func text(_ condition: Condition) -> String {
        let clauses = condition.clauses.map { clause in
            clause.parent.joined(separator: ".") + " is "
                + clause.values.map(PythonText.repr).joined(separator: " or ")
        }
        return "when " + clauses.joined(separator: " and ")
    }

    /// The preview for a person, a line each, without colour.
    package var lines: [String] {
        var lines = ["method      \(method)", "objective   \(objective ?? "none")", "parameters"]
        let width = min(40, parameters.map(\.name.count).max() ?? 0)
        for parameter in parameters {
            let pad = String(repeating: " ", count: max(0, width - parameter.name.count))
            let condition = parameter.condition.map { "   \($0)" } ?? ""
            lines.append("  \(parameter.name)\(pad)  \(parameter.law)\(condition)")
        }
        for group in couplings { lines.append("  together: \(group.joined(separator: ", "))") }
        lines.append("points      \(points?.description ?? "without end")")
        if trials != points { lines.append("trials      \(trials.map { "at most \($0)" } ?? "without end")") }
        if !commands.isEmpty {
            lines.append("commands    the first \(commands.count)\(problem == nil ? "" : ", of points at random")")
            lines += commands.map { "  " + ShellText.line($0) }
        }
        if !notified.isEmpty { lines += ["notified"] + notified.map { "  \($0)" } }
        if let problem { lines.append("it cannot be started: \(problem)") }
        return lines
    }

    /// The preview for a program (`sweep check --json`).
    package var json: ParameterValue {
        .object([
            .init("method", .string(method)),
            .init("objective", objective.map { .string($0) } ?? .null),
            .init(
                "parameters",
                .list(
                    parameters.map { parameter in
                        .object([
                            .init("name", .string(parameter.name)), .init("law", .string(parameter.law)),
                            .init("values", parameter.valueCount.map { .int($0) } ?? .null),
                            .init("when", parameter.condition.map { .string($0) } ?? .null),
                        ])
                    })),
            .init("zip", .list(couplings.map { .list($0.map { .string($0) }) })),
            .init("points", points.map { .int($0) } ?? .null),
            .init("trials", trials.map { .int($0) } ?? .null),
            .init("commands", .list(commands.map { .list($0.map { .string($0) }) })),
            .init("notified", .list(notified.map { .string($0) })),
            .init("problem", problem.map { .string($0.description) } ?? .null),
        ])
    }
}
