/// Which bytes of a trial's output come from standard error, as the shim notes it in `output.errors`: a line `[start,end]`, and
/// `+n` where the n bytes after them do as well.
package struct ErrorRuns: Sendable {
    /// In order, apart from each other.
    package private(set) var runs: [Range<Int>] = []
    private var lines = LineSplitter(longest: 64)

    package init() {}

    /// More of the file.
    package mutating func take(_ bytes: [UInt8]) {
        // Out of this value, which is changed meanwhile.
        var lines = self.lines
        defer { self.lines = lines }
        lines.take(bytes) { line in
            guard let last = runs.last else {
                if let run = Self.run(line) { runs.append(run) }
                return
            }
            if line.first == UInt8(ascii: "+"), let count = Self.number(line.dropFirst()) {
                extend(last, to: last.upperBound.addingReportingOverflow(count))
            } else if let run = Self.run(line), run.lowerBound == last.upperBound {
                extend(last, to: (run.upperBound, false))
            } else if let run = Self.run(line), run.lowerBound > last.upperBound {
                runs.append(run)
            }
        }
    }

    /// What lies before `offset` is not asked for again.
    package mutating func forget(before offset: Int) {
        // The last one may be extended.
        let passed = min(index(after: offset), max(0, runs.count - 1))
        if passed > 0 { runs.removeFirst(passed) }
    }

    /// Whether the byte at `offset` is of standard error, and where the next of the other stream is, as far as is known.
    package func stretch(at offset: Int) -> (isError: Bool, end: Int) {
        let index = index(after: offset)
        guard index < runs.count else { return (false, .max) }
        let run = runs[index]
        return run.lowerBound <= offset ? (true, run.upperBound) : (false, run.lowerBound)
    }

    /// Of the first run that ends behind `offset`.
    private func index(after offset: Int) -> Int { runs.firstIndexOfLast { $0.upperBound > offset } }

    private mutating func extend(_ last: Range<Int>, to end: (partialValue: Int, overflow: Bool)) {
        guard !end.overflow, end.partialValue > last.upperBound else { return }
        runs[runs.count - 1] = last.lowerBound..<end.partialValue
    }

    private static func run(_ line: ArraySlice<UInt8>) -> Range<Int>? {
        guard line.first == UInt8(ascii: "["), line.last == UInt8(ascii: "]") else { return nil }
        let parts = line.dropFirst().dropLast().split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parts.count == 2, let start = number(parts[0]), let end = number(parts[1]), start < end else {
            return nil
        }
        return start..<end
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}

extension Array {
    /// The index of the first element that `isLast` is true of, where it is of all that follow; else the count.
    package func firstIndexOfLast(_ isLast: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isLast(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
