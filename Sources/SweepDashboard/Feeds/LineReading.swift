/// Made from the lines of a file of a record, a piece at a time.
protocol LineReading: Sendable {
    /// Of a line that an agent writes; one that is longer is none.
    static var longestLine: Int { get }

    mutating func take(line: ArraySlice<UInt8>)
}

extension LineReading {
    /// Takes in whole lines, and gives back the piece of one at the end.
    mutating func take(_ bytes: [UInt8]) -> [UInt8] {
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if end - start <= Self.longestLine { take(line: bytes[start..<end]) }
            start = end + 1
        }
        return bytes.count - start > Self.longestLine ? [] : Array(bytes[start...])
    }
}
