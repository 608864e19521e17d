package import NIOSSL

/// Where the pages are served, and to whom.
package struct DashboardConfiguration: Sendable {
    /// One above the port of agents and clients (DESIGN §5).
    package static let defaultPort = 7734

    package var host = "127.0.0.1"
    /// 0: any free one. nil: `preferredPort`, or any free one where that is taken.
    package var port: Int?
    package var preferredPort = Self.defaultPort
    /// What cookies and links are made from; the controller's own token.
    package var secret: String
    /// The id of the person's token that a text is; nil when it is none. Whoever shows one may do everything.
    package var person: @Sendable (String) -> String?
    /// Whether the token of this id still holds: a revoked one ends its cookies.
    package var isPerson: @Sendable (String) -> Bool
    /// With it, HTTPS; without it only this machine may connect.
    package var tls: TLSConfiguration?
    /// Names under which a browser may reach it, beside loopback's and `host` (`Host` is checked against DNS rebinding).
    package var names: [String] = []
    /// Pages that are open at once; one beyond it is told to come back.
    package var maximumStreams = 256
    /// Between two messages to a page, in seconds.
    package var pace = 0.4
    /// A folder from which the pages are read instead of from this program, for whoever changes them. Debug builds only.
    package var pagesFolder: String?

    /// With `secret` itself as the only token.
    package init(secret: String) {
        self.secret = secret
        person = { $0 == secret ? "own" : nil }
        isPerson = { $0 == "own" }
    }
}
