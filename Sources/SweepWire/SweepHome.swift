import FoundationEssentials
import Glibc
package import SweepModel

/// The folder in which controller and agents keep everything (DESIGN §7): `$SWEEP_HOME`, else `~/.sweep`.
package struct SweepHome: Hashable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// From the environment. A relative `SWEEP_HOME` is taken from `directory`.
    package init(environment: [String: String], directory: String) {
        if let home = environment["SWEEP_HOME"], !home.isEmpty {
            path = home.hasPrefix("/") ? home : directory + "/" + home
        } else {
            path = (environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? Self.accountHome) + "/.sweep"
        }
    }

    /// `--home` where it was given (relative to `directory`), else from the environment.
    package init(given: String?, environment: [String: String], directory: String) {
        if let given {
            self.init(path: given.hasPrefix("/") ? given : "\(directory)/\(given)")
        } else {
            self.init(environment: environment, directory: directory)
        }
    }

    /// The account's own folder where `HOME` is not set (cron, some containers); never one that others write to.
    private static var accountHome: String {
        guard let entry = getpwuid(getuid()), let folder = entry.pointee.pw_dir else { return "/root" }
        return String(cString: folder)
    }

    package var controllerFile: String { path + "/controller.json" }
    package var lockFile: String { path + "/controller.lock" }
    package var logFile: String { path + "/controller.log" }
    package var database: String { path + "/sweep.db" }
    /// Small files of attempts' records.
    package var records: String { path + "/records.db" }
    /// The token of this home's own user and clients.
    package var tokenFile: String { path + "/token" }
    /// The token of agents that run with this home.
    package var agentTokenFile: String { path + "/agent-token" }
    /// Digests of all other tokens.
    package var tokensFile: String { path + "/tokens.json" }
    package var certificateFile: String { path + "/tls/certificate.pem" }
    package var certificateKeyFile: String { path + "/tls/key.pem" }

    /// The controller's copy of what an attempt leaves.
    package func runFolder(_ attempt: AttemptID) -> String {
        "\(path)/runs/\(attempt.sweep)/\(attempt.trial.number)/\(attempt.number)"
    }

    /// The contents of artifacts, by digest.
    package var artifacts: String { path + "/artifacts" }
    package func sweepFolder(_ sweep: SweepID) -> String { "\(path)/runs/\(sweep)" }
    package func agentFolder(_ name: String) -> String { "\(path)/agents/\(name)" }
}

/// `controller.json`: how to reach the controller of a home. Written by the controller once it listens, mode 0600, removed
/// when it ends in good order.
package struct ControllerFile: Hashable, Sendable, Codable {
    package var host: String
    package var port: Int
    package var pid: Int
    package var build: String
    package var tokenFile: String
    package var agentTokenFile: String?
    /// SHA-256 of its certificate. On an address that is not loopback it takes TLS only.
    package var fingerprint: String?
    /// Where the pages are, `http://127.0.0.1:7734`; nil when it serves none.
    package var dashboard: String?

    package init(
        host: String, port: Int, pid: Int, build: String, tokenFile: String, agentTokenFile: String? = nil,
        fingerprint: String? = nil, dashboard: String? = nil
    ) {
        self.host = host
        self.port = port
        self.pid = pid
        self.build = build
        self.tokenFile = tokenFile
        self.agentTokenFile = agentTokenFile
        self.fingerprint = fingerprint
        self.dashboard = dashboard
    }

    /// nil when there is none or it cannot be read: no controller runs there.
    package static func read(_ home: SweepHome) -> ControllerFile? {
        guard let data = FileManager.default.contents(atPath: home.controllerFile) else { return nil }
        return try? JSONCoding.decode(ControllerFile.self, from: Array(data))
    }
}

/// The program's version, as `--version`, `hello` and `welcome` say it.
package enum SweepBuild {
    package static let version = "0.1.0"
}
