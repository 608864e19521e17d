/// What went wrong, in one line, from the end of what a trial printed.
package enum FailureLine {
    /// How much of the output's end is looked at.
    package static let window = 64 << 10

    package static let maximumLength = 200

    /// The exception of the last Python traceback, else the last line that says something; nil when there is none.
    package static func find(in tail: [UInt8]) -> String? {
        let lines = tail.suffix(window).split(separator: UInt8(ascii: "\n")).map(TerminalText.plain)
        if let memory = lines.last(where: isOutOfMemory) { return printable(memory) }
        if let traceback = lines.lastIndex(where: { starts($0, "Traceback (most recent call last)") }),
            let exception = lines[(traceback + 1)...].first(where: { isText($0) && !isIndented($0) })
        {
            return printable(exception)
        }
        return lines.last(where: isText).flatMap(printable)
    }

    private static func isOutOfMemory(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.contains(UInt8(ascii: "m")) else { return false }
        let text = String(decoding: line.prefix(4096), as: UTF8.self)
        return text.contains("CUDA out of memory") || text.contains("OutOfMemoryError")
    }

    private static func starts(_ line: ArraySlice<UInt8>, _ text: String) -> Bool { line.starts(with: text.utf8) }

    private static func isIndented(_ line: ArraySlice<UInt8>) -> Bool { line.first == 0x20 || line.first == 0x09 }

    private static func isText(_ line: ArraySlice<UInt8>) -> Bool { line.contains { $0 > 0x20 && $0 != 0x7F } }

    /// Without control characters, at most `maximumLength` characters.
    private static func printable(_ line: ArraySlice<UInt8>) -> String? {
        var text = ""
        var count = 0
        for scalar in String(decoding: line.prefix(4096), as: UTF8.self).unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
                if scalar == "\t" { text.unicodeScalars.append(" ") }
            default: text.unicodeScalars.append(scalar)
            }
            count += 1
            if count == 1000 { break }
        }
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        guard !text.isEmpty else { return nil }
        return text.count <= maximumLength ? text : text.prefix(maximumLength - 1) + "…"
    }
}
