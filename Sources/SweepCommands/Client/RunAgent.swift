import Glibc
import SweepModel
import Synchronization

/// The agent of `sweep run`: started, started again when something kills it, and ended with the run.
final class RunAgent: Sendable {
    let name: String
    let log: String
    private let launch: @Sendable () throws -> ChildProcess
    private let state: Mutex<(process: ChildProcess, restarts: Int)>

    /// An agent that is killed again and again is not started for ever.
    private static let mostRestarts = 3

    init(name: String, log: String, launch: @escaping @Sendable () throws -> ChildProcess) throws {
        self.name = name
        self.log = log
        self.launch = launch
        state = Mutex((try launch(), 0))
    }

    var pid: pid_t { state.withLock { $0.process.pid } }

    /// How it ended; nil while it runs.
    var ending: ChildProcess.Ending? { state.withLock { $0.process }.ending() }

    func send(_ signal: Int32) { state.withLock { $0.process }.send(signal) }

    /// Starts it anew after a signal has ended it; under its name it finds the trials that went on.
    ///
    /// - Returns: whether it was; false when that would not help.
    func restart() throws -> Bool {
        try state.withLock { state in
            guard case .signal = state.process.ending(), state.restarts < Self.mostRestarts else { return false }
            state = (try launch(), state.restarts + 1)
            return true
        }
    }

    /// Waits until it has left, and helps it along when it does not.
    ///
    /// - Parameter isUrgent: it is told to go at once: it ends its trials and hands them back.
    func end(isUrgent: Bool = false) async {
        let clock = ContinuousClock()
        for signal in (isUrgent ? [] : [0]) + [SIGTERM, SIGTERM, SIGTERM] {
            if signal != 0 { send(signal) }
            // Longer than its ladder for a trial that does not want to end (SIGINT, SIGTERM, SIGKILL).
            let deadline = clock.now + .seconds(signal == 0 ? 5 : 15)
            while clock.now < deadline {
                if ending != nil { return }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        send(SIGKILL)
    }
}
