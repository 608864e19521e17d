import Crypto
import HTTPTypes
import Hummingbird
import SweepModel

/// Who asks, and whether the question may be answered at all.
///
/// A browser shows its token as a cookie, a program as `Authorization: Bearer`, and a link that was shared as `?key=`: such
/// a key reads one sweep and changes nothing. `Host` is checked so that a page of another site cannot have its own name
/// point here (DNS rebinding), `Origin` so that it cannot have a browser act here.
struct Access: Sendable {
    enum Grant: Hashable, Sendable {
        case none
        /// Reads this sweep.
        case link(SweepID)
        case full
    }

    static let cookie = "sweep"
    static let linkCookie = "sweep-link"

    private let secret: SymmetricKey
    private let person: @Sendable (String) -> String?
    private let isPerson: @Sendable (String) -> Bool
    private let names: Set<String>

    init(_ configuration: DashboardConfiguration) {
        secret = SymmetricKey(data: Array(configuration.secret.utf8))
        (person, isPerson) = (configuration.person, configuration.isPerson)
        names = Set(
            (["127.0.0.1", "localhost", "::1", configuration.host] + configuration.names).map { $0.lowercased() })
    }

    /// The key that lets whoever has it read `sweep`.
    func linkKey(of sweep: SweepID) -> String { code("read-only sweep \(sweep)") }

    func grant(_ request: Request) -> Grant {
        if let header = request.headers[.authorization], header.hasPrefix("Bearer ") {
            return person(String(header.dropFirst(7))) == nil ? .none : .full
        }
        let cookies = Self.cookies(request)
        if let session = cookies[Self.cookie], let dot = session.lastIndex(of: ".") {
            let id = String(session[..<dot])
            if matches(session, self.session(of: id)), isPerson(id) { return .full }
        }
        if let key = request.uri.queryParameters["key"].map(String.init) ?? cookies[Self.linkCookie] {
            // `<sweep>.<code>`
            if let dot = key.firstIndex(of: ".") {
                let sweep = SweepID(String(key[..<dot]))
                if matches(key, "\(sweep).\(linkKey(of: sweep))") { return .link(sweep) }
            }
        }
        return .none
    }

    /// What a browser keeps that showed `token`: made from it, so that the token itself is in no cookie. nil: it is none.
    func session(for token: String) -> String? { person(token).map { session(of: $0) } }

    private func session(of id: String) -> String { "\(id).\(code("browser of token \(id)"))" }

    /// - Throws: why the request is not answered.
    func check(_ request: Request) throws(APIError) {
        let host = Self.hostName(request.head.authority ?? "")
        guard names.contains(host) || Self.isNumeric(host) else {
            throw APIError(.misdirectedRequest, "this server is not '\(host.prefix(80))'")
        }
        guard request.method != .get, request.method != .head else { return }
        if let origin = request.headers[.origin] {
            let parts = origin.split(separator: "/", omittingEmptySubsequences: true)
            let name = parts.count == 2 ? Self.hostName(String(parts[1])) : nil
            let (port, own) = (Self.port(origin), Self.port(request.head.authority ?? ""))
            guard name == host, port == own else {
                throw APIError(.forbidden, "a page of '\(origin.prefix(80))' may change nothing here")
            }
        }
        if let site = HTTPField.Name("Sec-Fetch-Site").flatMap({ request.headers[$0] }), site != "same-origin",
            site != "none"
        {
            throw APIError(.forbidden, "another site's page may change nothing here")
        }
    }

    /// An address in digits cannot be made to point elsewhere.
    private static func isNumeric(_ host: String) -> Bool {
        if host.contains(":") { return host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." || $0 == "%" } }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// `[::1]:7734` → `::1`.
    private static func hostName(_ authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return authority[authority.index(after: authority.startIndex)..<end].lowercased()
        }
        return authority.prefix { $0 != ":" && $0 != "/" }.lowercased()
    }

    private static func port(_ authority: String) -> Substring {
        let end = authority.lastIndex(of: "]") ?? authority.startIndex
        guard let colon = authority[end...].lastIndex(of: ":") else { return "" }
        return authority[authority.index(after: colon)...].prefix { $0.isNumber }
    }

    private static func cookies(_ request: Request) -> [String: String] {
        var cookies: [String: String] = [:]
        for line in request.headers[values: .cookie] {
            for part in line.split(separator: ";") {
                let pair = part.split(separator: "=", maxSplits: 1)
                guard pair.count == 2 else { continue }
                cookies[pair[0].trimmingSpaces] = pair[1].trimmingSpaces
            }
        }
        return cookies
    }

    private func matches(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func code(_ text: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: secret)
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: code.prefix(20).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
