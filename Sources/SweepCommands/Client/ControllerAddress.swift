import FoundationEssentials
import Glibc
package import SweepModel
import SweepWire

/// Where a controller listens, and the token that it asks for.
package struct ControllerAddress: Hashable, Sendable {
    package static let defaultPort = 7733

    package var host: String
    package var port: Int
    package var token: String?
    /// The process that `controller.json` names, where the address comes from there.
    package var pid: Int?

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

    /// The controller that the command line or the environment names; nil: the one of the home.
    package static func named(_ options: CommonOptions, _ session: Session) throws(SweepError) -> ControllerAddress? {
        let environment = session.environment
        let named = options.controller ?? environment["SWEEP_CONTROLLER"].flatMap { $0.isEmpty ? nil : $0 }
        guard let named else { return nil }
        var address = try parse(named)
        address.token = try token(options, session)
        if address.token == nil, let local = ControllerFile.read(session.home), local.port == address.port,
            local.host == address.host
        {
            // The home's own token goes to the home's own controller, and to nobody else.
            address.token = secret(at: local.tokenFile)
        }
        return address
    }

    /// The controller of the home; nil when none runs there.
    package static func local(_ options: CommonOptions, _ session: Session) throws(SweepError) -> ControllerAddress? {
        guard let file = ControllerFile.read(session.home) else { return nil }
        return ControllerAddress(
            host: file.host, port: file.port, token: try token(options, session) ?? secret(at: file.tokenFile),
            pid: file.pid)
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
            guard let token = secret(at: path) else {
                throw SweepError(.usage, "the token file '\(path)' cannot be read or is empty")
            }
            return token
        }
        return session.environment["SWEEP_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The first line of a small file; nil when there is none.
    private static func secret(at path: String) -> String? {
        guard let handle = FileManager.default.contents(atPath: path), handle.count <= 4096 else { return nil }
        let line = String(decoding: handle, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
        return line?.trimmed
    }
}
