import ArgumentParser
import Glibc
import SweepModel
import SweepWire

/// `sweep dashboard`.
struct Dashboard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the address of the web pages.",
        discussion: "It holds the controller's token: whoever has it may do everything.")

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: all.", completion: .sweepIDs)
    var sweep: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let link = try await Self.link(sweep, common, session)
        session.output.write(link.signedIn + "\n")
    }

    static func link(_ sweep: String?, _ common: CommonOptions, _ session: Session) async throws -> DashboardLink {
        let address = try ControllerAddress.find(common, session)
        return try await Client.connected(to: address) { client in
            let id: SweepID? =
                if let sweep { try await Selection.sweep(sweep, client, session).id } else { nil }
            return try await DashboardLink.find(address, client, id)
        }
    }
}

/// `sweep open`.
struct Open: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Open the web pages in the browser.")

    @Argument(help: "A sweep: its id, the beginning of it, or its name. Default: all.", completion: .sweepIDs)
    var sweep: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let session = Session.current
        let link = try await Dashboard.link(sweep, common, session)
        session.say(link.plain)
        let search = ProgramSearch(session)
        let openers = ["xdg-open", "sensible-browser", "firefox", "chromium", "google-chrome"]
        guard let opener = openers.first(where: { search.has($0) }) else {
            throw SweepError(
                .failed, "no browser is here",
                remedy: "open the address that 'sweep dashboard' prints, perhaps elsewhere")
        }
        let page = try write(link, session)
        _ = try ChildProcess(
            "/usr/bin/env", [opener, page], environment: session.environment, log: "/dev/null", place: .newSession)
    }

    /// A page of our own that leads there: a token on a command line could be read by every user of the machine.
    private func write(_ link: DashboardLink, _ session: Session) throws(SweepError) -> String {
        let path = session.home.path + "/open.html"
        let text =
            "<!doctype html><meta charset=\"utf-8\"><title>Sweep</title><meta http-equiv=\"refresh\" content=\"0; url=\(link.signedIn)\">\n"
        unlink(path)
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw SweepError(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw SweepError(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        return path
    }
}
