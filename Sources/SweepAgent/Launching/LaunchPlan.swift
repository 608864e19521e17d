package import SweepModel
package import SweepWire

/// How one attempt is started: a value, made by a function, so that what is shown is what runs.
package struct LaunchPlan: Hashable, Sendable {
    /// The program's path, already searched for.
    package var executable: String
    package var argv: [String]
    package var directory: String
    /// The whole environment of the trainer.
    package var environment: [String: String]
    /// The part of it that the agent's own environment does not have, or has otherwise.
    package var additions: [String: String]
    package var folder: AttemptFolder
    /// nil: as the agent's own account.
    package var runAs: RunAs?

    package init(
        executable: String, argv: [String], directory: String, environment: [String: String],
        additions: [String: String] = [:], folder: AttemptFolder, runAs: RunAs? = nil
    ) {
        self.executable = executable
        self.argv = argv
        self.directory = directory
        self.environment = environment
        self.additions = additions
        self.folder = folder
        self.runAs = runAs
    }
}

/// What planning a launch has to know of the machine.
package struct LaunchContext: Sendable {
    /// The agent's own environment and working directory.
    package var environment: [String: String]
    package var directory: String
    package var folder: AttemptFolder
    package var devices: SlotDevices
    /// The checkpoint folder of an earlier attempt.
    package var resumeFrom: String?
    package var rules: LaunchRules
    /// The address of the agent's MLflow server for this attempt.
    package var mlflow: String?
    /// The folder of what the trial is given; nil: nothing.
    package var inputs: String?
    package var files: FileLookup

    package init(
        environment: [String: String], directory: String, folder: AttemptFolder,
        devices: SlotDevices = .none, resumeFrom: String? = nil, rules: LaunchRules = LaunchRules(),
        mlflow: String? = nil, files: FileLookup = .disk
    ) {
        self.environment = environment
        self.directory = directory
        self.folder = folder
        self.devices = devices
        self.resumeFrom = resumeFrom
        self.rules = rules
        self.mlflow = mlflow
        self.files = files
    }
}

/// What this agent's owner lets trials do: `--allow`, `--inherit`, `--run-as`.
package struct LaunchRules: Hashable, Sendable {
    package var allowed: AllowedPrograms
    package var inherited: InheritedEnvironment
    package var runAs: RunAs?

    package init(
        allowed: AllowedPrograms = AllowedPrograms(),
        inherited: InheritedEnvironment = InheritedEnvironment(),
        runAs: RunAs? = nil
    ) {
        self.allowed = allowed
        self.inherited = inherited
        self.runAs = runAs
    }
}

extension LaunchPlan {
    /// - Throws: what the person who wrote the sweep has to mend: it becomes the trial's launch error.
    package static func make(_ assignment: Assignment, _ context: LaunchContext) throws(SweepError) -> LaunchPlan {
        let launch = assignment.launch
        let environment = TrialEnvironment.make(assignment, context)
        let path = environment["PATH"]
        let directory = try WorkingDirectory.choose(launch, context, path: path)
        let command = launch.command.isEmpty ? CommandTemplate.standard : launch.command
        // Only a command that names it is worth the search.
        let interpreter = command.contains { $0.contains("${interpreter}") } ? interpreter(path, context) : "python"
        let argv = try CommandTemplate.expand(
            command,
            CommandTemplate.Context(
                parameters: assignment.parameters, program: launch.program, parametersFile: context.folder.parameters,
                seed: assignment.seed, environment: environment, interpreter: interpreter,
                optionalParameters: launch.optionalParameters ?? []))
        guard let name = argv.first, !name.isEmpty else {
            throw SweepError(.usage, "the command is empty", remedy: "give 'command' or 'program' in the sweep's file")
        }
        let executable: String
        switch context.files.program(name, path: path, directory: directory) {
        case .found(let found): executable = found
        case .notExecutable(let found):
            throw SweepError(
                .usage, "program '\(found)' is not executable",
                remedy: "run 'chmod +x \(found)', or put its interpreter first in 'command'")
        case .missing:
            let place = name.contains("/") ? "in \(directory)" : "in the agent's PATH"
            throw SweepError(
                .usage, "program '\(name)' not found \(place)",
                remedy: "install it on this machine, or mend 'command' in the sweep's file")
        }
        try context.rules.allowed.check(
            name, executable: executable, environment: launch.environment, context)
        let additions = environment.filter { context.environment[$0.key] != $0.value }
        return LaunchPlan(
            executable: executable, argv: argv, directory: directory, environment: environment,
            additions: additions,
            folder: context.folder, runAs: context.rules.runAs)
    }

    /// W&B's `${interpreter}` is `python`; where only `python3` is installed it is that.
    private static func interpreter(_ path: String?, _ context: LaunchContext) -> String {
        let candidates = ["python", "python3"]
        return candidates.first { name in
            if case .found = context.files.program(name, path: path, directory: context.directory) {
                true
            } else {
                false
            }
        } ?? "python"
    }
}
