package import SweepModel
package import SweepWire

/// One slot with what its trials are told of its GPUs.
package struct AgentSlot: Hashable, Sendable {
    package var info: SlotInfo
    package var devices: SlotDevices

    package init(info: SlotInfo, devices: SlotDevices = .none) {
        self.info = info
        self.devices = devices
    }
}

/// Everything that an agent is told at its start.
package struct AgentConfiguration: Sendable {
    package var id: AgentID
    /// Random, new for each start.
    package var incarnation: String
    package var name: String
    package var host: String
    /// The agent's own folder (`SweepHome.agentFolder`).
    package var folder: String
    package var slots: [AgentSlot]
    /// Takes trials of this sweep only.
    package var sweep: SweepID?
    /// Trials started in all; nil: no limit.
    package var count: Int?
    /// Seconds without a trial after which the agent ends; nil: never.
    package var idleExit: Double?
    /// Seconds between the rungs of `StopLadder`; when the agent is told to go, for everything.
    package var grace: Double
    /// What tells a trial to save its state before it is handed back.
    package var checkpointSignal: CheckpointSignal
    /// This start of the machine (`MachineBoot.current`).
    package var bootID: String?
    /// Reads how much memory of the slots' GPUs is in use; nil: nothing can tell.
    package var gpuMemory: GPUMemory?
    /// The agent's own environment and working directory.
    package var environment: [String: String]
    package var directory: String
    package var launcher: Launcher
    package var rules: LaunchRules
    package var isVerbose: Bool
    /// Trials of fewer seconds are over before the controller has answered: two stand by behind one of them.
    package var tinyTrial = 0.05
    /// Bytes of artifacts that are kept for trials that are given them.
    package var artifactCache = Self.standardArtifactCache
    package static let standardArtifactCache = 20 << 30
    /// Earlier starts of this agent, all dead.
    package var predecessors: [String] = []

    package init(
        id: AgentID, incarnation: String, name: String, host: String, folder: String, slots: [AgentSlot],
        sweep: SweepID? = nil, count: Int? = nil, idleExit: Double? = nil, grace: Double = 15,
        checkpointSignal: CheckpointSignal = .usr2, bootID: String? = nil, gpuMemory: GPUMemory? = nil,
        environment: [String: String], directory: String, launcher: Launcher = Launcher(),
        rules: LaunchRules = LaunchRules(), isVerbose: Bool = false
    ) {
        self.id = id
        self.incarnation = incarnation
        self.name = name
        self.host = host
        self.folder = folder
        self.slots = slots
        self.sweep = sweep
        self.count = count
        self.idleExit = idleExit
        self.grace = grace
        self.checkpointSignal = checkpointSignal
        self.bootID = bootID
        self.gpuMemory = gpuMemory
        self.environment = environment
        self.directory = directory
        self.launcher = launcher
        self.rules = rules
        self.isVerbose = isVerbose
    }
}
