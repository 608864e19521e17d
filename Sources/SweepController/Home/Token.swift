import Glibc
import SweepModel

/// What a peer shows to be let in: 32 random bytes, in hexadecimal, in a file that only its owner reads.
struct Token: Sendable {
    private let bytes: [UInt8]

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The home's token; made where there is none.
    static func load(_ path: String) throws(SweepError) -> Token {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            guard errno == ENOENT else {
                throw SweepError(.denied, "\(path) cannot be read: \(systemError())", remedy: "look at its owner")
            }
            var generator = SystemRandomNumberGenerator()
            let digits = Array("0123456789abcdef".utf8)
            var text: [UInt8] = []
            for _ in 0..<32 {
                let byte = UInt8.random(in: .min ... .max, using: &generator)
                text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
            try AtomicFile.write(text + [UInt8(ascii: "\n")], to: path, mode: 0o600)
            return Token(String(decoding: text, as: UTF8.self))
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &bytes, bytes.count)
        let text = bytes.prefix(max(0, count)).filter { $0 > 0x20 && $0 < 0x7F }
        guard text.count >= 32 else {
            throw SweepError(
                .failed, "\(path) holds no token of 32 characters or more", remedy: "remove it: a new one is made")
        }
        return Token(String(decoding: text, as: UTF8.self))
    }

    /// In the same time wherever they differ, so that nobody guesses it byte by byte.
    func matches(_ other: String?) -> Bool {
        let other = Array((other ?? "").utf8)
        var difference = other.count == bytes.count ? 0 : UInt8(1)
        for (index, byte) in bytes.enumerated() { difference |= byte ^ (index < other.count ? other[index] : 0) }
        return difference == 0
    }
}
