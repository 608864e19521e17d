import SweepModel
import SweepWire
import Testing

@testable import SweepController

@Suite struct TwinTests {
    @Test func `a second agent with the same state folder is refused while the first one lives`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.heartbeat = 0.2 }
        try await withController(configure: configure) { controller in
            let client = try await controller.client()
            _ = try await TestSweep.create(client, TestSweep.grid(2))
            let first = try await FakeAgent(controller, incarnation: "a")
            try await first.say(.ready(slot: 0))
            let attempt = try await first.assignment().attempt
            let beats = Task {
                while !Task.isCancelled {
                    try await first.say(.heartbeat([attempt]))
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            let error = await #expect(throws: SweepError.self) {
                _ = try await FakeAgent(controller, incarnation: "b")
            }
            #expect(error != nil)
            beats.cancel()
            #expect(!first.peer.isClosed)
        }
    }

    @Test func `the next start of an agent whose connection is dead takes over`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.heartbeat = 0.2 }
        try await withController(configure: configure) { controller in
            let first = try await FakeAgent(controller, incarnation: "a")
            // Not a word more comes of it, and nobody has closed its connection.
            let second = try await FakeAgent(controller, incarnation: "b")
            #expect(second.welcome.kill.isEmpty)
            try await eventually("the older connection is closed") { first.peer.isClosed }
        }
    }

    @Test func `the next start of an agent that is still heard of, though it is dead, takes over at once`() async throws
    {
        let configure: (inout ControllerConfiguration) -> Void = { $0.heartbeat = 0.2 }
        try await withController(configure: configure) { controller in
            let first = try await FakeAgent(controller, incarnation: "a")
            // What was on its way when it was killed, over a slow network.
            let beats = Task {
                while !Task.isCancelled {
                    try await first.say(.heartbeat([]))
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            _ = try await FakeAgent(controller, incarnation: "c", replaces: ["b", "a"])
            try await eventually("the older connection is closed") { first.peer.isClosed }
            beats.cancel()
        }
    }

    @Test func `an agent that was started again is let in at once`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.heartbeat = 60 }
        try await withController(configure: configure) { controller in
            let first = try await FakeAgent(controller, incarnation: "a")
            try await first.peer.close()
            _ = try await FakeAgent(controller, incarnation: "b")
        }
    }

    @Test func `a folder on a file server is refused with the reason`() throws {
        let mounts = """
            24 1 254:0 / / rw shared:1 - ext4 /dev/vda rw
            30 24 0:26 / /data rw shared:9 - nfs4 server:/data rw,vers=4.2
            31 30 8:1 / /data/local\\040disk rw - xfs /dev/sda1 rw

            """
        let error = #expect(throws: SweepError.self) { try NetworkFolder.refuse("/data/me/.sweep", mounts: mounts) }
        #expect(error?.message.contains("on a file server (nfs4)") == true)
        #expect(error?.remedy?.contains("local disk") == true)
        try NetworkFolder.refuse("/data/local disk/x", mounts: mounts)
        try NetworkFolder.refuse("/database", mounts: mounts)
        try NetworkFolder.refuse("/tmp")
        #expect(WriteAheadLog.note(bytes: 300 << 20)?.contains("300 MiB") == true)
        #expect(WriteAheadLog.note(bytes: 1 << 20) == nil)
    }
}
