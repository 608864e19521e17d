import Glibc
import SweepModel
import SweepWire

/// Which programs this machine has, as an agent that is started here would find them.
struct ProgramSearch: Sendable {
    private let folders: [Substring]

    init(_ session: Session) {
        folders = (session.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .filter { $0.hasPrefix("/") }
    }

    /// What `${interpreter}` stands for: `python`, or `python3` where there is only that.
    var interpreter: String { ["python", "python3"].first { has($0) } ?? "python" }

    /// Whether the shell would find `name`.
    func has(_ name: String) -> Bool {
        folders.contains { folder in
            let path = "\(folder)/\(name)"
            return access(path, X_OK) == 0 && FileFacts(path)?.isFile == true
        }
    }
}

/// The `program` of a new sweep that is not where an agent will look for it, as far as this machine can tell: agents may run
/// on another one, so it is a warning.
struct MissingProgram: Equatable {
    var message: String
    var remedy: String

    /// nil when the command does not use `program`, or it is there.
    ///
    /// - Parameter folder: the sweep file's.
    init?(_ launch: LaunchSpec, folder: String, _ session: Session) {
        guard let program = launch.program,
            launch.command.isEmpty || launch.command.contains(where: { $0.contains("${program}") })
        else { return nil }
        let shown = DisplayText.escape(program)
        let directory = launch.workdir ?? session.directory
        guard !Self.exists(program, in: directory) else { return nil }
        if !program.contains("/"), ProgramSearch(session).has(program) { return nil }
        if program.hasPrefix("/") {
            message = "program '\(shown)' does not exist here; an agent looks for it at that path on its machine"
            remedy = "mend 'program' unless the agents' machines have it"
        } else if launch.workdir != nil {
            message =
                "program '\(shown)' is not in \(DisplayText.escape(directory)); an agent looks for it there ('workdir')"
            remedy = "mend 'program' or 'workdir' unless the agents' machines have it"
        } else {
            message =
                "program '\(shown)' is not in \(DisplayText.escape(directory)); an agent looks for it in the folder in which "
                + "it is started, then in this one"
            remedy =
                Self.exists(program, in: folder)
                ? "it is beside the sweep file: start agents in \(DisplayText.escape(folder)), or write 'workdir: .' in the file"
                : "start agents in the folder of the program, or give 'workdir' in the file"
        }
    }

    private static func exists(_ program: String, in folder: String) -> Bool {
        access(program.hasPrefix("/") ? program : "\(folder)/\(program)", F_OK) == 0
    }
}
