package import SweepModel
package import SweepWire

/// The controllers that this home has joined: `joined.json`, mode 0600.
package struct Joined: Hashable, Sendable {
    /// What `agent --join` was given.
    package var agent: JoinLine?
    /// What `sweep login` was given.
    package var user: JoinLine?

    package init() {}

    private static func path(_ home: SweepHome) -> String { home.path + "/joined.json" }

    private struct File: Codable {
        var agent: String?
        var user: String?
    }

    /// Of nothing where there is no file.
    ///
    /// - Throws: when it holds something else.
    package static func read(_ home: SweepHome) throws(SweepError) -> Joined {
        guard let bytes = PrivateFile.read(path(home)) else { return Joined() }
        guard let file = try? JSONCoding.decode(File.self, from: bytes) else {
            throw SweepError(.failed, "\(path(home)) is damaged", remedy: "remove it, and join again")
        }
        var joined = Joined()
        if let text = file.agent { joined.agent = try JoinLine.parse(text, role: .agent) }
        if let text = file.user { joined.user = try JoinLine.parse(text, role: .user) }
        return joined
    }

    /// The home must be there.
    package func write(_ home: SweepHome) throws(SweepError) {
        guard let bytes = try? JSONCoding.encode(File(agent: agent?.text, user: user?.text)) else {
            throw SweepError(.failed, "\(Self.path(home)) cannot be encoded")
        }
        try PrivateFile.write(bytes + [UInt8(ascii: "\n")], to: Self.path(home))
    }
}
