import FoundationEssentials
import Glibc
import SweepModel
import SweepWire

/// One case's world: a home, a controller, agents, sweeps, in a folder of its own. Used by one thread.
final class Rig {
    let folder: String
    let project: String
    let home: SweepHome
    let programs: String
    let seed: UInt64
    var dice: Dice
    private(set) var controller: Child?
    private(set) var agents: [String: Child] = [:]
    private var children: [Child] = []
    private var mounts: [String] = []
    private var count = 0
    /// What was measured, for the table.
    var figures: [String] = []
    /// What is wrong.
    var findings: [String] = []

    /// Short, so that a case takes seconds: what is tested is the order of things, not their length.
    var heartbeat = 0.2
    var lease = 2.0
    /// Where agents find the controller; nil: its own port.
    var address: String?
    /// Agents join over TLS, by this line; nil: they speak without it.
    var joinLine: String?
    /// Agents that come by another way than the controller's own port do so over TLS.
    var isEncrypted = false

    init(programs: String, seed: UInt64, name: String, under parent: String = "/tmp") throws {
        var template = Array("\(parent)/sweep-faults-\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw RigError("no folder in \(parent)") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        project = folder + "/project"
        home = SweepHome(path: folder + "/home")
        self.programs = programs
        self.seed = seed
        dice = Dice(seed: seed)
        try Files.makeFolder(project)
        try Files.makeFolder(folder + "/locks")
    }

    /// Ends everything, whatever state it is in, and removes the folder unless something was found.
    func close(keeping: Bool) {
        for child in children { child.slay() }
        for pid in Processes.ofTrials(in: folder) + Processes.inFolder(folder) { kill(pid, SIGKILL) }
        poll(5) { Processes.ofTrials(in: folder).isEmpty }
        for mount in mounts.reversed() { umount2(mount, Int32(MNT_DETACH)) }
        if !keeping { try? FileManager.default.removeItem(atPath: folder) }
    }

    func check(_ holds: Bool, _ otherwise: @autoclosure () -> String) { if !holds { findings.append(otherwise()) } }

    func require(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws {
        if !holds { throw RigError(otherwise()) }
    }

    // MARK: Programs

    var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("SWEEP") && !$0.key.hasPrefix("CUDA") && !$0.key.hasPrefix("FAULT")
        }
        environment["SWEEP_HOME"] = home.path
        environment["SWEEP_NVML"] = "/nonexistent"
        environment["NO_COLOR"] = "1"
        environment["FAULT_LOG"] = folder + "/starts"
        environment["FAULT_LOCKS"] = folder + "/locks"
        return environment
    }

    func start(
        _ argv: [String], named name: String, adding: [String: String] = [:], directory: String? = nil
    ) throws -> Child {
        count += 1
        let child = try Child(
            argv, environment: environment.merging(adding) { $1 }, directory: directory ?? project,
            output: "\(folder)/\(count)-\(name).log")
        children.append(child)
        return child
    }

    /// Returns once it listens.
    @discardableResult
    func startController(
        adding: [String: String] = [:], wrapper: [String] = [], arguments: [String] = [], seconds: Double = 60
    ) throws -> Child {
        let old = ControllerFile.read(home)
        // The same port again, so that who knows it finds the new one.
        let port = old?.port ?? lastPort ?? 0
        let child = try start(
            wrapper + [
                programs + "/sweep", "controller", "--port", String(port), "--heartbeat", "\(heartbeat)", "--lease",
                "\(lease)",
            ] + arguments, named: "controller", adding: adding)
        controller = child
        var isUp = false
        poll(seconds) {
            isUp = ControllerFile.read(home).map { $0.pid == Int(child.pid) || !wrapper.isEmpty && $0 != old } ?? false
            return isUp || child.ending != nil
        }
        try require(isUp, "the controller did not start: \(child.text.suffix(600))")
        lastPort = ControllerFile.read(home)?.port
        return child
    }

    private(set) var lastPort: Int?

    func killController() { controller?.slay() }

    @discardableResult
    func startAgent(
        _ name: String, slots: Int = 1, adding: [String: String] = [:], arguments: [String] = [], home: String? = nil,
        wrapper: [String] = []
    ) throws -> Child {
        var variables = ["FAULT_AGENT": name, "FAULT_SLOTS": String(slots)].merging(adding) { $1 }
        if let home { variables["SWEEP_HOME"] = home }
        var argv = wrapper + [programs + "/agent", "--name", name, "--grace", "1"]
        if !arguments.contains("--gpu") { argv += ["--slots", String(slots)] }
        if let joinLine {
            variables["SWEEP_JOIN"] = joinLine
        } else if let address {
            argv += ["--controller", address, "--token-file", self.home.agentTokenFile, "--no-tls"]
        }
        let child = try start(argv + arguments, named: "agent-\(name)", adding: variables)
        agents[name] = child
        return child
    }

    func killAgent(_ name: String) { agents[name]?.slay() }

    func agentText(_ name: String) -> String { agents[name]?.text ?? "" }

    /// Runs `sweep` to its end.
    func sweep(_ arguments: String..., seconds: Double = 60) throws -> (code: Int32, text: String) {
        let child = try start([programs + "/sweep"] + arguments, named: "sweep")
        guard let code = child.wait(seconds) else {
            child.slay()
            throw RigError("sweep \(arguments.joined(separator: " ")) takes over \(Int(seconds)) s")
        }
        return (code, child.text)
    }

    /// Agents that start from now on find the controller there.
    func lead(to address: String) throws {
        self.address = address
        guard isEncrypted else { return }
        let (code, text) = try sweep("join", "--address", address)
        joinLine = text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("sweep://") }.map(String.init)
        try require(code == 0 && joinLine != nil, "sweep join: \(text)")
    }

    /// Agents that start from now on come to the controller's own port.
    func leadHome() { (address, joinLine) = (nil, nil) }

    /// A tmpfs of so many bytes at a folder of this case, unmounted at its end.
    func mountSmall(_ path: String, bytes: Int) throws {
        try Files.makeFolder(path)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes),mode=0700") == 0 else {
            throw SkippedCase("needs the right to mount: \(String(cString: strerror(errno)))")
        }
        mounts.append(path)
    }
}

/// The case cannot be tried on this machine.
struct SkippedCase: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// What /proc tells.
enum Processes {
    static func all() -> [pid_t] { Files.names("/proc").compactMap { pid_t($0) } }

    /// Processes that run for a trial of this case, daemons included.
    static func ofTrials(in folder: String) -> [pid_t] {
        let mark = "SWEEP_PARAMS_FILE=\(folder)/"
        return all().filter { pid in
            guard pid != getpid(), let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else {
                return false
            }
            return data.split(separator: 0).contains { $0.starts(with: mark.utf8) }
        }
    }

    /// Everything else that belongs to the case: shims and their server.
    static func inFolder(_ folder: String) -> [pid_t] {
        all().filter { pid in
            guard pid != getpid(), let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else {
                return false
            }
            return data.split(separator: 0).contains { $0.starts(with: "FAULT_LOG=\(folder)/".utf8) }
        }
    }

    /// Of an agent's child processes those with this name, grandchildren included.
    static func named(_ name: String, in folder: String) -> [pid_t] {
        inFolder(folder).filter { Files.text("/proc/\($0)/comm").trimmed == name }
    }

    /// Neither gone nor waiting for its parent to look.
    static func isAlive(_ pid: pid_t) -> Bool {
        let status = Files.text("/proc/\(pid)/stat")
        return !status.isEmpty && !status.contains(") Z")
    }

    static func openFiles(_ pid: pid_t) -> Int { Files.names("/proc/\(pid)/fd").count }

    static func openFiles(_ pid: pid_t, below folder: String) -> [String] {
        descriptors(pid).filter { $0.hasPrefix(folder + "/") }
    }

    static func sockets(_ pid: pid_t) -> Int { descriptors(pid).count { $0.hasPrefix("socket:") } }

    /// What each open descriptor is.
    private static func descriptors(_ pid: pid_t) -> [String] {
        Files.names("/proc/\(pid)/fd").compactMap { name in
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(name)")
        }
    }

    /// Resident bytes.
    static func memory(_ pid: pid_t) -> Int {
        let pages = Files.text("/proc/\(pid)/statm").split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (pages ?? 0) * 4096
    }
}

extension String {
    var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
