import Glibc
import SweepModel

/// The programs that this agent may start (`--allow`), for a machine whose owner does not want to run whatever a sweep's
/// file says.
///
/// A pattern with a slash is for the program's whole path, as it is found or with all links followed; one without is for a
/// program that is found in the agent's own PATH. `*`, `?` and `[…]` stand for anything but a slash.
///
/// It keeps other programs out, and says so; it is no cage. An interpreter that is allowed runs any script.
package struct AllowedPrograms: Hashable, Sendable {
    /// Empty: every program.
    package var patterns: [String]

    package init(_ patterns: [String] = []) { self.patterns = patterns }

    /// - Parameters:
    ///   - name: the first word of the command.
    ///   - executable: where it was found.
    ///   - environment: what the sweep's file sets.
    /// - Throws: `.denied`, with what is allowed.
    func check(
        _ name: String, executable: String, environment: [String: String], _ context: LaunchContext
    ) throws(SweepError) {
        guard !patterns.isEmpty else { return }
        let resolved = context.files.resolve(executable) ?? executable
        guard patterns.contains(where: { fits($0, name, executable, resolved, context) }) else {
            throw SweepError(
                .denied,
                "this agent does not allow the program '\(name)' (\(resolved)); it allows \(patterns.joined(separator: ", "))",
                remedy: "start the agent with --allow '\(resolved)', or run this sweep on other agents")
        }
        // Other code would run inside the program that was allowed, or in place of what it starts.
        let isPython = resolved.split(separator: "/").last?.hasPrefix("python") == true
        if let variable = environment.keys.sorted().first(where: {
            Self.brings($0) && !(isPython && $0 == "PYTHONPATH")
        }) {
            throw SweepError(
                .denied, "this agent allows only some programs, so a sweep may not set \(variable)",
                remedy: "take \(variable) out of the sweep's 'environment'")
        }
    }

    /// Whether the loader, a shell or an interpreter takes other code from there than that of the program.
    private static func brings(_ variable: String) -> Bool {
        let names: Set = [
            "PATH", "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4", "IFS", "ZDOTDIR", "GCONV_PATH", "GLIBC_TUNABLES",
            "NODE_OPTIONS", "NODE_PATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH",
            "JULIA_LOAD_PATH", "JULIA_DEPOT_PATH", "LUA_PATH", "LUA_CPATH", "LUA_INIT",
        ]
        let prefixes = [
            "LD_", "BASH_FUNC_", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PERL5", "RUBY", "R_PROFILE", "R_LIBS",
        ]
        return names.contains(variable) || prefixes.contains { variable.hasPrefix($0) }
    }

    private func fits(
        _ pattern: String, _ name: String, _ executable: String, _ resolved: String,
        _ context: LaunchContext
    ) -> Bool {
        if pattern.contains("/") {
            // A path with '..' is only what it leads to.
            let isPlain = !executable.split(separator: "/").contains { $0 == ".." || $0 == "." }
            return fnmatch(pattern, resolved, FNM_PATHNAME) == 0
                || isPlain && fnmatch(pattern, executable, FNM_PATHNAME) == 0
        }
        guard !name.contains("/"), fnmatch(pattern, name, 0) == 0 else { return false }
        // The sweep's file may set a PATH of its own; what counts here is the agent's.
        let path = context.environment["PATH"]
        return context.files.program(name, path: path, directory: context.directory)
            == .found(executable)
    }
}
