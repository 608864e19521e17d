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

    /// A started shim. The process is a child of the caller, who has to reap it.
    package struct Started: Sendable {
        package var shim: Int32
        /// Refers to the shim, whatever happens to its number.
        package var pidfd: Int32
    }

    /// Writes everything that the trial and the shim need. Done anew for a repeated launch of the same attempt.
    package func prepare(_ plan: LaunchPlan, _ assignment: Assignment) throws(SweepError) {
        let folder = plan.folder
        try DiskFile.makeFolder(folder.path)
        for inner in [folder.checkpoints, folder.artifacts, folder.wandb] { try DiskFile.makeFolder(inner) }
        try DiskFile.write(folder.parameters, ParameterValue.object(assignment.parameters).jsonBytes())
        try DiskFile.write(folder.wandbParameters, Array(WandbParameterFile.text(assignment.parameters).utf8))
        try DiskFile.write(folder.launch, LaunchFile.encode(plan))
    }

    /// A shim that has started and waits for its folder. It ends by itself when `channel` is closed.
    package struct WaitingShim: Sendable {
        var process: Started
        var channel: Int32
    }

    /// Starts a shim ahead of need: a program of this size takes longer to start than all the rest of a launch.
    package func startShim() throws(SweepError) -> WaitingShim {
        var channel: Int32 = -1
        let pid = trial_shim_spawn(executable, &channel)
        guard pid > 0 else { throw failure("start \(executable)", -pid) }
        let pidfd = trial_shim_pidfd_open(pid)
        guard pidfd >= 0 else {
            close(channel)
            waitpid(pid, nil, 0)
            throw failure("watch process \(pid)", -pidfd)
        }
        return WaitingShim(process: Started(shim: pid, pidfd: pidfd), channel: channel)
    }

    /// Ends a waiting shim that is not needed.
    package func dismiss(_ shim: WaitingShim) {
        close(shim.channel)
        close(shim.process.pidfd)
        waitpid(shim.process.shim, nil, 0)
    }

    /// Starts the attempt, by `waiting` where there is one and it still lives.
    ///
    /// - Throws: when no shim can be started, or another one holds the folder.
    package func start(_ folder: AttemptFolder, with waiting: WaitingShim? = nil) throws(SweepError) -> Started {
        let lock = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw failure("open \(folder.lock)", errno) }
        // The shim gets this description of the lock: there is no moment at which nobody holds it.
        defer { close(lock) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            if let waiting { dismiss(waiting) }
            throw SweepError(
                .conflict, "another process runs in \(folder.path)", remedy: "see who it is: cat \(folder.lock)")
        }
        if let waiting {
            if trial_shim_assign(waiting.channel, folder.path, lock) == 0 {
                close(waiting.channel)
                return waiting.process
            }
            dismiss(waiting)
        }
        let shim = try startShim()
        let error = trial_shim_assign(shim.channel, folder.path, lock)
        guard error == 0 else {
            dismiss(shim)
            throw failure("give process \(shim.process.shim) its folder", -error)
        }
        close(shim.channel)
        return shim.process
    }

    private func failure(_ what: String, _ error: Int32) -> SweepError {
        SweepError(
            .failed, "cannot \(what): \(String(cString: strerror(error)))",
            remedy: "the agent's machine is short of something (ulimit -n, ulimit -u, memory, disk)")
    }
}
