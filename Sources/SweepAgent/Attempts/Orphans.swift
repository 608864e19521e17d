import Glibc
import SweepModel

/// Processes of an attempt whose shim was killed: nobody sweeps them any more, so they are found by what every process of
/// a trial has inherited, the attempt's identity in its environment.
enum Orphans {
    static func kill(of attempt: AttemptID) {
        let trial = Array("SWEEP_TRIAL_ID=\(attempt.trial)".utf8)[...]
        let number = Array("SWEEP_ATTEMPT=\(attempt.number)".utf8)[...]
        // Some may be starting others right now.
        for _ in 0..<3 {
            var found = false
            for name in DiskFile.names(in: "/proc") {
                guard let pid = Int32(name), pid > 1, pid != getpid(),
                    let environment = DiskFile.read("/proc/\(pid)/environ", limit: 1 << 20)
                else { continue }
                let variables = environment.split(separator: 0)
                guard variables.contains(trial), variables.contains(number) else { continue }
                found = Glibc.kill(pid, SIGKILL) == 0 || found
            }
            if !found { return }
        }
    }
}
