import Glibc
package import SweepModel
package import SweepWire
import TrialShim

/// Starts attempts: prepares the folder and spawns the shim in it. Few system calls and no sync, because a GPU is idle
/// meanwhile; what must outlive a crash of the machine is the controller's.
package struct Launcher: Sendable {
    /// The program that becomes the shim: this one, whatever its file is called by now.
    package var executable: String

    package init(executable: String = "/proc/self/exe") { self.executable = executable }

    /// A started shim: a child of the shims' server, which reaps it.
    package struct Started: Sendable {
        package var shim: Int32
        /// Refers to the shim, whatever happens to its number.
        package var pidfd: Int32
    }

    /// Writes everything that the trial and the shim need. Done anew for a repeated launch of the same attempt.
    ///
    /// - Parameter old: a delivered attempt's folder that becomes this one's: new files cost a disk more than all the rest.
    package func prepare(
        _ plan: LaunchPlan, _ assignment: Assignment, reusing old: AttemptFolder? = nil
    ) throws(SweepError) {
        let folder = plan.folder
        if let old {
            if plan.runAs == nil, rename(old.path, folder.path) == 0, access(folder.assignment, F_OK) != 0 {
                folder.clear()
            } else {
                old.remove()
            }
        }
        try DiskFile.makeFolder(folder.path)
        // W&B's client makes its folder itself, where it may.
        for inner in [folder.checkpoints, folder.artifacts] + (plan.runAs == nil ? [] : [folder.wandb]) {
            try DiskFile.makeFolder(inner)
        }
        try DiskFile.overwrite(folder.parameters, ParameterValue.object(assignment.parameters).jsonBytes())
        try DiskFile.overwrite(folder.wandbParameters, Array(WandbParameterFile.text(assignment.parameters).utf8))
        try DiskFile.overwrite(folder.launch, LaunchFile.encode(plan))
        try plan.runAs?.take(folder)
    }

    /// The process that forks the shims. It ends by itself when `channel` is closed; its shims go on.
    package struct ShimServer: Sendable {
        package var process: Int32
        package var channel: Int32
    }

    package func startServer() throws(SweepError) -> ShimServer {
        var channel: Int32 = -1
        let pid = trial_shim_serve(executable, &channel)
        guard pid > 0 else { throw failure("start \(executable)", -pid) }
        return ShimServer(process: pid, channel: channel)
    }

    package func stop(_ server: ShimServer) {
        close(server.channel)
        waitpid(server.process, nil, 0)
    }

    /// Starts the attempt's shim, with a new server in `server` where there is none that lives.
    ///
    /// - Throws: when no shim can be started, or another one holds the folder.
    package func start(_ folder: AttemptFolder, by server: inout ShimServer?) throws(SweepError) -> Started {
        let lock = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw failure("open \(folder.lock)", errno) }
        // The shim gets this description of the lock: there is no moment at which nobody holds it.
        defer { close(lock) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw SweepError(
                .conflict, "another process runs in \(folder.path)", remedy: "see who it is: cat \(folder.lock)")
        }
        // What an earlier attempt has left there.
        if DiskFile.size(lock) > 0 { ftruncate(lock, 1) }
        var pid: Int32 = -EPIPE
        var pidfd: Int32 = -1
        if let running = server { pid = trial_shim_start(running.channel, folder.path, lock, &pidfd) }
        if pid == -EPIPE || pid == -ECONNRESET {
            if let dead = server { stop(dead) }
            server = nil
            let fresh = try startServer()
            server = fresh
            pid = trial_shim_start(fresh.channel, folder.path, lock, &pidfd)
        }
        guard pid > 0 else { throw failure("start a shim in \(folder.path)", -pid) }
        return Started(shim: pid, pidfd: pidfd)
    }

    private func failure(_ what: String, _ error: Int32) -> SweepError {
        SweepError(
            .failed, "cannot \(what): \(String(cString: strerror(error)))",
            remedy: "the agent's machine is short of something (ulimit -n, ulimit -u, memory, disk)")
    }
}
