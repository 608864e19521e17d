package import SweepModel

/// The version of this protocol. Peers whose versions differ talk as long as both are at least `oldest`.
package enum ProtocolVersion {
    package static let current = 1
    package static let oldest = 1
}

/// One GPU of a slot.
package struct GPUInfo: Hashable, Sendable, Codable {
    /// As the driver counts them (PCI bus order).
    package var index: Int
    package var uuid: String?
    package var name: String?
    /// Bytes.
    package var memory: Int?

    package init(index: Int, uuid: String? = nil, name: String? = nil, memory: Int? = nil) {
        self.index = index
        self.uuid = uuid
        self.name = name
        self.memory = memory
    }
}

/// One place for a trial on an agent.
package struct SlotInfo: Hashable, Sendable, Codable {
    package var index: Int
    /// Empty for a CPU slot.
    package var gpus: [GPUInfo]
    /// It is no further place, but where a next trial of the slot of this index is made ready while one runs there. A slot
    /// and its standbys take turns: at most one of them runs a trial.
    package var standbyFor: Int?

    package init(index: Int, gpus: [GPUInfo] = [], standbyFor: Int? = nil) {
        self.index = index
        self.gpus = gpus
        self.standbyFor = standbyFor
    }

    /// How it is shown: `gpu 0,1` or `cpu 2`.
    package var label: String {
        gpus.isEmpty ? "cpu \(standbyFor ?? index)" : "gpu " + gpus.map { String($0.index) }.joined(separator: ",")
    }
}

/// An attempt that an agent still holds when it connects: running, or ended with messages left to acknowledge.
package struct HeldAttempt: Hashable, Sendable, Codable {
    package var attempt: AttemptID
    package var slot: Int
    /// Its process is alive; false: it has ended and `ended` will be sent (again).
    package var alive: Bool

    package init(attempt: AttemptID, slot: Int, alive: Bool) {
        self.attempt = attempt
        self.slot = slot
        self.alive = alive
    }
}

/// The first line of a connection.
package struct Hello: Hashable, Sendable, Codable {
    package enum Role: String, Sendable, Codable { case agent, client }

    package var `protocol`: Int
    package var role: Role
    package var token: String?
    /// The program's own version, for people.
    package var build: String
    /// Only an agent says the rest.
    package var agent: AgentDescription?

    package init(role: Role, token: String?, build: String, agent: AgentDescription? = nil) {
        self.protocol = ProtocolVersion.current
        self.role = role
        self.token = token
        self.build = build
        self.agent = agent
    }
}

package struct AgentDescription: Hashable, Sendable, Codable {
    /// Made once, kept in the agent's folder.
    package var id: AgentID
    /// Random, new for each start of the agent: of two with the same id the newer connection wins.
    package var incarnation: String
    package var name: String
    package var host: String
    package var pid: Int
    package var slots: [SlotInfo]
    /// It takes trials of this sweep only.
    package var sweep: SweepID?
    package var held: [HeldAttempt]
    /// Incarnations that are known to be dead, because this one has their folder's lock: what is still heard of them was on its
    /// way when they died.
    package var replaces: [String]?

    package init(
        id: AgentID, incarnation: String, name: String, host: String, pid: Int, slots: [SlotInfo],
        sweep: SweepID? = nil, held: [HeldAttempt] = [], replaces: [String]? = nil
    ) {
        self.replaces = replaces
        self.id = id
        self.incarnation = incarnation
        self.name = name
        self.host = host
        self.pid = pid
        self.slots = slots
        self.sweep = sweep
        self.held = held
    }
}

/// The answer to an agent's or client's `hello` that is let in.
package struct Welcome: Hashable, Sendable, Codable {
    package var `protocol`: Int
    package var build: String
    /// Seconds between an agent's heartbeats, and after which silence costs it its leases.
    package var heartbeat: Double
    package var lease: Double
    /// Of the held attempts: go on, from these cursors.
    package var keep: [KeptAttempt]
    /// Of the held attempts: end the process and forget it.
    package var kill: [AttemptID]
    /// This controller takes the other files of a record, not only `output.log`.
    package var takesFiles: Bool?
    /// It keeps artifacts.
    package var takesArtifacts: Bool?

    package init(
        build: String, heartbeat: Double, lease: Double, keep: [KeptAttempt] = [], kill: [AttemptID] = [],
        takesFiles: Bool? = nil, takesArtifacts: Bool? = nil
    ) {
        self.takesFiles = takesFiles
        self.takesArtifacts = takesArtifacts
        self.protocol = ProtocolVersion.current
        self.build = build
        self.heartbeat = heartbeat
        self.lease = lease
        self.keep = keep
        self.kill = kill
    }
}

package struct KeptAttempt: Hashable, Sendable, Codable {
    package var attempt: AttemptID
    /// Messages up to this number are durable.
    package var acknowledged: Int
    /// Bytes of `output.log` that the controller has.
    package var logged: Int

    package init(attempt: AttemptID, acknowledged: Int, logged: Int) {
        self.attempt = attempt
        self.acknowledged = acknowledged
        self.logged = logged
    }
}
