/// What a line looks like once a terminal has shown it: progress bars overwrite themselves with carriage returns, and
/// colours are escape sequences.
package enum TerminalText {
    /// The last part after a carriage return, without escape sequences and backspaces.
    package static func plain(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while line.last == UInt8(ascii: "\r") { line.removeLast() }
        if let overwritten = line.lastIndex(of: UInt8(ascii: "\r")) { line = line[(overwritten + 1)...] }
        guard ByteSearch.contains(0x1B, in: line) || ByteSearch.contains(0x08, in: line) else { return line }
        var plain: [UInt8] = []
        plain.reserveCapacity(line.count)
        var index = line.startIndex
        while index < line.endIndex {
            switch line[index] {
            case 0x1B: index = afterEscape(line, index)
            case 0x08: index += 1
            default:
                plain.append(line[index])
                index += 1
            }
        }
        return plain[...]
    }

    /// Past an escape sequence: CSI (`ESC [ … letter`), OSC (`ESC ] … BEL`), or two bytes.
    private static func afterEscape(_ line: ArraySlice<UInt8>, _ escape: Int) -> Int {
        guard escape + 1 < line.endIndex else { return line.endIndex }
        switch line[escape + 1] {
        case UInt8(ascii: "["):
            let final = line[(escape + 2)...].firstIndex { (0x40...0x7E).contains($0) }
            return final.map { $0 + 1 } ?? line.endIndex
        case UInt8(ascii: "]"):
            let end = line[(escape + 2)...].firstIndex { $0 == 0x07 || $0 == 0x5C }
            return end.map { $0 + 1 } ?? line.endIndex
        default: return escape + 2
        }
    }
}
