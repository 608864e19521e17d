import Glibc
import SweepModel

/// What to search for one option, guessed from its name, its type, its default and its choices.
struct SearchGuess {
    /// The lines of its YAML; empty: not worth searching.
    let lines: [String]
    /// A value of it, as YAML.
    let placeholder: String

    var isSearched: Bool { !lines.isEmpty }

    init(_ option: ScriptOption) {
        placeholder = option.initial.map { YAMLText.value($0) } ?? Self.example(option)
        guard !option.isPositional, !option.isList else {
            lines = []
            return
        }
        lines = Self.lines(option)
    }

    private static func example(_ option: ScriptOption) -> String {
        if let first = option.choices?.first { return YAMLText.value(first) }
        switch option.kind {
        case .int: return "1"
        case .float: return "0.1"
        case .bool: return "true"
        case .string, .other: return "CHANGE-ME"
        }
    }

    private static func lines(_ option: ScriptOption) -> [String] {
        let words = Set(option.name.lowercased().split { !$0.isLetter }.map(String.init))
        func isAbout(_ names: String...) -> Bool {
            names.contains { name in
                words.contains(name)
                    || option.name.lowercased().split(whereSeparator: { "-_.".contains($0) }).joined() == name
            }
        }
        // What belongs to the machine or the bookkeeping, and what only makes every trial longer.
        let isFixed = isAbout(
            "seed", "epochs", "epoch", "steps", "iterations", "iters", "workers", "worker", "port", "rank", "gpu",
            "gpus",
            "device", "devices", "path", "dir", "file", "output", "input", "data", "dataset", "checkpoint", "resume",
            "debug", "verbose", "quiet", "log", "logging", "interval", "freq", "frequency", "save", "cuda", "test",
            "eval",
            "host", "name", "project", "tag", "threads", "jobs", "version", "wandb", "tensorboard", "dry", "id", "every"
        )
        guard !isFixed else { return [] }
        if let choices = option.choices, choices.count > 1 { return ["values: \(YAMLText.value(.list(choices)))"] }
        switch option.kind {
        case .bool where option.isFlag: return ["values: [false, true]"]
        case .float: return float(option, words)
        case .int: return int(option, words)
        case .bool, .string, .other: return []
        }
    }

    private static func float(_ option: ScriptOption, _ words: Set<String>) -> [String] {
        let name = option.name.lowercased()
        let initial = option.initial?.number
        func has(_ parts: String...) -> Bool {
            parts.contains { words.contains($0) || name.contains($0) && $0.count > 4 }
        }
        if has("lr", "learning", "decay", "wd", "eps", "epsilon", "reg", "lambda", "l1", "l2", "temperature", "alpha")
            || name == "eta" || name.hasPrefix("lr")
        {
            let centre = initial.flatMap { $0 > 0 ? $0 : nil } ?? (has("decay", "wd", "reg", "l1", "l2") ? 1e-4 : 1e-2)
            return logRange(centre / 10, centre * 10)
        }
        if has("dropout", "drop") { return range(0, 0.5) }
        if has("momentum") || name.hasPrefix("beta") {
            return range(0.8, initial.map { $0 > 0.95 && $0 < 1 } ?? false ? 0.999 : 0.99)
        }
        guard let initial, initial.isFinite else { return [] }
        if initial > 0, initial < 1 { return range(rounded(initial / 2), min(1, rounded(initial * 2))) }
        if initial > 0 { return range(rounded(initial / 2), rounded(initial * 2)) }
        return initial == 0 ? range(0, 1) : []
    }

    private static func int(_ option: ScriptOption, _ words: Set<String>) -> [String] {
        guard case .int(let initial)? = option.initial, (1...1_000_000).contains(initial) else { return [] }
        let isPower = initial >= 8 && initial & (initial - 1) == 0
        if isPower || words.contains("batch") || words.contains("bs") {
            // Powers of two around it, for sizes that hardware likes.
            let near = 1 << Int(log2(Double(initial)).rounded())
            let values = [near / 2, near, near * 2, near * 4].filter { $0 > 0 }
            return ["values: [\(values.map(String.init).joined(separator: ", "))]"]
        }
        let low = max(1, initial / 2)
        let high = max(low + 1, initial * 2)
        return ["min: \(low)", "max: \(high)"]
    }

    private static func logRange(_ low: Double, _ high: Double) -> [String] {
        guard low > 0, low < high, high.isFinite else { return [] }
        return ["distribution: log_uniform_values", "min: \(number(low))", "max: \(number(high))"]
    }

    private static func range(_ low: Double, _ high: Double) -> [String] {
        guard low < high, high.isFinite else { return [] }
        return ["distribution: uniform", "min: \(number(low))", "max: \(number(high))"]
    }

    /// Four significant digits, always with a point or an exponent, so that YAML reads a real number.
    private static func number(_ value: Double) -> String {
        YAMLText.value(.double(rounded(value)))
    }

    private static func rounded(_ value: Double) -> Double {
        guard value != 0, value.isFinite else { return value }
        return Double(ValueText.number(value)) ?? value
    }
}
