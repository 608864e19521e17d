import Glibc
import SweepModel
import SweepWire

/// A home's own token: 32 random bytes, in hexadecimal, in a file that only its owner reads. The user's commands and
/// agents on this machine read it there.
enum HomeToken {
    /// The token in `path`; made where there is none.
    static func load(_ path: String) throws(SweepError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 {
            guard errno == ENOENT else {
                throw SweepError(.denied, "\(path) cannot be read: \(systemError())", remedy: "look at its owner")
            }
            return try make(path)
        }
        defer { close(descriptor) }
        let text = (PrivateFile.read(descriptor) ?? []).filter { $0 > 0x20 && $0 < 0x7F }
        guard (32...256).contains(text.count) else {
            throw SweepError(
                .failed, "\(path) holds no token of 32 characters or more", remedy: "remove it: a new one is made")
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func make(_ path: String) throws(SweepError) -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for _ in 0..<32 {
            let byte = UInt8.random(in: .min ... .max, using: &generator)
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        try AtomicFile.write(text + [UInt8(ascii: "\n")], to: path, mode: 0o600)
        return String(decoding: text, as: UTF8.self)
    }
}
