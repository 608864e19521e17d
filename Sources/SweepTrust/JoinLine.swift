import Glibc
package import SweepModel
package import SweepWire

/// All that one machine needs to know of a controller on another: `sweep://TOKEN@HOST:PORT/FINGERPRINT`.
///
/// It is a secret, for it holds a token; so nothing here repeats a line that it cannot read.
package struct JoinLine: Hashable, Sendable {
    package static let scheme = "sweep://"

    package var role: TokenRole
    package var token: String
    package var host: String
    package var port: Int
    /// The only certificate that is accepted there.
    package var fingerprint: Fingerprint

    /// - Returns: nil when the token's prefix is of no role.
    package init?(token: String, host: String, port: Int, fingerprint: Fingerprint) {
        guard let role = TokenRole.allCases.first(where: { token.hasPrefix($0.prefix) }) else { return nil }
        self.role = role
        self.token = token
        self.host = host
        self.port = port
        self.fingerprint = fingerprint
    }

    package var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    package var text: String { "\(Self.scheme)\(token)@\(address)/\(fingerprint.text)" }

    /// - Parameter wanted: the role that the line must be of.
    package static func parse(_ text: String, role wanted: TokenRole) throws(SweepError) -> JoinLine {
        func bad(_ why: String) -> SweepError {
            SweepError(
                .usage, "that is no line of 'sweep join': \(why)",
                remedy: "copy the whole line, from sweep:// to its last digit")
        }
        guard text.utf8.count <= 1024 else { throw bad("it is too long") }
        guard text.hasPrefix(scheme) else { throw bad("it does not begin with \(scheme)") }
        let rest = text.dropFirst(scheme.count)
        guard let at = rest.firstIndex(of: "@") else { throw bad("it has no '@'") }
        guard let slash = rest[at...].lastIndex(of: "/") else { throw bad("it has no fingerprint") }
        let place = rest[rest.index(after: at)..<slash]
        guard let fingerprint = Fingerprint(String(rest[rest.index(after: slash)...])) else {
            throw bad("its fingerprint is not 64 hexadecimal digits")
        }
        guard let colon = place.lastIndex(of: ":"), let port = Int(place[place.index(after: colon)...]),
            (1...65535).contains(port)
        else { throw bad("it has no port") }
        var host = place[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
            throw bad("it has no host")
        }
        let token = rest[..<at]
        guard token.utf8.count >= 32, token.utf8.allSatisfy(isTokenByte),
            let line = JoinLine(token: String(token), host: String(host), port: port, fingerprint: fingerprint)
        else { throw bad("it has no token") }
        guard line.role == wanted else {
            throw SweepError(
                .usage,
                "that line is for \(line.role == .agent ? "an agent" : "a person"), not for "
                    + (wanted == .agent ? "an agent" : "a person"),
                remedy: wanted == .agent
                    ? "make one for an agent with 'sweep join'" : "make one for a person with 'sweep join --user'")
        }
        return line
    }

    /// The line itself, or what holds it: `-` for standard input, or the path of a file.
    package static func read(_ source: String, role: TokenRole) throws(SweepError) -> JoinLine {
        if source.hasPrefix(scheme) { return try parse(source, role: role) }
        let bytes = source == "-" ? PrivateFile.read(0) : PrivateFile.read(source)
        guard let bytes else {
            let reason = errno == 0 ? "it is too long" : String(cString: strerror(errno))
            throw SweepError(
                .usage, "no join line can be read from \(source == "-" ? "standard input" : "'\(source)'"): \(reason)",
                remedy: "give the line that 'sweep join' prints, a file that holds it, or - for standard input")
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        // A whole command that was copied holds it in quotes.
        let quotes: Set<Character> = ["'", "\""]
        let words = lines.map { $0.drop { quotes.contains($0) } }.map { String($0.prefix { !quotes.contains($0) }) }
        return try parse(words.first { $0.hasPrefix(scheme) } ?? words.first ?? "", role: role)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
