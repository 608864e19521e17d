/// The progress lines of Keras' `fit`: `Epoch 2/10`, then `3/3 - 0s - 77ms/step - loss: 0.19 - val_loss: 0.16`. The step is
/// the epoch as printed, from 1. Lines of `evaluate` after it are left out: their `loss` is another one.
struct KerasLineSource: MetricSource {
    static let name = "stdout keras"
    static let stream = MetricStream.output
    static let sample = (
        line: "3/3 ━━━━━━━━━━━━━━━━━━━━ 1s 95ms/step - accuracy: 0.5 - loss: 1.2e-01 - val_loss: nan",
        reading: MetricReading(metrics: [("accuracy", 0.5), ("loss", 0.12), ("val_loss", .nan)])
    )

    private enum Epoch {
        case none
        case begun(Int)
        case over
    }

    private var epoch = Epoch.none

    mutating func read(_ line: ArraySlice<UInt8>) -> MetricReading? {
        let line = line.drop { $0 == 0x20 }
        guard let first = line.first else { return nil }
        if first == UInt8(ascii: "E") {
            beginEpoch(line)
            return nil
        }
        guard first &- 48 < 10, Self.isLastBatch(line) else { return nil }
        var step: Int?
        switch epoch {
        case .none: break
        case .begun(let number): step = number
        case .over: return nil
        }
        let metrics = Self.metrics(line)
        guard !metrics.isEmpty else { return nil }
        if step != nil { epoch = .over }
        return MetricReading(step: step, metrics: metrics)
    }

    /// `Epoch 2/10`, nothing else on the line.
    private mutating func beginEpoch(_ line: ArraySlice<UInt8>) {
        let words = line.split(separator: 0x20)
        guard words.count == 2, words[0].elementsEqual("Epoch".utf8) else { return }
        let numbers = words[1].split(separator: UInt8(ascii: "/"))
        guard numbers.count == 2, let number = Int(String(decoding: numbers[0].prefix(20), as: UTF8.self)), number >= 0,
            Int(String(decoding: numbers[1].prefix(20), as: UTF8.self)) != nil
        else { return }
        epoch = .begun(number)
    }

    /// `3/3` or `3/Unknown` in front.
    private static func isLastBatch(_ line: ArraySlice<UInt8>) -> Bool {
        let word = line.prefix { $0 != 0x20 }
        guard let slash = word.firstIndex(of: UInt8(ascii: "/")) else { return false }
        let (done, all) = (word[..<slash], word[(slash + 1)...])
        guard !done.isEmpty, done.count <= 18, done.allSatisfy({ $0 &- 48 < 10 }) else { return false }
        return done.elementsEqual(all) || all.elementsEqual("Unknown".utf8)
    }

    /// The parts between ` - ` that are `name: number`.
    private static func metrics(_ line: ArraySlice<UInt8>) -> [(name: String, value: Double)] {
        let separator = Array(" - ".utf8)
        var metrics: [(name: String, value: Double)] = []
        guard var rest = ByteSearch.after(separator, in: line) else { return [] }
        while true {
            let next = ByteSearch.after(separator, in: rest)
            let part = next.map { rest[..<($0.startIndex - separator.count)] } ?? rest
            if let colon = part.lastIndex(of: UInt8(ascii: ":")), colon > part.startIndex,
                part.count - (colon - part.startIndex) > 2, colon - part.startIndex <= MetricName.maximumLength,
                !part[..<colon].contains(0x20)
            {
                var value = part[(colon + 1)...].drop { $0 == 0x20 }
                while value.last == 0x20 { value.removeLast() }
                if let number = NumberText.parse(value) {
                    metrics.append((String(decoding: part[..<colon], as: UTF8.self), number))
                }
            }
            guard let next else { return metrics }
            rest = next
        }
    }
}
