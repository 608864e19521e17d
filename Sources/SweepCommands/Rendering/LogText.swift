import FoundationEssentials
package import SweepWire

/// A training's output, made fit for a terminal: colours, line ends, tabs, backspaces and carriage returns (progress bars)
/// pass; every other control sequence is shown instead of obeyed.
///
/// Pieces may end anywhere, also inside a character or a sequence: what is unfinished waits for the next piece.
package struct LogText: Sendable {
    private var pending: [UInt8] = []
    /// The last byte shown was not the end of a line.
    package private(set) var endsInLine = false

    private static let longestSequence = 32

    package init() {}

    package mutating func readable(_ bytes: [UInt8]) -> [UInt8] {
        let input = pending + bytes
        pending = []
        var result: [UInt8] = []
        result.reserveCapacity(input.count)
        var index = 0
        while index < input.count {
            let byte = input[index]
            switch byte {
            case 0x08, 0x09, 0x0A, 0x0D:
                result.append(byte)
                index += 1
            case 0x1B:
                switch Self.colourSequence(input[index...]) {
                case .complete(let length):
                    result.append(contentsOf: input[index..<index + length])
                    index += length
                case .unfinished:
                    pending = Array(input[index...])
                    index = input.count
                case .other:
                    result.append(contentsOf: "^[".utf8)
                    index += 1
                }
            case ..<0x20:
                result.append(contentsOf: [UInt8(ascii: "^"), byte + 0x40])
                index += 1
            case 0x7F:
                result.append(contentsOf: "^?".utf8)
                index += 1
            case 0xC2:
                if index + 1 == input.count {
                    pending = [byte]
                } else if (0x80...0x9F).contains(input[index + 1]) {
                    result.append(contentsOf: "\\x\(String(input[index + 1], radix: 16))".utf8)
                    index += 1
                } else {
                    result.append(byte)
                }
                index += 1
            default:
                result.append(byte)
                index += 1
            }
        }
        if let last = result.last { endsInLine = last != 0x0A }
        return result
    }

    private enum Sequence {
        case complete(Int)
        case unfinished
        case other
    }

    /// `ESC [ digits;… m`, and `ESC [ digit K` (erase in line), which progress bars use.
    private static func colourSequence(_ bytes: ArraySlice<UInt8>) -> Sequence {
        for (length, byte) in bytes.prefix(longestSequence).enumerated().dropFirst() {
            switch (length, byte) {
            case (1, UInt8(ascii: "[")): continue
            case (2..., UInt8(ascii: "0")...UInt8(ascii: "9")), (2..., UInt8(ascii: ";")): continue
            case (2..., UInt8(ascii: "m")), (2..., UInt8(ascii: "K")): return .complete(length + 1)
            default: return .other
            }
        }
        return bytes.count < longestSequence ? .unfinished : .other
    }
}

extension LogPiece {
    package var bytes: [UInt8] {
        if let text { return Array(text.utf8) }
        return base64.flatMap { Data(base64Encoded: $0) }.map { Array($0) } ?? []
    }
}
