package import SweepModel
import TrialShim

/// How a trial is ended: interrupt (a Python script gets to run its clean-up, and W&B's offline file is complete), then
/// terminate, then kill, with a grace period before each next rung.
package struct StopLadder: Hashable, Sendable {
    package enum Rung: Int, Hashable, Sendable, Comparable {
        case interrupt, terminate, kill

        package static func < (a: Rung, b: Rung) -> Bool { a.rawValue < b.rawValue }

        var signal: Int32 {
            switch self {
            case .interrupt: TRIAL_SHIM_INTERRUPT
            case .terminate: TRIAL_SHIM_TERMINATE
            case .kill: TRIAL_SHIM_KILL
            }
        }

        package var name: String {
            switch self {
            case .interrupt: "SIGINT"
            case .terminate: "SIGTERM"
            case .kill: "SIGKILL"
            }
        }
    }

    private let grace: Double
    private var rung: Rung?
    private var since: Instant
    /// The rung to begin with.
    private var wanted: Rung

    package init(grace: Double, from first: Rung = .interrupt, now: Instant) {
        self.grace = grace
        wanted = first
        since = now
    }

    /// Goes to this rung at once, if it is above.
    package mutating func hurry(to rung: Rung) { wanted = max(wanted, rung) }

    /// The signal that is due; nil when there is none (yet). Killing is repeated each grace period.
    package mutating func due(now: Instant) -> Rung? {
        if rung.map({ $0 < wanted }) ?? true {
            rung = wanted
        } else if now.seconds(since: since) >= grace, let current = rung {
            rung = Rung(rawValue: current.rawValue + 1) ?? .kill
            wanted = rung ?? .kill
        } else {
            return nil
        }
        since = now
        return rung
    }
}
