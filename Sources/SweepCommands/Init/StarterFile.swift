package import SweepModel

/// A commented sweep file for a training script: what to search is guessed from the names and defaults of its options.
package struct StarterFile: Sendable {
    /// As the file names it.
    package var program: String
    package var options: [ScriptOption]
    package var metric: MetricGuess?

    package init(program: String, options: [ScriptOption], metric: MetricGuess?) {
        self.program = program
        self.options = options
        self.metric = metric
    }

    package var yaml: String {
        let dimensions = options.map { ($0, SearchGuess($0)) }
        let searched = dimensions.filter { $0.1.isSearched }
        let needed = dimensions.filter { !$0.1.isSearched && $0.0.isRequired && !$0.0.isPositional }
        let rest = dimensions.filter { !$0.1.isSearched && !($0.0.isRequired && !$0.0.isPositional) }
        var lines = [
            "# A sweep over the options of \(oneLine(program)). Look at every line, then:",
            "#   sweep check FILE      what it means, and the commands that it gives",
            "#   sweep run FILE        run it on this machine",
            "program: \(YAMLText.scalar(program))",
            "",
            "# auto learns from the trials. Others: grid (every combination), random, sobol, bayes, tpe, cmaes.",
            "method: auto",
            "# How many trials at most.",
            "run_cap: 20",
            "",
        ]
        lines += metricLines
        lines += ["", "parameters:"]
        for (option, guess) in searched { lines += parameter(option, guess.lines) }
        for (option, guess) in needed {
            lines += parameter(option, ["value: \(guess.placeholder)  # the script needs it: put the right value here"])
        }
        if searched.isEmpty, needed.isEmpty {
            lines += [
                "  # No option that looks worth searching was found in the script. It will get --lr=…; put its own in.",
                "  lr:", "    distribution: log_uniform_values", "    min: 0.0001", "    max: 0.1",
            ]
        }
        if !rest.isEmpty {
            lines += [
                "", "  # Other options of the script, as they are without the sweep. To search one, remove the '#'.",
            ]
            for (option, guess) in rest { lines += commented(option, guess) }
        }
        lines += commandLines
        return lines.joined(separator: "\n") + "\n"
    }

    private var metricLines: [String] {
        guard let metric else {
            return [
                "# The value to improve. The script prints it: 'loss=0.25', or a JSON line {\"loss\": 0.25, \"step\": 3}.",
                "metric:", "  name: loss", "  goal: minimize",
            ]
        }
        return [
            "# The value to improve: the script seems to print it. Both 'name=value' and JSON lines are understood.",
            "metric:", "  name: \(YAMLText.scalar(metric.name))", "  goal: \(metric.goal.rawValue)",
        ]
    }

    private func parameter(_ option: ScriptOption, _ lines: [String]) -> [String] {
        let help = option.help.map { "  # \(oneLine($0))" }
        return (help.map { [$0] } ?? []) + ["  \(YAMLText.scalar(option.name)):"] + lines.map { "    \($0)" }
    }

    private func commented(_ option: ScriptOption, _ guess: SearchGuess) -> [String] {
        let why = option.isPositional ? "no --option: see 'command' below" : option.help.map { oneLine($0) }
        return ["  # \(YAMLText.scalar(option.name)):  \(why.map { "# \($0)" } ?? "")".trimmedEnd]
            + ["  #   value: \(guess.placeholder)"]
    }

    /// A `command` where the standard one does not fit the script: flags without a value, or positional arguments.
    private var commandLines: [String] {
        let positional = options.filter { $0.isPositional && $0.isRequired }
        let hasFlags = options.contains { $0.isFlag }
        guard hasFlags || !positional.isEmpty else { return [] }
        var lines = ["", "# How a trial is started.", "command:", "  - ${env}", "  - ${interpreter}", "  - ${program}"]
        for option in positional {
            lines.append(
                "  - \(YAMLText.scalar(option.name.uppercased()))  # the script needs it: put the right value here")
        }
        if hasFlags {
            lines += [
                "  # As ${args}, but an option that is true is given as --name, and one that is false not at all.",
                "  - ${args_no_boolean_flags}",
            ]
        } else {
            lines.append("  - ${args}")
        }
        return lines
    }

    /// Fit for a comment.
    private func oneLine(_ text: String) -> String {
        let shown = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return DisplayText.truncateEnd(DisplayText.escape(shown), to: 90)
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        guard let end = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[...end])
    }
}

/// Scalars of YAML.
package enum YAMLText {
    /// A string, quoted where YAML would read something else.
    package static func scalar(_ text: String) -> String {
        let isPlain =
            text.first.map { $0.isLetter && $0.isASCII } ?? false
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_-./".utf8.contains(byte)
                }
            }
        let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"]
        if isPlain, !words.contains(text.lowercased()) { return text }
        return ParameterValue.string(text).json()
    }

    package static func value(_ value: ParameterValue) -> String {
        switch value {
        case .string(let text): scalar(text)
        case .double(let number):
            number.isFinite ? number.description : number.isNaN ? ".nan" : number > 0 ? ".inf" : "-.inf"
        case .list(let values): "[" + values.map { self.value($0) }.joined(separator: ", ") + "]"
        default: value.json()
        }
    }
}
