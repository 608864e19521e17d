import Glibc
import SweepModel

/// Where the `agent` program is, and how it is started here.
package struct AgentProgram: Sendable {
    package var session: Session

    package init(session: Session) { self.session = session }

    /// Beside `sweep`, else on the `PATH`; nil when it is nowhere.
    var path: String? { beside ?? onPath }

    private var beside: String? {
        guard let slash = session.program.lastIndex(of: "/") else { return nil }
        let path = session.program[..<slash] + "/agent"
        return access(String(path), X_OK) == 0 ? String(path) : nil
    }

    private var onPath: String? {
        for folder in (session.environment["PATH"] ?? "").split(separator: ":") where folder.hasPrefix("/") {
            let path = "\(folder)/agent"
            if access(path, X_OK) == 0 { return path }
        }
        return nil
    }

    /// The word to type: `agent` where the shell finds this very program, perhaps through a link; else the whole path.
    package var word: String {
        guard let beside else { return "agent" }
        return onPath.map { Self.resolved($0) } == Self.resolved(beside) ? "agent" : ShellText.quoted(beside)
    }

    private static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// NVIDIA GPUs that the driver shows on this machine: only to suggest a command.
    var gpus: Int {
        var count = 0
        while count < 64, access("/dev/nvidia\(count)", F_OK) == 0 { count += 1 }
        return count
    }

    /// What to type next for a new sweep, a line each.
    func suggestions(controller: String?) -> [String] {
        let address = controller.map { " --controller \(ShellText.quoted($0))" } ?? ""
        let gpus = gpus
        guard gpus > 0 else { return [word + address] }
        return (0..<min(gpus, 8)).map { "\(word) --gpu \($0)\(address)" }
    }
}
