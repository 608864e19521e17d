import Glibc
import SweepModel
import SweepWire
import Testing

@testable import SweepCommands

@Suite struct DoctorTests {
    /// A home of one test, removed by it.
    private func withHome(_ body: (SweepHome) async throws -> Void) async throws {
        let home = SweepHome(path: "/tmp/sweep-doctor-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
        #expect(mkdir(home.path, 0o700) == 0)
        defer {
            unlink(home.tokenFile)
            rmdir(home.path)
        }
        try await body(home)
    }

    @Test func `a good machine has no problem, and each finding its words`() async throws {
        try await withHome { home in
            let findings = MachineCheckup(home: home).findings()
            #expect(!findings.contains { $0.state == .problem && $0.name != "disk" }, "\(findings)")
            #expect(
                Set(findings.map(\.name)).isSuperset(of: ["home", "disk", "secrets", "clock", "open files"])
            )
            #expect(findings.allSatisfy { $0.state == .ok || $0.remedy != nil })
        }
    }

    @Test func `the file system is that of the nearest mount`() {
        let mounts = """
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
            30 22 0:50 / /home rw shared:2 master:3 - nfs4 server:/home rw
            31 30 0:51 / /home/a\\040b rw - xfs /dev/sdb rw
            broken line
            """
        #expect(MachineCheckup.fileSystem(of: "/var/x", mounts: mounts) == "ext4")
        #expect(MachineCheckup.fileSystem(of: "/home/x/.sweep", mounts: mounts) == "nfs4")
        #expect(MachineCheckup.fileSystem(of: "/homes", mounts: mounts) == "ext4")
        #expect(MachineCheckup.fileSystem(of: "/home/a b/c", mounts: mounts) == "xfs")
        #expect(MachineCheckup.fileSystem(of: "/x", mounts: "") == nil)
    }

    @Test func `a token that others may read is a problem, with the command that mends it`()
        async throws
    {
        try await withHome { home in
            try PrivateFile.write(Array("t".utf8), to: home.tokenFile)
            chmod(home.tokenFile, 0o644)
            let bad = try #require(MachineCheckup(home: home).findings().first { $0.name == "secrets" })
            #expect(bad.state == .problem)
            #expect(bad.text == "others may read token (mode 644)")
            #expect(bad.remedy?.contains("chmod 600 \(home.tokenFile)") == true)
            let ran = await run(
                ["doctor", "--json"], environment: ["SWEEP_HOME": home.path, "PATH": "/nonexistent"])
            #expect(ran.code == 1)
            let document = try JSONParser.parse(ran.output)
            #expect(document["ok"] == false)
            chmod(home.path, 0o777)
            #expect(MachineCheckup(home: home).findings().first?.state == .problem)
            chmod(home.path, 0o700)
        }
    }

    @Test func `a controller that answers, and one that does not, are told apart`() async throws {
        try await FakeController.with(answering: Fixtures.answer) { controller in
            let ran = await run(
                ["doctor"], environment: ["SWEEP_CONTROLLER": controller.address, "PATH": "/usr/bin:/bin"])
            #expect(ran.output.contains("answers at \(controller.address)"))
        }
        let ran = await run(["doctor"], environment: ["SWEEP_CONTROLLER": "127.0.0.1:1"])
        #expect(ran.code == 1)
        #expect(ran.output.contains("PROBLEM  controller"))
    }
}
