import Glibc

/// Processes of an attempt whose shim was killed: nobody sweeps them any more, so they are found by what every process of
/// a trial has inherited, the path of the attempt's own folder in its environment.
enum Orphans {
    static func kill(of folder: AttemptFolder) {
        let mark = Array("SWEEP_PARAMS_FILE=\(folder.parameters)".utf8)[...]
        // Some may be starting others right now.
        for _ in 0..<3 {
            var found = false
            for name in DiskFile.names(in: "/proc") {
                guard let pid = Int32(name), pid > 1, pid != getpid(),
                    let environment = DiskFile.read("/proc/\(pid)/environ", limit: 1 << 20)
                else { continue }
                guard environment.split(separator: 0).contains(mark) else { continue }
                found = Glibc.kill(pid, SIGKILL) == 0 || found
            }
            if !found { return }
        }
    }
}
