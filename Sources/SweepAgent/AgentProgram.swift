import FoundationEssentials
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
package import SweepModel
package import SweepTrust
package import SweepWire
import TrialShim

/// What the command line of `agent` says.
package struct AgentOptions: Sendable {
    package var gpus: [String] = []
    package var slots: Int?
    package var count: Int?
    package var sweep: String?
    package var name: String?
    /// Seconds.
    package var idleExit: Double?
    package var grace = 15.0
    package var checkpointSignal = CheckpointSignal.usr2
    package var controller: String?
    package var home: String?
    package var tokenFile: String?
    /// A join line, `-` for standard input, or the path of a file that holds one.
    package var join: String?
    package var isInsecure = false
    package var isVerbose = false
    /// Only what keeps the agent from working is said.
    package var isQuiet = false
    package var allow: [String] = []
    /// nil: everything but the agent's own.
    package var inherit: [String]?
    package var runAs: String?
    /// Bytes.
    package var artifactCache = AgentConfiguration.standardArtifactCache

    package init() {}
}

/// The whole program behind the command line: returns the exit code.
package enum AgentProgram {
    package static func run(_ options: AgentOptions) async throws(SweepError) -> Int32 {
        // The shim is entered before main; naming it keeps it in the program.
        trial_shim_keep()
        let ignoresHangUp = isIgnored(SIGHUP)
        // A terminal that has gone must not take the agent with it when it says something.
        signal(SIGPIPE, SIG_IGN)
        raiseFileLimit()

        let (environment, directory) = (environment, directory)
        let host = hostName()
        let home = SweepHome(given: options.home, environment: environment, directory: directory)
        let rules = try rules(options)
        let inventory = await GPUInventory.detect(environment: environment)
        let plan = try SlotPlan.make(
            gpus: options.gpus, cpus: options.slots, inventory: inventory, outer: environment["CUDA_VISIBLE_DEVICES"])
        let source = EndpointSource(
            home: home,
            address: options.controller ?? environment["SWEEP_CONTROLLER"].flatMap { $0.isEmpty ? nil : $0 },
            tokenFile: options.tokenFile, token: environment["SWEEP_TOKEN"],
            joined: try join(options, environment, home), isInsecure: options.isInsecure)
        // Neither the shims' server nor anything else that this program starts gets them.
        for name in ["SWEEP_TOKEN", "SWEEP_JOIN"] { unsetenv(name) }
        do {
            _ = try source.find()
        } catch {
            // A controller that does not run yet is waited for; a command line that is wrong stays wrong.
            if error.category == .usage { throw error }
        }
        let identity = try AgentIdentity.claim(options.name, host: host, home: home)
        defer { identity.release() }
        try rules.runAs?.openWay(to: identity.folder + "/attempts", home: home.path)

        let warn = Talk(name: identity.name).say
        let isQuiet = options.isQuiet
        let say: @Sendable (String) -> Void = { if !isQuiet { warn($0) } }
        say("agent \(identity.name) \(SweepBuild.version)")
        plan.notes.forEach(say)
        let watcher = try ExitWatcher()
        let memory = await GPUMemory.make(plan.slots, vendor: inventory.vendor, environment: environment)
        var configuration = AgentConfiguration(
            id: identity.id, incarnation: identity.incarnation, name: identity.name, host: host,
            folder: identity.folder, slots: plan.slots, sweep: options.sweep.map { SweepID($0) }, count: options.count,
            idleExit: options.idleExit, grace: options.grace, checkpointSignal: options.checkpointSignal,
            bootID: MachineBoot.current(), gpuMemory: memory, environment: environment, directory: directory,
            rules: rules, isVerbose: options.isVerbose)
        configuration.predecessors = identity.predecessors
        configuration.artifactCache = options.artifactCache
        let agent = Agent(configuration, watcher: watcher, clock: SystemClock.now, say: say)
        return try await serve(agent, watcher, source, ignoresHangUp: ignoresHangUp, say: warn)
    }

    /// The line of `--join`, which the home keeps from then on, or of `$SWEEP_JOIN`, which counts for this time only.
    private static func join(
        _ options: AgentOptions, _ environment: [String: String], _ home: SweepHome
    ) throws(SweepError) -> JoinLine? {
        guard let given = options.join else {
            return try environment["SWEEP_JOIN"].map { line throws(SweepError) in
                try JoinLine.parse(line, role: .agent)
            }
        }
        let line = try JoinLine.read(given, role: .agent)
        try keep(line, in: home)
        return line
    }

    /// What `agent --join` leaves behind, so that it is needed only once.
    package static func keep(_ line: JoinLine, in home: SweepHome) throws(SweepError) {
        try DiskFile.makeFolder(home.path)
        var joined = try Joined.read(home)
        joined.agent = line
        try joined.write(home)
    }

    private static func rules(_ options: AgentOptions) throws(SweepError) -> LaunchRules {
        let runAs = try options.runAs.map { name throws(SweepError) in try RunAs.find(name) }
        // Another account's trials get nothing of root's but what is on the list.
        let inherited = options.inherit ?? (runAs == nil ? nil : [])
        return LaunchRules(
            allowed: AllowedPrograms(options.allow), inherited: InheritedEnvironment(patterns: inherited),
            runAs: runAs)
    }

    package static var environment: [String: String] { ProcessInfo.processInfo.environment }
    package static var directory: String { FileManager.default.currentDirectoryPath }

    /// This program's own file.
    package static var path: String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { return "agent" }
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func serve(
        _ agent: Agent, _ watcher: ExitWatcher, _ source: EndpointSource, ignoresHangUp: Bool,
        say: @escaping @Sendable (String) -> Void
    ) async throws(SweepError) -> Int32 {
        let mlflow = await MLflowServer.start(folder: agent.configuration.folder, inbox: agent.mlflow)
        await agent.offerMLflow(at: mlflow?.base)
        await agent.beginCapturing()
        await agent.adopt()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let logger = Logger(label: "agent") { _ in SwiftLogNoOpLogHandler() }
        var services: [any Service] = [
            ExitService(agent: agent, watcher: watcher), Ticker(agent: agent),
            Uplink(agent: agent, source: source, group: group, say: say),
            SignalService(agent: agent, ignoresHangUp: ignoresHangUp),
            RunCapture(agent: agent), ArtifactReader(agent: agent), InputFetcher(agent: agent),
            SystemService(agent: agent),
        ]
        if let memory = agent.configuration.gpuMemory {
            services.append(GPUMemoryService(agent: agent, memory: memory))
        }
        var members = services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
        members.append(
            .init(service: AgentLifetime(agent: agent), successTerminationBehavior: .gracefullyShutdownGroup))
        do {
            try await ServiceGroup(configuration: .init(services: members, logger: logger)).run()
        } catch {
            // Without the error's own text: it shows the services with all that they hold, the token included.
            guard await agent.exitCode == nil else { return await agent.exitCode ?? 1 }
            throw SweepError(.failed, "the agent ended unexpectedly", remedy: "its trials go on; start it again")
        }
        await mlflow?.stop()
        try? await group.shutdownGracefully()
        return await agent.exitCode ?? 0
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, 255) == 0 else { return "agent" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }

    /// A few descriptors a trial: the usual soft limit of 1,024 would do for few.
    private static func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
