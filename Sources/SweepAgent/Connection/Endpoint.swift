package import SweepModel
package import SweepTrust
package import SweepWire

/// Where the controller is, and what lets this agent in. Found anew for each connection: a controller that was started
/// again may listen elsewhere.
package struct Endpoint: Hashable, Sendable {
    package var host: String
    package var port: Int
    package var token: String?
    /// The only certificate that is accepted there; nil: without TLS.
    package var pin: Fingerprint?

    package static let defaultPort = 7733

    package init(host: String, port: Int, token: String? = nil, pin: Fingerprint? = nil) {
        self.host = host
        self.port = port
        self.token = token
        self.pin = pin
    }

    package init(_ joined: JoinLine, token: String? = nil) {
        self.init(host: joined.host, port: joined.port, token: token ?? joined.token, pin: joined.fingerprint)
    }

    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.") && host.utf8.allSatisfy { $0 < 0x3A }
    }

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

/// What of it was given on the command line and in the environment, and what the home knows.
package struct EndpointSource: Sendable {
    package var home: SweepHome
    /// `--controller`, else `$SWEEP_CONTROLLER`; nil: the joined controller, else the home's controller.json.
    package var address: String?
    package var tokenFile: String?
    /// `$SWEEP_TOKEN`.
    package var token: String?
    /// Of `--join` or `$SWEEP_JOIN`; otherwise the one that the home keeps is looked at for each connection.
    package var joined: JoinLine?
    /// Speak without TLS, whatever is in between.
    package var isInsecure: Bool

    package init(
        home: SweepHome, address: String?, tokenFile: String?, token: String?, joined: JoinLine? = nil,
        isInsecure: Bool = false
    ) {
        self.home = home
        self.address = address
        self.tokenFile = tokenFile
        self.token = token
        self.joined = joined
        self.isInsecure = isInsecure
    }

    package func find() throws(SweepError) -> Endpoint {
        let given = try givenToken()
        let file = ControllerFile.read(home)
        let kept = try Joined.read(home).agent
        let joined = self.joined ?? kept
        if let address {
            guard let (host, port) = Endpoint.parse(address) else {
                throw SweepError(
                    .usage, "'\(address)' is no address of a controller", remedy: "give HOST:PORT, such as gpu1:7733")
            }
            if let joined, joined.host == host, joined.port == port { return Endpoint(joined, token: given) }
            if let file, file.port == port, file.host == host { return try endpoint(file, token: given) }
            return try plain(Endpoint(host: host, port: port, token: given ?? homeToken(file, port: port, host: host)))
        }
        if let joined { return Endpoint(joined, token: given) }
        guard let file else {
            throw SweepError(
                .unavailable, "no controller runs on this machine with the home \(home.path)",
                remedy: "start one with 'sweep create FILE' or 'sweep controller', or join one: agent --join LINE")
        }
        return try endpoint(file, token: given)
    }

    /// The home's own controller. Where it does not listen on loopback it takes only TLS.
    private func endpoint(_ file: ControllerFile, token: String?) throws(SweepError) -> Endpoint {
        guard (1...65535).contains(file.port) else {
            throw SweepError(.unavailable, "\(home.controllerFile) names no port", remedy: "start the controller anew")
        }
        let token = token ?? PrivateFile.line(file.agentTokenFile ?? home.agentTokenFile)
        var endpoint = Endpoint(host: file.host, port: file.port, token: token)
        guard !endpoint.isLoopback else { return endpoint }
        endpoint.pin = file.fingerprint.flatMap { Fingerprint($0) }
        return endpoint.pin == nil ? try plain(endpoint) : endpoint
    }

    /// The home's own token goes to its own machine only: to a tunnel's end, for example.
    private func homeToken(_ file: ControllerFile?, port: Int, host: String) -> String? {
        guard Endpoint(host: host, port: port).isLoopback else { return nil }
        return PrivateFile.line(file?.agentTokenFile ?? home.agentTokenFile)
    }

    /// Without TLS: on this machine, or where the person insists.
    private func plain(_ endpoint: Endpoint) throws(SweepError) -> Endpoint {
        guard endpoint.isLoopback || isInsecure else {
            throw SweepError(
                .usage, "nothing is known of the certificate of \(endpoint.host):\(endpoint.port)",
                remedy: "join it: run 'sweep join' there, and 'agent --join LINE' here (or --no-tls, without any "
                    + "protection)")
        }
        return endpoint
    }

    private func givenToken() throws(SweepError) -> String? {
        if let tokenFile {
            guard let token = PrivateFile.line(tokenFile) else {
                throw SweepError(.usage, "cannot read the token file \(tokenFile)", remedy: "mend --token-file")
            }
            return token
        }
        return token.flatMap { $0.isEmpty ? nil : $0 }
    }
}
