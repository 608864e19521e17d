import FoundationEssentials
import Glibc
import SweepModel
import SweepWire
import Synchronization
import Testing

/// A home and a project folder of one test's own. At the end every process that was started is killed, the controller
/// and the trials included, and the folders are removed.
final class Home: Sendable {
    let folder: String
    let project: String
    let home: SweepHome
    private let started = Mutex<[Program]>([])
    private let count = Mutex(0)

    init() throws {
        var template = Array("/tmp/sweep-e2e-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Program.Failure("no temporary folder") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        project = folder + "/project"
        home = SweepHome(path: folder + "/home")
        try FileManager.default.createDirectory(atPath: project, withIntermediateDirectories: true)
    }

    deinit {
        let controller = ControllerFile.read(home)?.pid
        for program in started.withLock({ $0 }) { program.signal(SIGKILL) }
        if let controller { kill(pid_t(controller), SIGKILL) }
        for pid in trialProcesses() { kill(pid, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("SWEEP") && !$0.key.hasPrefix("WANDB") && !$0.key.hasPrefix("CUDA")
        }
        environment["SWEEP_HOME"] = home.path
        environment["NO_COLOR"] = "1"
        return environment
    }

    /// Writes a file of the project and gives its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let path = project + "/" + name
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    func start(_ program: String, _ arguments: String..., adding: [String: String] = [:]) throws -> Program {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let environment = environment.merging(adding) { $1 }
        let process = try Program(
            program, arguments, environment: environment, directory: project,
            files: folder + "/\(number)-\(program.split(separator: "/").last ?? "")")
        started.withLock { $0.append(process) }
        return process
    }

    /// Runs `sweep` to its end and gives what it printed.
    @discardableResult
    func sweep(_ arguments: String..., expecting code: Int32 = 0, location: SourceLocation = #_sourceLocation)
        async throws -> String
    {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let process = try Program(
            "sweep", arguments, environment: environment, directory: project, files: folder + "/\(number)-sweep")
        started.withLock { $0.append(process) }
        let exit = try await process.wait()
        #expect(
            exit == code, "sweep \(arguments.joined(separator: " ")): \(process.output)\(process.error)",
            sourceLocation: location)
        return process.output
    }

    /// Creates a sweep from this YAML and gives its id.
    func create(_ yaml: String, location: SourceLocation = #_sourceLocation) async throws -> String {
        try write("sweep.yaml", yaml)
        let output = try await sweep("create", "sweep.yaml", "-o", "id", location: location)
        return output.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
    }

    /// `sweep trials --json`: the trials by number.
    func trials(_ sweep: String) async throws -> [ParameterValue] {
        let text = try await self.sweep("trials", sweep, "--json")
        guard case .list(let trials) = try JSONParser.parse(text)["trials"] else { return [] }
        return trials
    }

    /// Waits until the sweep is over, then gives its trials.
    func finished(_ sweep: String, within seconds: Double = 120, location: SourceLocation = #_sourceLocation)
        async throws -> [ParameterValue]
    {
        let wait = try start("sweep", "wait", sweep)
        let code = try await wait.wait(seconds)
        #expect(
            code == 0 || code == 3, "sweep wait: \(String(describing: code)) \(wait.error)", sourceLocation: location)
        return try await trials(sweep)
    }

    /// Processes that run for a trial of this home.
    func trialProcesses() -> [pid_t] {
        let marker = Array("SWEEP_TRIAL_ID=".utf8)
        let mine = Array(folder.utf8)
        return (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { name -> pid_t? in
            guard let pid = pid_t(name), let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                contains(data, marker), contains(data, mine)
            else { return nil }
            return pid
        } ?? []
    }

    private func contains(_ data: Data, _ needle: [UInt8]) -> Bool {
        guard data.count >= needle.count, let first = needle.first else { return false }
        let bytes = [UInt8](data)
        return bytes.indices.dropLast(needle.count - 1).contains { index in
            bytes[index] == first && bytes[index..<(index + needle.count)].elementsEqual(needle)
        }
    }
}

extension ParameterValue {
    var state: String { self["state"]?.string ?? "" }
    var reason: String { self["reason"]?.string ?? "" }
    var objective: Double? { self["objective"]?.number }
}
