import SweepModel
import Synchronization

@testable import SweepController

/// A store that can be told to fail.
final class Disk: Sendable {
    static let full = SweepError(.tryAgain, "the disk is full", remedy: "free space")

    let error = Mutex<SweepError?>(nil)
    let attempts = Mutex(0)

    var hooks: ControllerHooks {
        var hooks = ControllerHooks()
        hooks.apply = { [self] _ throws(SweepError) in
            attempts.withLock { $0 += 1 }
            if let error = error.withLock({ $0 }) { throw error }
        }
        return hooks
    }

    func set(_ error: SweepError?) { self.error.withLock { $0 = error } }
}
