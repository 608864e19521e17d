import Glibc
import SweepModel
package import SweepWire

/// What `sweep doctor` looks at without asking anybody: the home, its disk and secrets, the clock, limits, the port.
package struct MachineCheckup: Sendable {
    package var home: SweepHome

    package init(home: SweepHome) { self.home = home }

    package func findings() -> [Finding] {
        var findings = [folder(), fileSystem(), disk()]
        findings += secrets()
        findings += [clock(), files(), sharedMemory()].compactMap { $0 }
        return findings
    }

    // MARK: The home

    private func folder() -> Finding {
        guard let facts = FileFacts(home.path) else {
            let parent = existingParent
            guard access(parent, W_OK) == 0 else {
                return Finding(
                    "home", .problem, "\(home.path) is not there, and \(parent) may not be written to",
                    remedy: "choose another folder with SWEEP_HOME")
            }
            return Finding("home", .ok, "\(home.path) (made when it is needed)")
        }
        guard facts.isFolder else {
            return Finding(
                "home", .problem, "\(home.path) is no folder", remedy: "choose another one with SWEEP_HOME")
        }
        guard access(home.path, W_OK | X_OK) == 0 else {
            return Finding(
                "home", .problem, "\(home.path) may not be written to",
                remedy: "change its owner, or choose another folder with SWEEP_HOME")
        }
        guard facts.mode & 0o022 == 0 else {
            return Finding(
                "home", .problem, "others may write to \(home.path) (mode \(Self.octal(facts.mode)))",
                remedy: "chmod 700 \(ShellText.quoted(home.path))")
        }
        return Finding("home", .ok, home.path)
    }

    /// The nearest folder above the home that exists.
    private var existingParent: String {
        var path = home.path[...]
        while access(String(path), F_OK) != 0, let slash = path.lastIndex(of: "/"),
            slash > path.startIndex
        {
            path = path[..<slash]
        }
        return access(String(path), F_OK) == 0 ? String(path) : "/"
    }

    /// SQLite's locks and its shared memory do not work over a network.
    private func fileSystem() -> Finding {
        let table = PrivateFile.read("/proc/self/mountinfo") ?? []
        let place = realpath(existingParent, nil)
        defer { free(place) }
        let path = place.map { String(cString: $0) } ?? existingParent
        switch Self.fileSystem(of: path, mounts: String(decoding: table, as: UTF8.self)) {
        case "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs",
            "lustre", "gpfs", "beegfs":
            return Finding(
                "file system", .problem, "\(home.path) is on a network file system, which can damage the record",
                remedy: "set SWEEP_HOME to a folder on a disk of this machine")
        case "tmpfs", "ramfs":
            return Finding(
                "file system", .warning, "\(home.path) is in memory: the record is gone when the machine restarts",
                remedy: "set SWEEP_HOME to a folder on a disk")
        case let type?: return Finding("file system", .ok, type)
        case nil: return Finding("file system", .ok, "not known")
        }
    }

    /// The type of the file system that `path` is on, after /proc/self/mountinfo (see proc(5)): of the mounts above it the
    /// longest, and of equals the last.
    static func fileSystem(of path: String, mounts: String) -> String? {
        var best: (point: String, type: String)?
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 6, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else { continue }
            // Spaces in a path are written as \\040.
            let point = String(words[4]).replacing("\\040", with: " ")
            let isAbove = point == "/" || path == point || path.hasPrefix(point + "/")
            if isAbove, point.count >= best?.point.count ?? 0 { best = (point, String(words[dash + 1])) }
        }
        return best?.type
    }

    private func disk() -> Finding {
        var status = statvfs()
        guard statvfs(existingParent, &status) == 0 else {
            return Finding("disk", .problem, "\(existingParent): \(String(cString: strerror(errno)))")
        }
        let free = Double(status.f_bavail) * Double(status.f_frsize)
        let text = "\(Self.size(free)) free"
        if free < 1e9 || status.f_files > 0 && status.f_favail < 1000 {
            return Finding(
                "disk", .problem, free < 1e9 ? text : "\(status.f_favail) more files fit on it",
                remedy: "free space on the disk of \(home.path), or choose another one with SWEEP_HOME")
        }
        guard free >= 10e9 else {
            return Finding(
                "disk", .warning, text, remedy: "free some: checkpoints and logs of trials go there too")
        }
        return Finding("disk", .ok, text)
    }

    /// What lets somebody in must be this account's alone.
    private func secrets() -> [Finding] {
        let files = [
            home.tokenFile, home.agentTokenFile, home.tokensFile, home.certificateKeyFile,
            home.path + "/joined.json",
            home.controllerFile, home.database,
        ]
        var bad: [Finding] = []
        for path in files {
            guard let facts = FileFacts(path, followsLinks: false) else { continue }
            let name = path.dropFirst(home.path.count + 1)
            if facts.mode & 0o077 != 0 {
                bad.append(
                    Finding(
                        "secrets", .problem, "others may read \(name) (mode \(Self.octal(facts.mode)))",
                        remedy:
                            "chmod 600 \(ShellText.quoted(path)); if they may have read it, replace it: remove it and start "
                            + "the controller anew"))
            } else if facts.owner != geteuid(), geteuid() != 0 {
                bad.append(
                    Finding(
                        "secrets", .problem, "\(name) is another account's",
                        remedy: "chown it, or choose another folder with SWEEP_HOME"))
            }
        }
        return bad.isEmpty ? [Finding("secrets", .ok, "nobody else may read them")] : bad
    }

    // MARK: The machine

    private func clock() -> Finding {
        // 2025-01-01: before this version was made.
        guard time(nil) >= 1_735_689_600 else {
            return Finding(
                "clock", .problem, "it is in the past", remedy: "set it: timedatectl set-ntp true")
        }
        return Finding("clock", .ok, TimeText.iso(.wallClock()))
    }

    private func files() -> Finding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return Finding("open files", .warning, "the limit cannot be read")
        }
        // Both programs raise the soft limit to the hard one.
        guard limit.rlim_max >= 4096 else {
            return Finding(
                "open files", .warning, "at most \(limit.rlim_max)",
                remedy:
                    "raise the hard limit: ulimit -Hn 65536, or LimitNOFILE= of the service; each agent takes one, and "
                    + "each trial a few")
        }
        return Finding(
            "open files", .ok, limit.rlim_max == rlim_t.max ? "no limit" : "at most \(limit.rlim_max)")
    }

    /// PyTorch's data loaders share batches there, and die of a bus error where it is too small.
    private func sharedMemory() -> Finding? {
        var status = statvfs()
        guard statvfs("/dev/shm", &status) == 0 else { return nil }
        let size = Double(status.f_blocks) * Double(status.f_frsize)
        guard size >= 256e6 else {
            return Finding(
                "shared memory", .warning,
                "/dev/shm has \(Self.size(size)); data loaders with workers need more",
                remedy: "start the container with --shm-size=8g or --ipc=host")
        }
        return Finding("shared memory", .ok, Self.size(size))
    }

    private static func octal(_ mode: UInt32) -> String { String(mode & 0o777, radix: 8) }

    private static func size(_ bytes: Double) -> String {
        bytes >= 10e9
            ? "\(Int(bytes / 1e9)) GB"
            : bytes >= 1e9 ? "\(Double(Int(bytes / 1e8)) / 10) GB" : "\(Int(bytes / 1e6)) MB"
    }
}
