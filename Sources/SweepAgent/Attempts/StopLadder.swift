import Glibc
package import SweepModel
import TrialShim

/// How a trial is ended: interrupt (a Python script gets to run its clean-up, and W&B's offline file is complete), then
/// terminate, then kill, with a grace period each. A trial that is to go on later is told to save a checkpoint first.
package struct StopLadder: Hashable, Sendable {
    package enum Rung: Int, Hashable, Sendable, Comparable {
        case checkpoint, interrupt, terminate, kill

        package static func < (a: Rung, b: Rung) -> Bool { a.rawValue < b.rawValue }
    }

    /// Seconds from each rung to the next one.
    private let pauses: [Double]
    private var rung: Rung?
    private var since: Instant
    /// The rung to begin with.
    private var wanted: Rung

    /// - Parameter grace: seconds from each rung to the next one.
    package init(grace: Double, from first: Rung = .interrupt, now: Instant) {
        self.init(pauses: [grace, grace, grace, grace / 10], from: first, now: now)
    }

    /// - Parameter grace: seconds for everything: half of it for the checkpoint, and the last tenth for the end of what is
    ///   killed, so that the agent is gone in time.
    package static func handingBack(within grace: Double, from first: Rung, now: Instant) -> StopLadder {
        let shares = first == .checkpoint ? [0.5, 0.25, 0.15, 0.1] : [0, 0.6, 0.3, 0.1]
        return StopLadder(pauses: shares.map { $0 * grace }, from: first, now: now)
    }

    private init(pauses: [Double], from first: Rung, now: Instant) {
        self.pauses = pauses
        wanted = first
        since = now
    }

    /// Goes to this rung at once, if it is above.
    package mutating func hurry(to rung: Rung) { wanted = max(wanted, rung) }

    /// The rung that is due; nil when there is none (yet). Killing is repeated.
    package mutating func due(now: Instant) -> Rung? {
        if rung.map({ $0 < wanted }) ?? true {
            rung = wanted
        } else if let current = rung, now.seconds(since: since) >= pauses[current.rawValue] {
            rung = Rung(rawValue: current.rawValue + 1) ?? .kill
            wanted = rung ?? .kill
        } else {
            return nil
        }
        since = now
        return rung
    }
}

/// What tells a trial to save a checkpoint because it is about to be ended.
package enum CheckpointSignal: String, Hashable, Sendable, CaseIterable {
    /// Not `usr1` by default: NCCL catches it.
    case usr2, usr1, int, term

    /// To the shim, which passes SIGUSR1 and SIGUSR2 only to processes that catch them (they would kill the others), and an
    /// interrupt where none does.
    var signal: Int32 {
        switch self {
        case .usr2: TRIAL_SHIM_USER2
        case .usr1: TRIAL_SHIM_USER1
        case .int: TRIAL_SHIM_INTERRUPT
        case .term: TRIAL_SHIM_TERMINATE
        }
    }

    /// The number of the signal that only processes which catch it get; nil: all get it.
    var caught: Int32? {
        switch self {
        case .usr2: SIGUSR2
        case .usr1: SIGUSR1
        case .int, .term: nil
        }
    }
}

extension StopLadder.Rung {
    func signal(_ checkpoint: CheckpointSignal) -> Int32 {
        switch self {
        case .checkpoint: checkpoint.signal
        case .interrupt: TRIAL_SHIM_INTERRUPT
        case .terminate: TRIAL_SHIM_TERMINATE
        case .kill: TRIAL_SHIM_KILL
        }
    }

    func name(_ checkpoint: CheckpointSignal) -> String {
        switch self {
        case .checkpoint: "SIG\(checkpoint.rawValue.uppercased())"
        case .interrupt: "SIGINT"
        case .terminate: "SIGTERM"
        case .kill: "SIGKILL"
        }
    }
}
