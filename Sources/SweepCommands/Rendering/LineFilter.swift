/// Of text that comes in pieces, the lines that match a pattern.
package struct LineFilter {
    /// A longer line is taken in parts.
    private static let maximumLine = 1 << 20

    private let pattern: Regex<AnyRegexOutput>
    private var half: [UInt8] = []

    /// - Throws: when `pattern` is no regular expression.
    package init(_ pattern: String) throws { self.pattern = try Regex(pattern) }

    /// The matching lines that `bytes` complete, with their line feeds.
    package mutating func take(_ bytes: [UInt8]) -> [UInt8] {
        half += bytes
        var found: [UInt8] = []
        var start = 0
        while let end = half[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if matches(half[start..<end]) { found += half[start...end] }
            start = end + 1
        }
        half.removeSubrange(..<start)
        if half.count > Self.maximumLine { found += finish() ?? [] }
        return found
    }

    /// The last line, where its line feed is missing and it matches.
    package mutating func finish() -> [UInt8]? {
        defer { half = [] }
        return !half.isEmpty && matches(half[...]) ? half : nil
    }

    private func matches(_ line: ArraySlice<UInt8>) -> Bool {
        String(decoding: line, as: UTF8.self).firstMatch(of: pattern) != nil
    }
}
