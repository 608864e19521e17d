/// `name=value` in a printed line, one or several: `epoch=3 val_loss=0.25, acc=0.9`. The form of Katib's standard
/// collector (its expression: `([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)`), with what is no metric left out:
/// options (`--lr=0.1`) and the whole line they stand in, since it echoes a command; parts of a URL or a path; arguments
/// of a printed call (`Namespace(lr=0.1)`); values that are no number as a whole (`3s`, `1.2.3`, `2024-01-02`).
///
/// And the same in words (``ProgressLine``): `Epoch 3/10: loss=0.25`, `Epoch [3/10], Loss: 0.21`. That is a guess
/// (``MetricReading/isGuess``), as is what a progress bar shows. An epoch on a line of its own is that of the lines after it,
/// as in `Epoch 2/9` above `val Loss: 0.4 Acc: 0.8`.
struct NameValueSource: MetricSource {
    static let name = "stdout name=value"
    static let stream = MetricStream.output
    static let sample = (
        line: "epoch=3 val_loss=0.25, acc = 9e-1",
        reading: MetricReading(step: 3, metrics: [("val_loss", 0.25), ("acc", 0.9)])
    )

    /// Longer lines with a `=` are dumps of data, not metrics.
    private static let maximumLine = 8192

    /// What Lightning's progress bars say of the run beside its metrics.
    private static let version = "v_num"

    /// The place that was said last without a metric beside it.
    private var heading: [ProgressLine.Pair] = []

    mutating func read(_ line: ArraySlice<UInt8>) -> MetricReading? {
        guard line.count <= Self.maximumLine else { return nil }
        let hasPairs = line.contains(UInt8(ascii: "="))
        // Most lines of a script that logs JSON: another source has read them, and they need not be parsed again.
        if !hasPairs, line.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "{") { return nil }
        guard MetricName.object(line) == nil, !Self.isCommand(line) else { return nil }
        var scanner = Scanner(line: line)
        var values = hasPairs ? scanner.values() : []
        // A line of a printed configuration: one argument, and a comma for the next.
        if values.count == 1, scanner.endsWithComma { return nil }

        let progress = ProgressLine(line)
        if values.isEmpty, progress.metrics.isEmpty {
            if !progress.places.isEmpty { heading = progress.places }
            return nil
        }
        let places = progress.places.isEmpty && !progress.metrics.isEmpty ? heading : progress.places
        for said in places + progress.metrics where !values.contains(where: { $0.name == said.name }) {
            values.append(said)
        }
        values.removeAll { $0.name == Self.version }
        var reading = MetricName.reading(values)
        reading?.isGuess = !(places.isEmpty && progress.metrics.isEmpty) || Self.isBar(line)
        return reading
    }

    /// Whether a line is the last state of a progress bar of tqdm's kind, whose numbers are rounded: ` 50%|█████     | 1/2`.
    private static func isBar(_ line: ArraySlice<UInt8>) -> Bool {
        line.firstIndex(of: UInt8(ascii: "|")).map { $0 > line.startIndex && line[$0 - 1] == UInt8(ascii: "%") } == true
    }

    /// Whether a line echoes a command: a shell's trace or prompt, an option anywhere, or an interpreter in front.
    private static func isCommand(_ line: ArraySlice<UInt8>) -> Bool {
        let words = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 })
        guard let first = words.first else { return false }
        for word in words where word.first == UInt8(ascii: "-") {
            let letter = word.dropFirst().first { $0 != UInt8(ascii: "-") }
            if let letter, isLetter(letter) { return true }
        }
        if [UInt8(ascii: "+"), UInt8(ascii: "$"), UInt8(ascii: ">"), UInt8(ascii: "#")].contains(first.first) {
            return true
        }
        let program = String(decoding: first.split(separator: UInt8(ascii: "/")).last ?? first, as: UTF8.self)
        let programs = [
            "env", "sh", "bash", "export", "set", "sudo", "torchrun", "accelerate", "srun", "mpirun", "exec",
        ]
        return program.hasPrefix("python") || programs.contains(program)
    }

    fileprivate static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }
}

/// Walks over a line once.
private struct Scanner {
    let line: ArraySlice<UInt8>
    var endsWithComma: Bool { line.last { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: ",") }

    mutating func values() -> [(name: String, value: Double)] {
        var values: [(name: String, value: Double)] = []
        var index = line.startIndex
        // Depth of brackets, and of those the ones that follow a name: a printed call.
        var calls: [Bool] = []
        while index < line.endIndex {
            let byte = line[index]
            let before = index > line.startIndex ? line[index - 1] : UInt8(ascii: " ")
            if byte == UInt8(ascii: "(") {
                calls.append(Self.isName(before) || before == UInt8(ascii: ")"))
            } else if byte == UInt8(ascii: ")") {
                _ = calls.popLast()
            } else if NameValueSource.isLetter(byte), Self.isBoundary(before), !calls.contains(true) {
                let end = line[index...].firstIndex { !Self.isName($0) } ?? line.endIndex
                if let (value, next) = value(after: end) {
                    values.append((String(decoding: line[index..<end], as: UTF8.self), value))
                    index = next
                    continue
                }
                index = end
                continue
            }
            index += 1
        }
        return values
    }

    /// ` = number` from `start`, and where it ends.
    private func value(after start: Int) -> (Double, Int)? {
        guard let equals = skipSpaces(start), line[equals] == UInt8(ascii: "="), let first = skipSpaces(equals + 1)
        else { return nil }
        let end = line[first...].firstIndex(where: Self.isEnd) ?? line.endIndex
        guard end > first, end - first <= 40, let value = NumberText.parse(line[first..<end]) else { return nil }
        return (value, end)
    }

    private func skipSpaces(_ start: Int) -> Int? {
        guard start <= line.endIndex else { return nil }
        return line[start...].firstIndex { $0 != 0x20 && $0 != 0x09 }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        NameValueSource.isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || [UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "@")].contains(byte)
    }

    /// What may stand before a name.
    private static func isBoundary(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || [UInt8]("([{,;|:".utf8).contains(byte)
    }

    /// What ends a number.
    private static func isEnd(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || [UInt8](")]},;|%".utf8).contains(byte)
    }
}
