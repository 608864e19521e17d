import Crypto
import Foundation
import SweepModel
import SweepTrust
import SweepWire

/// One token in `tokens.json`: everything but the token.
///
/// Kept as a plain SHA-256: a token is 256 random bits, so there is nothing to guess that a slow, salted hash would make
/// slower, and what was stolen with the file lets nobody in.
struct TokenRecord: Hashable, Sendable, Codable {
    var id: String
    var role: TokenRole
    var label: String?
    /// SHA-256 of the token's text, in hexadecimal.
    var digest: String
    var created: Timestamp
    var lastUsed: Timestamp?
    var revoked: Timestamp?

    /// A new token of 256 random bits, and its record.
    static func make(_ role: TokenRole, label: String?, id: String, now: Timestamp) -> (Self, secret: String) {
        let secret = role.prefix + random(bytes: 32)
        return (Self(id: id, role: role, label: label, digest: Self.digest(of: secret), created: now), secret)
    }

    static func digest(of secret: String) -> String { Hexadecimal.text(SHA256.hash(data: Array(secret.utf8))) }

    /// In letters that may stand in a URL and a shell's word.
    private static func random(bytes count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let text = Data(bytes).base64EncodedString()
        return String(text.compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
    }

    /// Whether this is the digest of the token that was shown: in the same time wherever they differ.
    func matches(_ shown: String) -> Bool {
        let (ours, theirs) = (Array(digest.utf8), Array(shown.utf8))
        guard ours.count == theirs.count else { return false }
        return zip(ours, theirs).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
