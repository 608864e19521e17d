import Glibc
package import SweepModel
package import SweepWire

/// An agent's name on its home, claimed with a lock for as long as it lives, and the identity that it keeps over restarts.
package struct AgentIdentity: Sendable {
    package let name: String
    package let id: AgentID
    package let folder: String
    /// This start of the agent, and those before it, the newest first.
    package let incarnation: String
    package let predecessors: [String]
    /// Held open: the lock goes with it.
    private let lock: Int32

    /// - Parameter wanted: `--name`; nil: the host's name, or with `-2`, `-3`, … where other agents have it.
    package static func claim(_ wanted: String?, host: String, home: SweepHome) throws(SweepError) -> AgentIdentity {
        if let wanted {
            guard isValid(wanted) else {
                throw SweepError(
                    .usage, "'\(wanted)' is no name for an agent",
                    remedy: "use at most 64 of a-z, A-Z, 0-9, '.', '_' and '-', not beginning with '.' or '-'")
            }
            guard let identity = try open(wanted, home) else {
                throw SweepError(
                    .conflict, "an agent with the name '\(wanted)' runs already with the home \(home.path)",
                    remedy: "give this one another --name")
            }
            return identity
        }
        let base = valid(host)
        for number in 1...1000 {
            if let identity = try open(number == 1 ? base : "\(base)-\(number)", home) { return identity }
        }
        throw SweepError(
            .conflict, "1,000 agents run already with the home \(home.path)", remedy: "give this one a --name")
    }

    /// Gives the name back.
    package func release() { close(lock) }

    package static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name.first != "." && name.first != "-" && name.utf8.allSatisfy(isLetter)
    }

    /// nil when another agent has the name.
    private static func open(_ name: String, _ home: SweepHome) throws(SweepError) -> AgentIdentity? {
        let folder = home.agentFolder(name)
        try DiskFile.makeFolder(folder)
        let lock = Glibc.open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw SweepError(
                .failed, "cannot open \(folder)/lock: \(String(cString: strerror(errno)))",
                remedy: "check the permissions, or give another --home")
        }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            return nil
        }
        let (incarnation, predecessors) = begin(in: folder, lock)
        return AgentIdentity(
            name: name, id: try identifier(in: folder), folder: folder, incarnation: incarnation,
            predecessors: predecessors, lock: lock)
    }

    /// Most starts that are remembered: those that one connection of long ago may be of.
    private static let maximumPredecessors = 16

    /// Whoever has the lock knows that all before it are dead. Not so in a copy of the folder, or after another start of the
    /// machine (which may be a copy, too): what was written there counts for nothing.
    private static func begin(in folder: String, _ lock: Int32) -> (incarnation: String, predecessors: [String]) {
        var status = stat()
        fstat(lock, &status)
        let place = "\(MachineBoot.current() ?? "") \(status.st_dev):\(status.st_ino)"
        let path = folder + "/starts"
        let lines = String(decoding: DiskFile.read(path, limit: 4096) ?? [], as: UTF8.self).split(separator: "\n")
        let isHere = lines.first.map(String.init) == place
        let predecessors = isHere ? lines.dropFirst().prefix(maximumPredecessors).map(String.init) : []
        let incarnation = random()
        // Without it the controller waits until it has not heard of the earlier one for a while.
        try? DiskFile.replace(
            path, Array(([place, incarnation] + predecessors).joined(separator: "\n").utf8), synced: false)
        return (incarnation, predecessors)
    }

    private static func identifier(in folder: String) throws(SweepError) -> AgentID {
        let file = folder + "/id"
        if let bytes = DiskFile.read(file, limit: 64), bytes.count == 17, bytes.last == 0x0A {
            return AgentID(String(decoding: bytes.dropLast(), as: UTF8.self))
        }
        let id = random()
        try DiskFile.replace(file, Array("\(id)\n".utf8))
        return AgentID(id)
    }

    /// 16 hexadecimal digits.
    package static func random() -> String {
        let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func valid(_ host: String) -> String {
        let name = String(decoding: host.utf8.filter(isLetter).prefix(60), as: UTF8.self)
        return isValid(name) ? name : "agent"
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
