package import SweepModel
package import SweepWire

/// Where the controller is, and what lets this agent in. Found anew for each connection: a controller that was started
/// again may listen elsewhere.
package struct Endpoint: Hashable, Sendable {
    package var host: String
    package var port: Int
    package var token: String?

    package static let defaultPort = 7733

    /// `HOST:PORT`, `HOST`, `[V6]:PORT`; nil for anything else.
    package static func parse(_ text: String) -> (host: String, port: Int)? {
        var host = text[...]
        var port = defaultPort
        if let colon = text.lastIndex(of: ":"), text.hasPrefix("[") || text.firstIndex(of: ":") == colon,
            text[colon...].last != "]"
        {
            guard let number = Int(text[text.index(after: colon)...]), (1...65535).contains(number) else { return nil }
            (host, port) = (text[..<colon], number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains(where: { $0 == " " || $0 == "/" }) else { return nil }
        return (String(host), port)
    }
}

/// What of it was given on the command line and in the environment.
package struct EndpointSource: Sendable {
    package var home: SweepHome
    /// `--controller`, else `$SWEEP_CONTROLLER`; nil: the home's controller.json.
    package var address: String?
    package var tokenFile: String?
    /// `$SWEEP_TOKEN`.
    package var token: String?

    package init(home: SweepHome, address: String?, tokenFile: String?, token: String?) {
        self.home = home
        self.address = address
        self.tokenFile = tokenFile
        self.token = token
    }

    package func find() throws(SweepError) -> Endpoint {
        let file = ControllerFile.read(home)
        let token = try readToken(file)
        if let address {
            guard let (host, port) = Endpoint.parse(address) else {
                throw SweepError(
                    .usage, "'\(address)' is no address of a controller", remedy: "give HOST:PORT, such as gpu1:7733")
            }
            return Endpoint(host: host, port: port, token: token)
        }
        guard let file else {
            throw SweepError(
                .unavailable, "no controller runs on this machine with the home \(home.path)",
                remedy: "start one with 'sweep create FILE' or 'sweep controller', or give --controller HOST:PORT")
        }
        guard (1...65535).contains(file.port) else {
            throw SweepError(.unavailable, "\(home.controllerFile) names no port", remedy: "start the controller anew")
        }
        return Endpoint(host: file.host, port: file.port, token: token)
    }

    private func readToken(_ file: ControllerFile?) throws(SweepError) -> String? {
        if let tokenFile {
            guard let token = Self.text(tokenFile) else {
                throw SweepError(.usage, "cannot read the token file \(tokenFile)", remedy: "mend --token-file")
            }
            return token
        }
        if let token, !token.isEmpty { return token }
        return file.flatMap { Self.text($0.tokenFile) } ?? Self.text(home.tokenFile)
    }

    /// The first line of a small file.
    private static func text(_ path: String) -> String? {
        guard let bytes = DiskFile.read(path, limit: 4096) else { return nil }
        let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
