import Glibc
package import SweepModel

/// The account as which trials run (`--run-as`), for an agent that is root. What is the agent's stays root's: a trial owns
/// only the folders and files that it is to write.
package struct RunAs: Hashable, Sendable {
    package var name: String
    package var user: UInt32
    package var group: UInt32
    package var groups: [UInt32]
    package var home: String
    package var shell: String

    /// - Throws: when this process is not root, there is no such account, or it is root's own.
    package static func find(_ name: String) throws(SweepError) -> RunAs {
        guard geteuid() == 0 else {
            throw SweepError(
                .usage, "--run-as needs an agent that is root, and this one is not",
                remedy: "start the agent as '\(name)' itself, or as root")
        }
        guard let entry = getpwnam(name) else {
            throw SweepError(
                .usage, "--run-as: there is no account '\(name)' on this machine",
                remedy: "see 'getent passwd'")
        }
        let account = entry.pointee
        guard account.pw_uid != 0 else {
            throw SweepError(
                .usage, "--run-as '\(name)' is root, which is what it is there to avoid",
                remedy: "give an account without privileges, or leave --run-as out")
        }
        var count = Int32(256)
        var groups = [gid_t](repeating: 0, count: Int(count))
        guard getgrouplist(name, account.pw_gid, &groups, &count) >= 0 else {
            throw SweepError(
                .failed, "--run-as: '\(name)' is in more than 256 groups", remedy: "use another account")
        }
        return RunAs(
            name: name, user: account.pw_uid, group: account.pw_gid,
            groups: Array(groups.prefix(Int(count))),
            home: account.pw_dir.map { String(cString: $0) } ?? "/",
            shell: account.pw_shell.map { String(cString: $0) } ?? "/bin/sh")
    }

    /// What the account finds of itself in its environment.
    var environment: [String: String] {
        ["HOME": home, "USER": name, "LOGNAME": name, "SHELL": shell]
    }

    /// For the launch file: numbers only, because nothing can be looked up between fork and exec.
    var record: String { ([user, group] + groups).map { String($0) }.joined(separator: " ") }

    /// Lets the account go through the agent's folders to its trials: they may be passed, not listed.
    ///
    /// - Throws: when a folder above the home keeps it out; that one is not the agent's to change.
    package func openWay(to folder: String, home: String) throws(SweepError) {
        try DiskFile.makeFolder(folder)
        var path = ""
        for part in folder.split(separator: "/") {
            path += "/" + part
            if path == home || path.hasPrefix(home + "/") {
                guard chmod(path, 0o711) == 0 else { throw Self.failure("let '\(name)' through", path) }
            } else if !mayPass(path) {
                throw SweepError(
                    .usage,
                    "--run-as: '\(name)' cannot enter \(path), which is above the agent's home \(home)",
                    remedy: "give the agent a home elsewhere, such as --home /var/lib/sweep")
            }
        }
    }

    private func mayPass(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        if status.st_uid == user { return status.st_mode & 0o100 != 0 }
        if status.st_gid == group || groups.contains(status.st_gid) {
            return status.st_mode & 0o010 != 0
        }
        return status.st_mode & 0o001 != 0
    }

    /// Gives the account what is its own of an attempt's folder.
    func take(_ folder: AttemptFolder) throws(SweepError) {
        guard chmod(folder.path, 0o711) == 0 else {
            throw Self.failure("let '\(name)' through", folder.path)
        }
        // It is there before the trial is, for the trial cannot make files in this folder.
        let metrics = open(folder.metrics, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard metrics >= 0 else { throw Self.failure("create", folder.metrics) }
        close(metrics)
        for path in [
            folder.metrics, folder.parameters, folder.wandbParameters, folder.checkpoints,
            folder.artifacts, folder.wandb,
        ] where lchown(path, user, group) != 0 { throw Self.failure("give '\(name)'", path) }
    }

    private static func failure(_ what: String, _ path: String) -> SweepError {
        SweepError(
            .failed, "cannot \(what) \(path): \(String(cString: strerror(errno)))",
            remedy: "--run-as needs a disk with owners and modes; choose another --home")
    }
}
