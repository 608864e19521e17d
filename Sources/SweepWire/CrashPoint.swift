import Glibc
import Synchronization

/// Moments at which a debug build kills itself when asked to (`SWEEP_CRASH_AT=after-commit` or `after-commit:3` for the third
/// time), so that the fault suite reaches the instants between two steps that a kill from outside hits only by luck. A
/// release build has none of it.
package enum CrashPoint: String, CaseIterable, Sendable {
    /// Controller: a turn is handled and not written.
    case beforeCommit = "before-commit"
    /// Controller: the turn is durable, and nobody has been told.
    case afterCommit = "after-commit"
    /// Controller: everybody has been told.
    case afterSend = "after-send"
    /// Agent: an assignment has come, and nothing of it is on the disk.
    case onAssign = "on-assign"
    /// Agent: the attempt's folder is whole, and its shim is not started.
    case beforeSpawn = "before-spawn"
    /// Agent: the shim runs, and the spool does not say so.
    case afterSpawn = "after-spawn"
    /// Agent: the trial has ended, and the spool does not say so.
    case beforeEnded = "before-ended"
    /// Agent: the spool has the end, and the controller does not.
    case afterEnded = "after-ended"

    #if DEBUG
        private static let wanted: (name: String, count: Int)? = {
            guard let value = getenv("SWEEP_CRASH_AT") else { return nil }
            let parts = String(cString: value).split(separator: ":")
            guard let name = parts.first else { return nil }
            return (String(name), parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
        }()
        private static let reached = Mutex(0)
    #endif

    /// Kills this process, without a chance to say or to write anything, if this is the moment that was asked for.
    @inline(__always)
    package static func pass(_ point: CrashPoint) {
        #if DEBUG
            guard let wanted, wanted.name == point.rawValue else { return }
            let count = reached.withLock { count in
                count += 1
                return count
            }
            if count == wanted.count { kill(getpid(), SIGKILL) }
        #endif
    }
}
