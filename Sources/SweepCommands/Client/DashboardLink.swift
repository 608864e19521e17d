import Glibc
import SweepModel
import SweepWire

/// The address of a page, with the token that the browser shows once and then keeps as a cookie.
struct DashboardLink: Hashable, Sendable {
    /// `http://127.0.0.1:7734`
    var address: String
    var token: String?
    var sweep: SweepID?

    /// Where a page is; it asks for the token where the browser has none yet.
    var plain: String { address + (sweep.map { "/sweeps/\($0)" } ?? "/") }

    /// With the token behind `#`, which browsers send to nobody.
    var signedIn: String { plain + (token.map { "#token=\($0)" } ?? "") }

    /// The plain address; on a terminal that knows links (OSC 8) a click signs in as well.
    func onTerminal(_ style: Style) -> String {
        guard style.colours else { return plain }
        return "\u{1B}]8;;\(signedIn)\u{1B}\\\(plain)\u{1B}]8;;\u{1B}\\"
    }

    /// - Throws: when the controller serves no pages.
    static func find(_ address: ControllerAddress, _ client: Client, _ sweep: SweepID?) async throws -> DashboardLink {
        guard let pages = try await client.one(.status, as: ControllerStatus.self).dashboard else {
            throw SweepError(
                .unavailable, "the controller at \(address.text) serves no pages",
                remedy: "start it without --no-dashboard; 'sweep leaderboard --watch' shows a sweep in the terminal")
        }
        return DashboardLink(address: pages, token: address.token, sweep: sweep)
    }
}
