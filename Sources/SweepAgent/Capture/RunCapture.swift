import Glibc
import ServiceLifecycle
import SweepModel
import SweepWire
import Synchronization

/// What is to be captured of one attempt.
struct CaptureJob: Sendable {
    var assignment: Assignment
    var plan: LaunchPlan
    var gpus: [GPUInfo]
    var started: Timestamp
}

/// A file of the record, whole.
struct CapturedFile: Sendable {
    /// One of `RecordFileName`.
    var name: String
    var bytes: [UInt8]
}

/// Captures what a trial runs: code, Python, machine. Beside the launch, in the order of the launches; a trial that has
/// ended meanwhile is captured all the same. What is the same for trials that follow each other in one folder is asked
/// once in some seconds, so that short trials cost little.
package struct RunCapture: Service {
    private let agent: Agent
    private let captures = CaptureCache()

    package init(agent: Agent) { self.agent = agent }

    package func run() async throws {
        let jobs = agent.captureJobs
        await cancelWhenGracefulShutdown {
            for await job in jobs {
                let files = await captures.capture(job, environment: agent.configuration.environment)
                await agent.captured(job.assignment.attempt, files)
            }
        }
    }
}

/// Asks git and Python, and keeps the answers for a while.
actor CaptureCache {
    /// Seconds.
    static let codeAge = 10.0
    static let pythonAge = 60.0

    private var host: [ParameterValue.Member]?
    private var code: (key: String, value: GitCapture, time: ContinuousClock.Instant)?
    private var python: (key: String, value: PythonCapture?, time: ContinuousClock.Instant)?

    /// The files of the record.
    func capture(_ job: CaptureJob, environment: [String: String]) async -> [CapturedFile] {
        let python = await python(job)
        let code = await code(job, environment)
        let overview = overview(job, python, code, environment)
        let files = [
            CapturedFile(name: RecordFileName.overview, bytes: overview.jsonBytes() + [0x0A]),
            CapturedFile(name: RecordFileName.diff, bytes: code.patch),
            CapturedFile(
                name: RecordFileName.requirements,
                bytes: python.map { $0.requirements.isEmpty ? [] : $0.requirementsFile } ?? []),
            CapturedFile(name: RecordFileName.conda, bytes: Array((python?.condaEnvironment ?? "").utf8)),
        ]
        return files.filter { !$0.bytes.isEmpty }
    }

    private func code(_ job: CaptureJob, _ environment: [String: String]) async -> GitCapture {
        let scripts = job.plan.argv.dropFirst().filter { !$0.hasPrefix("-") && $0.contains(".") }.prefix(16)
            .map { $0.hasPrefix("/") ? $0 : "\(job.plan.directory)/\($0)" }
            .filter { if case .file = FileLookup.disk.kind($0) { true } else { false } }
        let key = ([job.plan.directory] + scripts).joined(separator: "\n")
        if let code, code.key == key, ContinuousClock.now - code.time < .seconds(Self.codeAge) { return code.value }
        let value = await GitCapture.take(job.plan.directory, scripts: Array(scripts), environment: environment)
        code = (key, value, ContinuousClock.now)
        return value
    }

    private func python(_ job: CaptureJob) async -> PythonCapture? {
        let environment = job.plan.environment
        let key = [job.plan.executable, environment["PATH"] ?? "", environment["PYTHONPATH"] ?? ""].joined(
            separator: "\n")
        if let python, python.key == key, ContinuousClock.now - python.time < .seconds(Self.pythonAge) {
            return python.value
        }
        let value = await PythonCapture.take(
            job.plan.executable, argv: job.plan.argv, directory: job.plan.directory, environment: environment)
        python = (key, value, ContinuousClock.now)
        return value
    }

    private func overview(
        _ job: CaptureJob, _ python: PythonCapture?, _ code: GitCapture, _ environment: [String: String]
    ) -> ParameterValue {
        let assignment = job.assignment
        if host == nil { host = HostCapture.members(environment: environment) }
        var members: [ParameterValue.Member] = [
            .init("attempt", .string(assignment.attempt.description)),
            .init("command", .list(job.plan.argv.map(ParameterValue.string))),
            .init("executable", .string(job.plan.executable)),
            .init("directory", .string(job.plan.directory)),
            .init("parameters", .object(assignment.parameters)),
            .init("seed", .int(assignment.seed)),
            .init("started", .int(Int(job.started.milliseconds))),
        ]
        let own = assignment.launch.environment.sorted { $0.key < $1.key }
        if !own.isEmpty { members.append(.init("environment", .object(own.map { .init($0.key, .string($0.value)) }))) }
        members += host ?? []
        if !job.gpus.isEmpty {
            members.append(.init("gpus", .list(job.gpus.map { .object(HostCapture.members(of: $0)) })))
        }
        if let python {
            var inner: [ParameterValue.Member] = [.init("executable", .string(python.executable))]
            if let version = python.version { inner.append(.init("version", .string(version))) }
            if let name = python.implementation { inner.append(.init("implementation", .string(name))) }
            inner.append(.init("packages", .int(python.requirements.count)))
            if let conda = python.conda { inner.append(.init("conda", .string(conda.name))) }
            members.append(.init("python", .object(inner)))
        }
        members.append(.init("code", .object(Self.members(code))))
        return .object(members)
    }

    private static func members(_ code: GitCapture) -> [ParameterValue.Member] {
        var members: [ParameterValue.Member] = []
        func add(_ name: String, _ text: String?) { if let text { members.append(.init(name, .string(text))) } }
        add("root", code.root)
        add("remote", code.remote)
        add("branch", code.branch)
        add("commit", code.commit)
        if code.root != nil { members.append(.init("dirty", .bool(code.isDirty))) }
        if !code.patch.isEmpty { members.append(.init("patch", .int(code.patch.count))) }
        if !code.submodules.isEmpty {
            let list = code.submodules.map { module -> ParameterValue in
                var inner: [ParameterValue.Member] = [
                    .init("path", .string(module.path)), .init("commit", .string(module.commit)),
                ]
                if let remote = module.remote { inner.append(.init("remote", .string(remote))) }
                return .object(inner)
            }
            members.append(.init("submodules", .list(list)))
        }
        if code.leftOutCount > 0 {
            members.append(.init("partial", true))
            members.append(.init("left_out", .list(code.leftOut.map(ParameterValue.string))))
            members.append(.init("left_out_count", .int(code.leftOutCount)))
        }
        return members
    }
}
