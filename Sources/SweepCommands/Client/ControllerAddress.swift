import Glibc
package import SweepModel
package import SweepTrust
import SweepWire

/// Where a controller listens, and the token that it asks for.
package struct ControllerAddress: Hashable, Sendable {
    package static let defaultPort = 7733

    package var host: String
    package var port: Int
    package var token: String?
    /// The process that `controller.json` names, where the address comes from there.
    package var pid: Int?
    /// The only certificate that is accepted there; nil: without TLS.
    package var pin: Fingerprint?

    package init(host: String, port: Int, token: String? = nil, pid: Int? = nil) {
        self.host = host
        self.port = port
        self.token = token
        self.pid = pid
    }

    package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads `host`, `host:port`, `[::1]:port` or `::1`.
    ///
    /// - Throws: when the port is no number in 1...65535, or there is no host.
    package static func parse(_ text: String) throws(SweepError) -> ControllerAddress {
        func bad(_ why: String) -> SweepError {
            SweepError(.usage, "the controller's address '\(text)' \(why)", remedy: "write it as host:port")
        }
        let host: Substring
        var rest = Substring()
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw bad("has no closing bracket") }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw bad("has something other than a port after ']'") }
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            host = text[..<colon]
            rest = text[colon...]
        } else {
            host = text[...]
        }
        guard !host.isEmpty, !host.contains("/") else { throw bad("has no host") }
        guard !rest.isEmpty else { return ControllerAddress(host: String(host), port: defaultPort) }
        guard let port = Int(rest.dropFirst()), (1...65535).contains(port) else {
            throw bad("has no port in 1...65535")
        }
        return ControllerAddress(host: String(host), port: port)
    }

    /// The controller that the command line or the environment names, or that 'sweep login' has joined; nil: the one of the
    /// home.
    package static func named(_ options: CommonOptions, _ session: Session) throws(SweepError) -> ControllerAddress? {
        let environment = session.environment
        let named = options.controller ?? environment["SWEEP_CONTROLLER"].flatMap { $0.isEmpty ? nil : $0 }
        let token = try token(options, session)
        guard let named else { return try Joined.read(session.home).user.map { Self($0, token: token) } }
        if named.hasPrefix(JoinLine.scheme) { return Self(try JoinLine.parse(named, role: .user), token: token) }
        var address = try parse(named)
        if let joined = try Joined.read(session.home).user, joined.host == address.host, joined.port == address.port {
            return Self(joined, token: token)
        }
        // The home's own token goes to the home's own controller, and to nobody else.
        if let local = ControllerFile.read(session.home), local.port == address.port, local.host == address.host {
            address = try Self(local, options, session)
            address.pid = nil
            return address
        }
        address.token = token
        try address.checkPlain(options)
        return address
    }

    /// The controller of the home; nil when none runs there.
    package static func local(_ options: CommonOptions, _ session: Session) throws(SweepError) -> ControllerAddress? {
        try ControllerFile.read(session.home).map { file throws(SweepError) in try Self(file, options, session) }
    }

    package init(_ joined: JoinLine, token: String? = nil) {
        self.init(host: joined.host, port: joined.port, token: token ?? joined.token)
        pin = joined.fingerprint
    }

    private init(_ file: ControllerFile, _ options: CommonOptions, _ session: Session) throws(SweepError) {
        self.init(
            host: file.host, port: file.port,
            token: try Self.token(options, session) ?? PrivateFile.line(file.tokenFile)?.trimmed, pid: file.pid)
        guard !isLoopback else { return }
        pin = file.fingerprint.flatMap { Fingerprint($0) }
        if pin == nil { try checkPlain(options) }
    }

    /// Without TLS: on this machine, or where the person insists.
    private func checkPlain(_ options: CommonOptions) throws(SweepError) {
        guard isLoopback || options.noTLS else {
            throw SweepError(
                .usage, "nothing is known of the certificate of \(text)",
                remedy:
                    "join it: run 'sweep join --user' there, and 'sweep login LINE' here (or --no-tls, without any "
                    + "protection)")
        }
    }

    var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.") && host.utf8.allSatisfy { $0 < 0x3A }
    }

    /// The controller to ask.
    ///
    /// - Throws: when none is named and none runs in the home.
    package static func find(_ options: CommonOptions, _ session: Session) throws(SweepError) -> ControllerAddress {
        if let address = try named(options, session) { return address }
        if let address = try local(options, session) { return address }
        if access(session.home.controllerFile, R_OK) != 0, errno == EACCES {
            throw SweepError(
                .denied, "\(session.home.controllerFile) must not be read: is \(session.home.path) another user's?",
                remedy: "set SWEEP_HOME to a folder of your own, or name a controller with --controller host:port")
        }
        throw SweepError(
            .unavailable, "no controller runs for \(session.home.path)",
            remedy: "start one with 'sweep controller start', or name another with --controller host:port")
    }

    private static func token(_ options: CommonOptions, _ session: Session) throws(SweepError) -> String? {
        if let path = options.tokenFile {
            guard let token = PrivateFile.line(path)?.trimmed, !token.isEmpty else {
                throw SweepError(.usage, "the token file '\(path)' cannot be read or is empty")
            }
            return token
        }
        return session.environment["SWEEP_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
    }
}
