import SweepModel
package import SweepWire

/// What a trial finds in its environment (the table in this target's documentation).
package enum TrialEnvironment {
    /// The whole environment: the agent's, ours over it, the sweep's `environment` over that (but never over what
    /// identifies the attempt).
    package static func make(_ assignment: Assignment, _ context: LaunchContext) -> [String: String] {
        var environment = context.rules.inherited.of(context.environment)
        environment.merge(context.rules.runAs?.environment ?? [:]) { _, account in account }
        if context.rules.runAs != nil { environment["XDG_RUNTIME_DIR"] = nil }
        environment.merge(standard(assignment, context)) { _, ours in ours }
        environment.merge(context.devices.environment) { _, ours in ours }
        for (name, value) in assignment.launch.environment where isVariable(name) { environment[name] = value }
        environment.merge(identity(assignment, context)) { _, ours in ours }
        if context.resumeFrom == nil { environment["SWEEP_RESUME_FROM"] = nil }
        return environment
    }

    /// What a sweep's file may override.
    private static func standard(_ assignment: Assignment, _ context: LaunchContext) -> [String: String] {
        let launch = assignment.launch
        var environment = [
            "PYTHONUNBUFFERED": "1",
            "WANDB_MODE": "offline",
            // The client writes to `wandb/` in it; another account may not make that in the attempt's folder.
            "WANDB_DIR": context.rules.runAs == nil ? context.folder.path : context.folder.wandb,
            "WANDB_RUN_ID": runID(assignment.attempt),
            "WANDB_SWEEP_ID": assignment.attempt.sweep.text,
            "WANDB_SWEEP_PARAM_PATH": context.folder.wandbParameters,
            // From 0.31 on the client writes its file each second instead of every 15.
            "WANDB_X_TRANSACTION_LOG_FLUSH_INTERVAL": "1",
        ]
        // A server that the user has named is the user's.
        if let mlflow = context.mlflow, context.environment["MLFLOW_TRACKING_URI"] == nil {
            environment["MLFLOW_TRACKING_URI"] = mlflow
            environment["MLFLOW_DISABLE_TELEMETRY"] = context.environment["MLFLOW_DISABLE_TELEMETRY"] ?? "true"
        }
        environment["WANDB_PROJECT"] = launch.project
        environment["WANDB_ENTITY"] = launch.entity
        return environment
    }

    private static func identity(_ assignment: Assignment, _ context: LaunchContext) -> [String: String] {
        let folder = context.folder
        var environment = [
            "SWEEP_ID": assignment.attempt.sweep.text,
            "SWEEP_TRIAL_ID": assignment.attempt.trial.description,
            "SWEEP_ATTEMPT": String(assignment.attempt.number),
            "SWEEP_SEED": String(assignment.seed),
            "SWEEP_PARAMS_FILE": folder.parameters,
            "SWEEP_METRICS_FILE": folder.metrics,
            "SWEEP_CHECKPOINT_DIR": folder.checkpoints,
            "SWEEP_ARTIFACTS_DIR": folder.artifacts,
        ]
        environment["SWEEP_RESUME_FROM"] = context.resumeFrom
        environment["SWEEP_INPUT_ARTIFACTS_DIR"] = context.inputs
        environment["SWEEP_NAME"] = assignment.launch.sweepName
        return environment
    }

    /// A run of W&B is one attempt: a second one must not write over the first.
    private static func runID(_ attempt: AttemptID) -> String {
        attempt.number == 1 ? attempt.trial.description : "\(attempt.trial)-\(attempt.number)"
    }

    /// What execve takes for a variable.
    private static func isVariable(_ name: String) -> Bool { !name.isEmpty && !name.utf8.contains(UInt8(ascii: "=")) }
}
