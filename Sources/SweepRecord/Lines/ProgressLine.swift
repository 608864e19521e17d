/// What a printed line says of progress in words: `Epoch [3/10], Step [100/600], Loss: 0.21`, `step 250: train loss 2.1,
/// val loss 2.2`, `Test set: Average loss: 0.05, Accuracy: 9835/10000 (98%)`, `[10]<tab>train-logloss:0.48`.
///
/// Where training is (``places``) is a word such as `epoch` with a whole number. A metric is a name, then `:` and a number; or,
/// where the line has a place, what metrics are usually called and a number. Without a place only such names count, since
/// `name: number` is also how configurations and times are printed. Words of a name are joined by `_`: `train loss` is `train_loss`.
struct ProgressLine {
    typealias Pair = (name: String, value: Double)

    /// Names of `MetricName.steps` with their values, at most one of each.
    private(set) var places: [Pair] = []
    var metrics: [Pair] { places.isEmpty ? certain : all }

    private var all: [Pair] = []
    /// Those that are metrics without a place on the line, too.
    private var certain: [Pair] = []

    /// Most pairs that are taken from a line.
    private static let maximumPairs = 100

    /// The words of the name so far; the separator after them, if any.
    private var name: [ArraySlice<UInt8>] = []
    private var hasColon = false
    /// A step that counts within an epoch: `Step [100/600]`.
    private var innerStep: Double?

    init(_ line: ArraySlice<UInt8>) {
        guard let first = line.first(where: { !Self.isSpace($0) }), first != UInt8(ascii: "{") else { return }
        // A progress bar's own line, which other sources read.
        if Self.fraction(line.drop(while: Self.isSpace).prefix { !Self.isSpace($0) }) != nil { return }
        var index = boostingRound(line) ?? line.startIndex
        while index < line.endIndex, all.count < Self.maximumPairs {
            let byte = line[index]
            if Self.isSpace(byte) {
                index += 1
            } else if Self.isBracket(byte) {
                // `Epoch [3/10]`: the number is still to come.
                if place == nil { clear() }
                index += 1
            } else if !name.isEmpty, Self.isPossessive(line, index) {
                index += 2
            } else if Self.isDelimiter(byte) {
                clear()
                index += 1
            } else {
                let end = line[index...].firstIndex { Self.isSpace($0) || Self.isBracket($0) || Self.isDelimiter($0) }
                let chunk = line[index..<(end ?? line.endIndex)]
                // 1,234.5 is no number that ends at its comma.
                let goesOn =
                    chunk.endIndex + 1 < line.endIndex && line[chunk.endIndex] == UInt8(ascii: ",")
                    && Self.isDigit(line[chunk.endIndex + 1])
                take(chunk, goesOn: goesOn)
                index = chunk.endIndex
            }
        }
        if let innerStep, places.isEmpty { places.append(("step", innerStep)) }
        name = []
    }

    /// Past `[10]` and a tab, with which XGBoost and LightGBM begin the line of a round.
    private mutating func boostingRound(_ line: ArraySlice<UInt8>) -> Int? {
        guard line.first == UInt8(ascii: "["), let end = line.prefix(12).firstIndex(of: UInt8(ascii: "]")),
            end + 1 < line.endIndex, line[end + 1] == 0x09
        else { return nil }
        let digits = line[(line.startIndex + 1)..<end]
        guard digits.allSatisfy(Self.isDigit), let round = NumberText.parse(digits) else { return nil }
        places.append(("iteration", round))
        return end + 1
    }

    // MARK: - One chunk after the other

    private mutating func clear() {
        name.removeAll(keepingCapacity: true)
        hasColon = false
    }

    /// `chunk` has no space, bracket or delimiter in it: a word, a number, `name:number`, or none of them.
    private mutating func take(_ chunk: ArraySlice<UInt8>, goesOn: Bool) {
        guard let first = chunk.first else { return }
        if chunk.count == 1, first == UInt8(ascii: ":") {
            hasColon = !name.isEmpty
        } else if hasColon || !Self.isLetter(first), let end = number(chunk, goesOn: goesOn) {
            hasColon = end && !name.isEmpty
        } else if Self.isLetter(first), !chunk.contains(UInt8(ascii: "=")), !chunk.contains(UInt8(ascii: "\\")) {
            words(chunk, goesOn: goesOn)
        } else {
            clear()
        }
    }

    /// `Loss`, `Loss:`, `Loss:0.5`, `INFO:root:Epoch`.
    private mutating func words(_ chunk: ArraySlice<UInt8>, goesOn: Bool) {
        if name.last.map(Self.isMetric) == true, !hasColon, isSpecial(chunk) {
            _ = number(chunk, goesOn: goesOn)
            return
        }
        for (place, piece) in chunk.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).enumerated() {
            if place > 0 { hasColon = !name.isEmpty }
            guard let first = piece.first else { continue }
            if hasColon, number(piece, goesOn: goesOn) != nil { continue }
            guard Self.isLetter(first), piece.count <= 64, name.count < 8 else { return clear() }
            if hasColon { clear() }
            var word = piece
            while let last = word.last, last == UInt8(ascii: ".") || last == UInt8(ascii: "#") { word.removeLast() }
            if !word.isEmpty { name.append(word) }
        }
    }

    /// `nan` and `inf`, which look like words.
    private func isSpecial(_ chunk: ArraySlice<UInt8>) -> Bool { chunk.count <= 9 && NumberText.parse(chunk) != nil }

    /// Takes a number, or a fraction `3/10`; a `%` or `:` may follow, and a `#` stand before.
    ///
    /// - Returns: whether a `:` followed that makes it part of a name (`top 5: 0.9`); nil when it is no number.
    private mutating func number(_ chunk: ArraySlice<UInt8>, goesOn: Bool) -> Bool? {
        var chunk = chunk
        if chunk.first == UInt8(ascii: "#") { chunk.removeFirst() }
        let endsWithColon = chunk.last == UInt8(ascii: ":")
        if endsWithColon { chunk.removeLast() }
        let isPercentage = chunk.last == UInt8(ascii: "%")
        if isPercentage { chunk.removeLast() }
        let fraction = isPercentage ? nil : Self.fraction(chunk)
        guard let value = fraction?.part ?? NumberText.parse(chunk) else { return nil }
        if let place {
            if !goesOn { note(place, value, of: fraction?.whole) }
        } else if endsWithColon, !name.isEmpty, !hasColon {
            name.append(chunk)
            return true
        } else if !goesOn, let last = name.last {
            add(fraction.map { $0.part / $0.whole } ?? value, isKnown: Self.isMetric(last), isFraction: fraction != nil)
        }
        clear()
        return false
    }

    private mutating func add(_ value: Double, isKnown: Bool, isFraction: Bool) {
        guard isKnown || hasColon && !isFraction else { return }
        let pair = (name.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "_"), value)
        all.append(pair)
        if hasColon, isKnown { certain.append(pair) }
    }

    // MARK: - Places

    /// The place that the last word of the name stands for.
    private var place: String? {
        guard let word = name.last, word.count <= 11 else { return nil }
        return Self.placeWords[String(decoding: word, as: UTF8.self).lowercased()]
    }

    private mutating func note(_ place: String, _ value: Double, of whole: Double?) {
        guard Int(exactly: value).map({ $0 >= 0 }) == true else { return }
        if place == "step", whole != nil {
            innerStep = value
        } else if !places.contains(where: { $0.name == place }) {
            places.append((place, value))
        }
    }

    private static let placeWords = [
        "epoch": "epoch", "ep": "epoch", "step": "step", "global_step": "global_step", "steps": "step",
        "iter": "iteration", "iteration": "iteration", "it": "iteration", "round": "iteration", "update": "iteration",
        "episode": "iteration", "generation": "iteration",
    ]

    // MARK: - Names of metrics

    /// Whether a line may begin with a place and say the rest in words alone: `epoch 3 loss 0.5`.
    static func mayBegin(_ line: ArraySlice<UInt8>) -> Bool {
        guard let first = line.first(where: { !isSpace($0) }) else { return false }
        return [UInt8]("esir".utf8).contains(first | 0x20) && line.count <= 512
    }

    /// Whether the name's last word (or its last part, or the one before a `/`) is one that metrics have.
    private static func isMetric(_ word: ArraySlice<UInt8>) -> Bool {
        let lowered = String(decoding: word, as: UTF8.self).lowercased()
        let parts = lowered.split { "_/-.@".contains($0) }
        guard let last = parts.last, let first = parts.first else { return false }
        return metricWords.contains(String(last)) || lowered.contains("/") && metricWords.contains(String(first))
    }

    private static let metricWords: Set = [
        "loss", "acc", "accuracy", "auc", "auroc", "auprc", "f1", "mse", "rmse", "mae", "mape", "r2", "nll", "logloss",
        "perplexity", "ppl", "bpb", "bpc", "bleu", "rouge", "wer", "cer", "score", "reward", "return", "precision",
        "recall", "iou", "miou", "map", "dice", "psnr", "ssim", "fid", "kappa", "mcc", "elbo", "ndcg", "top1", "top5",
    ]

    // MARK: - Bytes

    /// `3/10`: two whole numbers, the second not 0 nor smaller than the first.
    private static func fraction(_ chunk: ArraySlice<UInt8>) -> (part: Double, whole: Double)? {
        guard let slash = chunk.firstIndex(of: UInt8(ascii: "/")), chunk.count <= 31 else { return nil }
        let (part, whole) = (chunk[..<slash], chunk[(slash + 1)...])
        guard part.allSatisfy(isDigit), whole.allSatisfy(isDigit), let first = NumberText.parse(part),
            let second = NumberText.parse(whole), second > 0, first <= second
        else { return nil }
        return (first, second)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }
    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 97 < 26 || byte == UInt8(ascii: "_") }
    private static func isBracket(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "[") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "(")
            || byte == UInt8(ascii: ")")
    }
    /// At the end of `training's`, as LightGBM names its data.
    private static func isPossessive(_ line: ArraySlice<UInt8>, _ index: Int) -> Bool {
        index + 2 < line.endIndex && line[index] == UInt8(ascii: "'") && line[index + 1] == UInt8(ascii: "s")
            && isSpace(line[index + 2])
    }
    private static func isDelimiter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "|")
            || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "<")
            || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
    }
}
