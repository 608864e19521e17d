import Crypto

/// The SHA-256 of a certificate in DER, as `openssl x509 -fingerprint -sha256` shows it.
package struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    /// 64 lowercase hexadecimal digits.
    package let text: String

    package init(certificate der: [UInt8]) { text = Hexadecimal.text(SHA256.hash(data: der)) }

    /// 64 hexadecimal digits, with or without colons; nil for anything else.
    package init?(_ text: String) {
        let digits = text.lowercased().utf8.filter { $0 != UInt8(ascii: ":") }
        guard text.utf8.count <= 95, digits.count == 64, digits.allSatisfy(Hexadecimal.isDigit) else { return nil }
        self.text = String(decoding: digits, as: UTF8.self)
    }

    package var description: String { text }
}

package enum Hexadecimal {
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
