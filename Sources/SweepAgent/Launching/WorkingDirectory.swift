import SweepModel

/// Where a trial runs: the file's `workdir`; else the agent's own directory when the program is found from there; else
/// the one in which the sweep was created, when it is found there; else the agent's.
enum WorkingDirectory {
    static func choose(
        _ launch: LaunchSpec, _ context: LaunchContext, path: String?
    ) throws(SweepError) -> String {
        if let workdir = launch.workdir {
            guard context.files.isFolder(workdir) else {
                throw SweepError(
                    .usage, "the working directory '\(workdir)' does not exist on this machine",
                    remedy: "create it, or mend 'workdir' in the sweep's file")
            }
            if let program = launch.program, usesProgram(launch), isMissing(program, in: workdir, context, path) {
                throw SweepError(
                    .usage, "program '\(program)' not found in \(workdir) ('workdir' of the sweep)",
                    remedy: "mend 'program' or 'workdir' in the sweep's file")
            }
            return workdir
        }
        let places = [context.directory] + (launch.createdIn.map { $0 == context.directory ? [] : [$0] } ?? [])
        if let program = launch.program, usesProgram(launch) {
            if program.hasPrefix("/") {
                guard context.files.exists(program) else { throw notFound(program, places: []) }
                return context.directory
            }
            if let place = places.first(where: { context.files.exists("\($0)/\(program)") }) { return place }
            guard isMissing(program, in: context.directory, context, path) else { return context.directory }
            throw notFound(program, places: places)
        }
        // No program: the first item of the command that names a file tells the place, where it is in one of them.
        let candidates = script(in: launch.command)
        return places.first { place in candidates.contains { context.files.exists("\(place)/\($0)") } }
            ?? context.directory
    }

    private static func usesProgram(_ launch: LaunchSpec) -> Bool {
        launch.command.isEmpty || launch.command.contains { $0.contains("${program}") }
    }

    /// Neither a file from `directory` nor a program in PATH.
    private static func isMissing(
        _ program: String, in directory: String, _ context: LaunchContext, _ path: String?
    ) -> Bool {
        if context.files.exists(program.hasPrefix("/") ? program : "\(directory)/\(program)") { return false }
        if program.contains("/") { return true }
        return context.files.program(program, path: path, directory: directory) == .missing
    }

    private static func notFound(_ program: String, places: [String]) -> SweepError {
        let location =
            switch places.count {
            case 0: ""
            case 1: " in \(places[0]) (the agent's directory)"
            default: " in \(places[0]) (the agent's directory) nor in \(places[1]) (where the sweep was created)"
            }
        return SweepError(
            .usage, "program '\(program)' not found\(location)",
            remedy: "start the agent in the folder of the program, or give 'workdir' in the sweep's file")
    }

    /// The paths by which the command's script may be found, relative to the right place.
    private static func script(in command: [String]) -> [String] {
        for (index, item) in command.enumerated() {
            if item == "-m", index + 1 < command.count, !command[index + 1].contains("$") {
                let module = String(command[index + 1].map { $0 == "." ? "/" : $0 })
                return [module + ".py", module]
            }
            guard !item.contains("${"), !item.hasPrefix("-"), !item.hasPrefix("/"), !item.contains(" ") else {
                continue
            }
            let isScript = [".py", ".sh", ".R", ".jl", ".pl", ".rb", ".js", ".lua"].contains { item.hasSuffix($0) }
            if isScript || (item.contains("/") && !item.contains("=")) { return [item] }
        }
        return []
    }
}
