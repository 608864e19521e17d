import FoundationEssentials
import Glibc
import SweepWire
import Testing

@Suite struct SystemdUnitTests {
    private func unit(
        _ kind: SystemdUnit.Kind, _ scope: SystemdUnit.Scope, command: [String] = ["/bin/true"],
        home: String = "/tmp"
    ) -> SystemdUnit {
        SystemdUnit(
            kind: kind, scope: scope, name: kind == .agent ? "sweep-agent-gpu0" : "sweep-controller",
            command: command,
            home: home, directory: kind == .agent ? "/" : nil, account: "root")
    }

    @Test func `an agent's trials outlive its service`() {
        for scope in SystemdUnit.Scope.allCases {
            let lines = unit(.agent, scope).text.split(separator: "\n")
            for line in [
                "KillMode=process", "KillSignal=SIGUSR1", "Restart=always", "OOMPolicy=continue",
            ] {
                #expect(lines.contains { $0 == line }, "\(line)")
            }
            // Each of these hides GPUs or breaks what trains on them.
            for word in [
                "PrivateDevices", "DevicePolicy", "ProtectClock", "MemoryDenyWriteExecute", "ProtectSystem",
            ] {
                #expect(!lines.contains { $0.hasPrefix(word) }, "\(word)")
            }
        }
    }

    @Test func `the account and the target are the scope's`() {
        #expect(unit(.controller, .system).text.contains("User=root\n"))
        #expect(!unit(.controller, .user).text.contains("User="))
        #expect(unit(.controller, .system).text.contains("WantedBy=multi-user.target"))
        #expect(unit(.controller, .user).text.contains("WantedBy=default.target"))
    }

    @Test func `words are written so that systemd reads them as they were`() {
        #expect(SystemdUnit.quoted(#"a "b" \ 100%"#) == #""a \"b\" \\ 100%%""#)
        #expect(SystemdUnit.quoted("$HOME", isCommand: true) == "\"$$HOME\"")
        #expect(SystemdUnit.quoted("$HOME") == "\"$HOME\"")
        #expect(
            !unit(.agent, .user, command: ["/x", "a\nExecStart=/evil"]).text.contains("\nExecStart=/evil")
        )
        #expect(!unit(.agent, .user, home: "/x\nUser=evil").text.contains("\nUser=evil"))
    }

    @Test func `a unit is written whole where its manager looks`() throws {
        let folder = "/tmp/sweep-unit-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let unit = unit(.controller, .user)
        #expect(
            unit.path(environment: ["HOME": "/h"]) == "/h/.config/systemd/user/sweep-controller.service")
        let environment = ["XDG_CONFIG_HOME": folder]
        let next = try unit.install(environment: environment)
        #expect(next.contains("systemctl --user enable --now sweep-controller"))
        let written = try #require(
            FileManager.default.contents(atPath: unit.path(environment: environment)))
        #expect(String(decoding: written, as: UTF8.self) == unit.text)
    }

    private static let analyzer = "/usr/bin/systemd-analyze"

    @Test(.enabled(if: access(analyzer, X_OK) == 0)) func `systemd finds nothing wrong with them`()
        throws
    {
        let folder = "/tmp/sweep-verify-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for kind in [SystemdUnit.Kind.controller, .agent] {
            for scope in SystemdUnit.Scope.allCases {
                let unit = unit(kind, scope, command: ["/bin/true", "a b", "100%", "$HOME", "\"quoted\""])
                let path = "\(folder)/\(unit.fileName)"
                try Data(unit.text.utf8).write(to: URL(filePath: path))
                let output = try #require(popen("\(Self.analyzer) verify --man=no \(path) 2>&1", "r"))
                var bytes = [UInt8](repeating: 0, count: 1 << 16)
                let count = fread(&bytes, 1, bytes.count, output)
                let status = pclose(output)
                let complaints = String(decoding: bytes.prefix(count), as: UTF8.self)
                    .split(separator: "\n").filter { $0.contains(unit.fileName) }
                #expect(
                    complaints.isEmpty && (status == 0 || count == 0 || complaints.isEmpty), "\(complaints)")
            }
        }
    }
}
