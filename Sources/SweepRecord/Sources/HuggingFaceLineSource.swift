/// A printed Python dictionary: `{'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 1.0}`, as the Trainer of Hugging Face's
/// transformers prints one every few steps; from version 5 on its numbers are text (`'loss': '0.5553'`).
///
/// The step is a whole `epoch`, until one with a fraction has come: from then on it is a metric, as there is no step.
struct HuggingFaceLineSource: MetricSource {
    static let name = "stdout dict"
    static let stream = MetricStream.output
    static let sample = (
        line: "{'loss': '0.5553', 'grad_norm': nan, 'learning_rate': 4.063e-05, 'epoch': 0.5, 'name': 'x'}",
        reading: MetricReading(
            metrics: [("loss", 0.5553), ("grad_norm", .nan), ("learning_rate", 4.063e-05), ("epoch", 0.5)])
    )

    private var hasFractions = false

    mutating func read(_ line: ArraySlice<UInt8>) -> MetricReading? {
        guard let start = line.firstIndex(where: { $0 != 0x20 && $0 != 0x09 }), line[start] == UInt8(ascii: "{"),
            let end = line.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }), line[end] == UInt8(ascii: "}"),
            start + 1 < end, line[start + 1] == UInt8(ascii: "'") || line[start + 1] == UInt8(ascii: "\"")
        else { return nil }
        // A JSON object is another source's.
        if line[start + 1] == UInt8(ascii: "\""), MetricName.object(line) != nil { return nil }
        var parser = DictionaryText(line[start...end])
        guard let values = parser.values(), !values.isEmpty else { return nil }
        if let epoch = values.last(where: { $0.name == "epoch" })?.value, epoch.rounded() != epoch {
            hasFractions = true
        }
        let hasStep = values.contains { MetricName.steps.contains($0.name) && $0.name != "epoch" }
        if hasFractions, !hasStep { return MetricReading(metrics: values) }
        return MetricName.reading(values)
    }
}

/// The numbers of a Python dictionary's `repr`. Dictionaries inside are flattened with a point; what is neither number nor
/// dictionary is passed over.
private struct DictionaryText {
    private static let maximumDepth = 16

    private let text: ArraySlice<UInt8>
    private var index: Int
    private var found: [(name: String, value: Double)] = []

    init(_ text: ArraySlice<UInt8>) {
        self.text = text
        index = text.startIndex
    }

    /// nil when the text is no dictionary.
    mutating func values() -> [(name: String, value: Double)]? {
        guard dictionary(prefix: "", depth: 0), index == text.endIndex else { return nil }
        return found
    }

    private var byte: UInt8? { index < text.endIndex ? text[index] : nil }

    private mutating func skipSpace() { while byte == 0x20 { index += 1 } }

    private mutating func take(_ character: UInt8) -> Bool {
        skipSpace()
        guard byte == character else { return false }
        index += 1
        return true
    }

    private mutating func dictionary(prefix: String, depth: Int) -> Bool {
        guard depth < Self.maximumDepth, take(UInt8(ascii: "{")) else { return false }
        if take(UInt8(ascii: "}")) { return true }
        while true {
            skipSpace()
            guard let key = quoted() else { return false }
            guard take(UInt8(ascii: ":")) else { return false }
            skipSpace()
            let name = prefix + String(decoding: key, as: UTF8.self)
            if byte == UInt8(ascii: "{") {
                guard dictionary(prefix: name + ".", depth: depth + 1) else { return false }
            } else if let value = scalar() {
                let isName = name.utf8.count <= MetricName.maximumLength && !MetricName.clocks.contains(name)
                if isName, let number = NumberText.parse(value) { found.append((name, number)) }
            } else {
                return false
            }
            if take(UInt8(ascii: ",")) {
                if take(UInt8(ascii: "}")) { return true }
                continue
            }
            return take(UInt8(ascii: "}"))
        }
    }

    /// What is between quotes, as it stands there.
    private mutating func quoted() -> ArraySlice<UInt8>? {
        guard let quote = byte, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { return nil }
        let start = index + 1
        index += 1
        while let current = byte {
            if current == UInt8(ascii: "\\") {
                index += 2
            } else if current == quote {
                defer { index += 1 }
                return text[start..<index]
            } else {
                index += 1
            }
        }
        return nil
    }

    /// Text, or anything up to the comma or brace that ends it; brackets inside are passed over with what they hold.
    private mutating func scalar() -> ArraySlice<UInt8>? {
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return quoted() }
        let start = index
        var depth = 0
        while let current = byte {
            switch current {
            case UInt8(ascii: "["), UInt8(ascii: "("): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "'"), UInt8(ascii: "\""):
                guard quoted() != nil else { return nil }
                continue
            case UInt8(ascii: ","), UInt8(ascii: "}"): if depth <= 0 { return text[start..<index] }
            default: break
            }
            index += 1
        }
        return nil
    }
}
