import Glibc
package import SweepModel

/// A systemd service of the controller or of an agent, as text and as a file.
package struct SystemdUnit: Hashable, Sendable {
    /// Whose service manager runs it.
    package enum Scope: String, Sendable, CaseIterable {
        /// The person's own: no root needed; runs from log-in to log-out, or always with lingering.
        case user
        /// The machine's.
        case system
    }

    package enum Kind: Hashable, Sendable {
        case controller
        case agent
    }

    package var kind: Kind
    package var scope: Scope
    /// Without `.service`.
    package var name: String
    /// The program's absolute path, and its arguments.
    package var command: [String]
    package var home: String
    /// For agents: where trials are looked for.
    package var directory: String?
    /// Of a system service: the account that it runs as.
    package var account: String?

    package init(
        kind: Kind, scope: Scope, name: String, command: [String], home: String,
        directory: String? = nil,
        account: String? = nil
    ) {
        self.kind = kind
        self.scope = scope
        self.name = name
        self.command = command
        self.home = home
        self.directory = directory
        self.account = account
    }

    /// The account of whoever writes it.
    package static var ownAccount: String? {
        getpwuid(getuid()).flatMap { $0.pointee.pw_name }.map { String(cString: $0) }
    }

    package var text: String {
        let what = kind == .controller ? "controller" : "agent"
        var lines = [
            "# Written by '\(kind == .controller ? "sweep controller" : "agent") install --systemd'; write it anew rather than edit it.",
            "[Unit]", "Description=Sweep \(what) (\(Self.escaped(home)))", "Wants=network-online.target",
            "After=network-online.target", "# Never give up: a GPU that waits is a GPU that idles.",
            "StartLimitIntervalSec=0", "", "[Service]", "Type=exec",
            "ExecStart=" + command.map { Self.quoted($0, isCommand: true) }.joined(separator: " "),
            "Environment=" + Self.quoted("SWEEP_HOME=\(home)"),
        ]
        if let directory { lines.append("WorkingDirectory=" + Self.escaped(directory)) }
        if scope == .system, let account { lines.append("User=" + Self.escaped(account)) }
        lines += [
            "Restart=always", "RestartSec=2",
            "# Wrong use, and a refused token: only a person can mend these.",
            "RestartPreventExitStatus=64 77", "LimitNOFILE=65536",
        ]
        lines += kind == .controller ? controllerLines : agentLines
        lines += [
            "", "[Install]", "WantedBy=\(scope == .user ? "default.target" : "multi-user.target")", "",
        ]
        return lines.joined(separator: "\n")
    }

    private var controllerLines: [String] {
        var lines = ["TimeoutStopSec=30", "UMask=0077"]
        // A person's own manager cannot set these up everywhere (they need user namespaces).
        guard scope == .system else { return lines + ["NoNewPrivileges=yes"] }
        lines += [
            "# It reads and writes its home, listens, and starts nothing.", "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "ReadWritePaths=" + Self.quoted(home), "PrivateTmp=yes", "PrivateDevices=yes",
            "ProtectKernelTunables=yes",
            "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "ProtectControlGroups=yes",
            "ProtectClock=yes",
            "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK", "RestrictNamespaces=yes",
            "RestrictRealtime=yes",
            "RestrictSUIDSGID=yes", "LockPersonality=yes", "SystemCallArchitectures=native",
            "CapabilityBoundingSet=",
        ]
        return lines
    }

    private var agentLines: [String] {
        var lines = [
            "# Trials outlive their agent: only the agent itself is told to go, by the signal with which it leaves them alone,",
            "# and the next one finds them. To end them and hand them back: systemctl kill --kill-whom=main -s TERM \(name)",
            "KillMode=process", "KillSignal=SIGUSR1", "TimeoutStopSec=30",
            "# One trial that runs out of memory is that trial's end, not the agent's.",
            "OOMPolicy=continue",
            "TasksMax=infinity", "LimitMEMLOCK=infinity",
        ]
        // Nothing that hides devices, locks memory pages against just-in-time compilers, or makes disks read-only.
        if scope == .system { lines += ["RestrictSUIDSGID=yes", "ProtectControlGroups=yes"] }
        return lines
    }

    // MARK: Files

    package var fileName: String { name + ".service" }

    /// Where the service manager looks for it.
    package func path(environment: [String: String]) -> String {
        guard scope == .user else { return "/etc/systemd/system/\(fileName)" }
        let configuration =
            environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? (environment["HOME"] ?? "/root") + "/.config"
        return "\(configuration)/systemd/user/\(fileName)"
    }

    /// Writes the file, whole or not at all.
    ///
    /// - Returns: what to type next, a line each.
    package func install(environment: [String: String]) throws(SweepError) -> [String] {
        let path = path(environment: environment)
        try makeFolder(of: path)
        let aside = path + ".new"
        unlink(aside)
        let file = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure(aside) }
        let bytes = Array(text.utf8)
        let isWritten = write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
        close(file)
        guard isWritten, rename(aside, path) == 0 else { throw failure(path) }
        let manager = scope == .user ? "systemctl --user" : "systemctl"
        var next = ["\(manager) daemon-reload", "\(manager) enable --now \(name)"]
        if scope == .user {
            next.append("loginctl enable-linger      # so that it runs while nobody is logged in")
        }
        return next
    }

    private func makeFolder(of path: String) throws(SweepError) {
        var made = ""
        for part in path.split(separator: "/").dropLast() {
            made += "/" + part
            if mkdir(made, 0o755) != 0, errno != EEXIST { throw failure(made) }
        }
    }

    private func failure(_ path: String) -> SweepError {
        SweepError(
            errno == EACCES || errno == EPERM ? .denied : .failed,
            "\(path) cannot be written: \(String(cString: strerror(errno)))",
            remedy: scope == .system
                ? "run it as root (sudo), or install it for yourself with --user" : nil)
    }

    // MARK: Spelling

    /// A word of a command line, after systemd.service(5), "Command lines", and systemd.unit(5), "Specifiers".
    ///
    /// - Parameter isCommand: variables are put in there.
    package static func quoted(_ word: String, isCommand: Bool = false) -> String {
        var text = "\""
        for character in word.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "%": text += "%%"
            case "$": text += isCommand ? "$$" : "$"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            default: text.unicodeScalars.append(character)
            }
        }
        return text + "\""
    }

    /// A value that is no command line.
    private static func escaped(_ value: String) -> String {
        String(value.flatMap { $0 == "%" ? "%%" : $0.isNewline ? " " : String($0) })
    }
}
