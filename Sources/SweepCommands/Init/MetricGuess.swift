package import SweepModel

/// The metric that a training script most likely reports.
package struct MetricGuess: Hashable, Sendable {
    package var name: String
    package var goal: Objective.Goal

    package init(name: String, goal: Objective.Goal) {
        self.name = name
        self.goal = goal
    }

    /// Looks at the script's texts (prints, log calls, dictionary keys) for names that metrics usually have: first what
    /// validation gives, then test, then anything.
    package static func find(_ source: String) -> MetricGuess? {
        let tokens = PythonLexer.tokens(source)
        var names: [String] = []
        for (index, token) in tokens.enumerated() {
            switch token {
            case .name(let word):
                // wandb.log(val_loss=…) and dict(val_loss=…).
                if index + 1 < tokens.count, tokens[index + 1] == .symbol("="), quality(word) != nil {
                    names.append(word)
                }
            case .string(let text):
                let isKey = index + 1 < tokens.count && tokens[index + 1] == .symbol(":")
                if isKey || quality(text) != nil, isName(text[...]) { names.append(text) }
                names += embedded(text)
            default: break
            }
        }
        let ranked = names.enumerated().compactMap { offset, name in quality(name).map { (name, $0, offset) } }
        guard let best = ranked.min(by: { ($0.1, $0.2) < ($1.1, $1.2) }) else { return nil }
        return MetricGuess(name: best.0, goal: goal(best.0))
    }

    /// Names before `=` or `:` in a text: `epoch {e} val_loss={v:.4f}`. Before a `:` all its words, as they are read when they are
    /// printed: `Epoch {e}, val loss: {v}` is `val_loss`.
    private static func embedded(_ text: String) -> [String] {
        var names: [String] = []
        var words: [String] = []
        var word = ""
        // Inside a placeholder of the `%` operator: `%.4f`.
        var isPlaceholder = false
        for character in text.prefix(2000) {
            if isPlaceholder {
                isPlaceholder = character.isNumber || "+-. #".contains(character)
                continue
            }
            if character.isLetter || character.isNumber || "_/-.".contains(character), character.isASCII {
                word.append(character)
                continue
            }
            if !word.isEmpty { words.append(word) }
            if character == "=", isName(word[...]) { names.append(word) }
            let joined = words.joined(separator: "_")
            if character == ":", isName(joined[...]) { names.append(joined) }
            if character != " " { words = [] }
            isPlaceholder = character == "%"
            word = ""
        }
        return names
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.first, first.isLetter, text.count <= 60 else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_/-.".contains($0)) }
    }

    /// Smaller is more likely; nil: no metric's name.
    private static func quality(_ name: String) -> Int? {
        let lowered = name.lowercased()
        let words = lowered.split { !($0.isLetter || $0.isNumber) }
        let isMetric = words.contains { kinds.contains(String($0)) }
        guard isMetric, isName(name[...]), words.count <= 4 else { return nil }
        if words.contains(where: { ["val", "valid", "validation", "dev"].contains($0) }) {
            return 0
        }
        if words.contains(where: { ["test", "eval", "best"].contains($0) }) { return 1 }
        if words.contains("train") || words.contains("training") { return 3 }
        return 2
    }

    private static let kinds: Set<String> = lower.union(higher)
    private static let lower: Set<String> = [
        "loss", "rmse", "mse", "mae", "error", "err", "perplexity", "ppl", "nll", "wer", "cer", "fid", "logloss", "bpb",
    ]
    private static let higher: Set<String> = [
        "acc", "accuracy", "auc", "f1", "map", "precision", "recall", "score", "reward", "return", "bleu", "iou",
        "psnr",
        "ssim", "r2", "dice", "ndcg", "top1",
    ]

    private static func goal(_ name: String) -> Objective.Goal {
        let words = name.lowercased().split { !($0.isLetter || $0.isNumber) }.map(String.init)
        if words.contains(where: { lower.contains($0) }) { return .minimize }
        return .maximize
    }
}
