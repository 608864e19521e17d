import Glibc
import SweepModel
import SweepWire

/// Starts, finds and ends the controller of this home.
struct LocalController: Sendable {
    var common: CommonOptions
    var session: Session
    /// How long a new controller may take until it answers.
    var patience = Duration.seconds(20)

    private static let pace = Duration.milliseconds(10)

    /// The controller that the command line names, or the home's; one is started where none runs.
    func ensure() async throws -> ControllerAddress {
        if let named = try ControllerAddress.named(common, session) { return named }
        if let running = try await running() { return running }
        let address = try await start()
        session.say("started a controller for \(session.home.path) at \(address.text) (pid \(address.pid ?? 0))")
        return address
    }

    /// The home's controller if it answers.
    ///
    /// - Throws: when something answers but refuses.
    func running() async throws -> ControllerAddress? {
        guard let address = try ControllerAddress.local(common, session) else { return nil }
        do {
            return try await Client.connected(to: address) { _ in address }
        } catch let error as SweepError where error.category == .unavailable {
            return nil
        }
    }

    /// Starts one, in a session of its own, and waits until it answers.
    func start(_ arguments: [String] = []) async throws -> ControllerAddress {
        let home = session.home
        try makeHome(home.path)
        let logged = LogTail.size(home.logFile)
        var environment = session.environment
        // The daemon may outlive the directory from which a relative home was meant.
        environment["SWEEP_HOME"] = home.path
        let child = try ChildProcess(
            session.program, ["controller"] + arguments, environment: environment, log: home.logFile,
            place: .newSession)
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        while true {
            // Another command may have started one at the same moment: whichever answers is the home's.
            if let address = try await running() { return address }
            if let ending = child.ending() {
                if let address = try await running() { return address }
                throw failure("ended with \(ending.text)", from: logged)
            }
            guard clock.now < deadline else {
                child.send(SIGTERM)
                throw failure("does not answer after \(patience.components.seconds) s", from: logged)
            }
            try await Task.sleep(for: Self.pace)
        }
    }

    private func failure(_ what: String, from logged: Int) -> SweepError {
        let lines = LogTail.read(session.home.logFile, lines: 5, from: logged)
        let log = lines.isEmpty ? "" : ":\n" + lines.map { "    \($0)" }.joined(separator: "\n")
        return SweepError(
            .failed, "the new controller \(what)\(log)", remedy: "its log is \(session.home.logFile)")
    }

    /// The home with all folders above it.
    private func makeHome(_ path: String) throws(SweepError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o700) != 0, errno != EEXIST {
                let reason = String(cString: strerror(errno))
                guard FileFacts(made) != nil else {
                    throw SweepError(
                        .failed, "\(made) cannot be made: \(reason)", remedy: "choose another folder with $SWEEP_HOME")
                }
            }
        }
    }

    /// Asks it to end, and waits until its process is gone.
    ///
    /// - Returns: its pid; nil when none runs.
    func stop() async throws -> Int? {
        guard let address = try ControllerAddress.local(common, session) else { return nil }
        let pid: Int
        do {
            pid = try await Client.connected(to: address) { client in
                let status = try await client.one(.status, as: ControllerStatus.self)
                try await client.perform(.shutdown)
                return status.pid
            }
        } catch let error as SweepError where error.category == .unavailable {
            return nil
        }
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        while Self.isRunning(pid) {
            guard clock.now < deadline else {
                throw SweepError(
                    .failed, "the controller (pid \(pid)) has not ended after \(patience.components.seconds) s",
                    remedy: "see \(session.home.logFile), or end it with: kill \(pid)")
            }
            try await Task.sleep(for: Self.pace)
        }
        return pid
    }

    /// Not when it has ended and only waits for whoever has started it to take notice: `kill` finds such a process.
    static func isRunning(_ pid: Int) -> Bool {
        guard let process = pid_t(exactly: pid), process > 0, kill(process, 0) == 0 || errno == EPERM else {
            return false
        }
        let file = open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return errno != ENOENT }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = read(file, &bytes, bytes.count)
        // PID (NAME) STATE: the name may have anything in it.
        guard count > 0, let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else {
            return false
        }
        return bytes[end + 2] != UInt8(ascii: "Z") && bytes[end + 2] != UInt8(ascii: "X")
    }
}
