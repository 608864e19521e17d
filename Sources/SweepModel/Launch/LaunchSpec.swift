/// How every trial of a sweep is started. The agent turns it, with a trial's parameters, into a launch plan.
package struct LaunchSpec: Hashable, Sendable, Codable {
    /// The command's items with their macros (see `CommandTemplate`).
    package var command: [String]
    package var program: String?
    /// The working directory that the file asks for, absolute.
    package var workdir: String?
    /// The directory in which `sweep create` was run: used where the program is not found from the agent's own.
    package var createdIn: String?
    /// Additional environment variables.
    package var environment: [String: String]
    /// Seconds after which a trial is ended.
    package var timeout: Double?
    /// GPUs that a trial needs; nil: whatever the slot has.
    package var gpus: Int?
    package var project: String?
    package var entity: String?
    package var sweepName: String?
    /// Names (dotted paths) of the parameters that not every trial has (`when`); nil: every trial has all.
    package var optionalParameters: [String]?
    /// What each trial is given before it starts (`use_artifact`).
    package var inputs: [ArtifactInput]?
    /// A trial that is stopped early may be resumed: it is told to save a checkpoint first. nil: it will not be.
    package var pauses: Bool?

    package init(
        command: [String], program: String? = nil, workdir: String? = nil, createdIn: String? = nil,
        environment: [String: String] = [:], timeout: Double? = nil, gpus: Int? = nil, project: String? = nil,
        entity: String? = nil, sweepName: String? = nil, optionalParameters: [String]? = nil,
        inputs: [ArtifactInput]? = nil, pauses: Bool? = nil
    ) {
        self.command = command
        self.program = program
        self.workdir = workdir
        self.createdIn = createdIn
        self.environment = environment
        self.timeout = timeout
        self.gpus = gpus
        self.project = project
        self.entity = entity
        self.sweepName = sweepName
        self.optionalParameters = optionalParameters
        self.inputs = inputs
        self.pauses = pauses
    }
}
