import Foundation
import NIOCore
import SweepModel
import SweepWire
import Testing

@testable import SweepController

/// What a peer may send, and that everybody else is served meanwhile.
@Suite struct HostilePeerTests {
    private func agentHello(_ controller: TestController, _ change: (inout AgentDescription) -> Void) -> Hello {
        var description = AgentDescription(
            id: AgentID("a"), incarnation: "i", name: "n", host: "h", pid: 1, slots: [SlotInfo(index: 0)])
        change(&description)
        return Hello(role: .agent, token: controller.agentToken, build: "test", agent: description)
    }

    /// Expects a refusal that contains `words`, and the end of the connection.
    private func expectRefusal(_ peer: TestPeer, _ words: String) async throws {
        guard case .refused(let reason) = try await peer.next() else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains(words), "\(reason)")
        try await eventually("the connection is closed") { peer.isClosed }
    }

    @Test(arguments: [
        "get / HTTP/1.1", "{}", "{\"kind\":\"ready\",\"slot\":0}", "{\"kind\":\"hello\"}", "\u{0}\u{1}", "",
        "{\"kind\":\"hello\",\"protocol\":9e99,\"role\":\"agent\",\"build\":\"x\"}",
        String(repeating: "[", count: 5_000),
    ])
    func `a peer that does not begin with hello is refused with the reason`(_ text: String) async throws {
        try await withController { controller in
            let peer = try await TestPeer(port: controller.file.port)
            try await peer.send(text: text)
            try await expectRefusal(peer, "hello")
            _ = try await controller.client()
        }
    }

    @Test func `a wrong token, an old protocol and an impossible agent are refused`() async throws {
        try await withController { controller in
            var old = Hello(role: .client, token: controller.token, build: "test")
            old.protocol = 0
            let hellos: [(Hello, String)] = [
                (Hello(role: .client, token: "wrong", build: "test"), "token"),
                (Hello(role: .client, token: nil, build: "test"), "token"), (old, "protocol"),
                (Hello(role: .agent, token: controller.agentToken, build: "test"), "'agent'"),
                (agentHello(controller) { $0.slots = [] }, "slots"),
                (agentHello(controller) { $0.slots = (0..<2_000).map { SlotInfo(index: $0) } }, "slots"),
                (agentHello(controller) { $0.slots = [SlotInfo(index: 5)] }, "numbered"),
                (agentHello(controller) { $0.slots += (1..<9).map { SlotInfo(index: $0, standbyFor: 0) } }, "standbys"),
                (agentHello(controller) { $0.slots[0].standbyFor = 0 }, "slots"),
                (agentHello(controller) { $0.slots += [SlotInfo(index: 1, standbyFor: 7)] }, "standby"),
                (agentHello(controller) { $0.id = AgentID("../../etc") }, "id"),
                (agentHello(controller) { $0.name = String(repeating: "x", count: 300) }, "name"),
            ]
            for (hello, words) in hellos {
                let peer = try await TestPeer(port: controller.file.port)
                try await peer.hello(hello)
                try await expectRefusal(peer, words)
            }
        }
    }

    @Test func `an agent with as many slots as it may have brings their standbys along`() async throws {
        try await withController { controller in
            let peer = try await TestPeer(port: controller.file.port)
            try await peer.hello(
                agentHello(controller) { description in
                    description.slots = (0..<3 * PeerRules.maximumSlots).map { index in
                        let primary = index % PeerRules.maximumSlots
                        return SlotInfo(index: index, standbyFor: index == primary ? nil : primary)
                    }
                })
            guard case .welcome = try await peer.next() else {
                Issue.record("not welcome")
                return
            }
        }
    }

    @Test func `a peer that says nothing, or never ends its line, is sent away`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.helloTimeout = 0.3 }
        try await withController(configure: configure) { controller in
            let silent = try await TestPeer(port: controller.file.port)
            let slow = try await TestPeer(port: controller.file.port)
            let drip = Task {
                while !slow.isClosed {
                    try? await slow.send(raw: [UInt8(ascii: "{")])
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            let client = try await controller.client()
            try await expectRefusal(silent, "in time")
            try await eventually("the slow one is closed") { slow.isClosed }
            await drip.value
            #expect(try await client.ask(.list, SweepRow.self).isEmpty)
        }
    }

    @Test func `garbage after hello is answered and skipped, until there is too much of it`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            try await client.send(text: "nonsense")
            guard case .agent(.error(let error)) = try await client.next() else {
                Issue.record("no error")
                return
            }
            #expect(error.message.contains("not JSON"))
            try await client.send(text: "{\"kind\":\"dance\",\"id\":7}")
            guard case .client(.failed(7, let unknown)) = try await client.next() else {
                Issue.record("no answer to the request")
                return
            }
            #expect(unknown.message.contains("unknown kind 'dance'"))
            try await client.send(.agent(.ready(slot: 0)))
            guard case .agent(.error) = try await client.next() else {
                Issue.record("no error")
                return
            }
            #expect(try await client.ask(.list, SweepRow.self).isEmpty)
        }
    }

    @Test func `a hundred bad lines in a row end the connection`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            for _ in 0..<100 { try? await client.send(text: "nonsense") }
            try await eventually("the connection is closed") { client.isClosed }
            _ = try await controller.client()
        }
    }

    @Test func `a line of over a mebibyte closes its own connection and no other`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let agent = try await FakeAgent(controller)
            try? await agent.peer.send(raw: [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20))
            try await eventually("the connection is closed") { agent.peer.isClosed }
            #expect(try await client.ask(.list, SweepRow.self).isEmpty)
        }
    }

    @Test func `impossible numbers change nothing`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(2))
            let agent = try await FakeAgent(controller)
            try await agent.say(.ready(slot: 0))
            let attempt = try await agent.assignment().attempt
            let max = Int.max
            for text in [
                "{\"kind\":\"ready\",\"slot\":-1}", "{\"kind\":\"ready\",\"slot\":\(max)}",
                "{\"kind\":\"ready\",\"slot\":1e300}",
                "{\"kind\":\"heartbeat\",\"attempts\":[{\"trial\":\"x-1\",\"attempt\":\(max)}]}",
                "{\"kind\":\"log\",\"attempt\":{\"trial\":\"\(sweep)-1\",\"attempt\":1},\"offset\":\(max),\"text\":\"x\"}",
                "{\"kind\":\"log\",\"attempt\":{\"trial\":\"\(sweep)-1\",\"attempt\":1},\"offset\":-5,\"text\":\"x\"}",
                "{\"kind\":\"log\",\"attempt\":{\"trial\":\"../../../x-1\",\"attempt\":1},\"offset\":0,\"text\":\"x\"}",
                "{\"kind\":\"log\",\"attempt\":{\"trial\":\"\(sweep)-1\",\"attempt\":99},\"offset\":0,\"text\":\"x\"}",
                "{\"kind\":\"ended\",\"attempt\":{\"trial\":\"\(sweep)-1\",\"attempt\":1},\"sequence\":\(max),\"end\":{\"started\":-\(max),\"ended\":\(max)}}",
                "{\"kind\":\"ended\",\"attempt\":{\"trial\":\"\(sweep)-1\",\"attempt\":1},\"sequence\":1,\"end\":{\"started\":1,\"ended\":2,\"signal\":-9223372036854775808}}",
                "{\"kind\":\"report\",\"attempt\":{\"trial\":\"\(sweep)-1\",\"attempt\":1},\"sequence\":\(max),\"reports\":[{\"time\":1,\"step\":\(max),\"metrics\":{\"loss\":NaN}}]}",
                "{\"kind\":\"report\",\"attempt\":{\"trial\":\"\(sweep)-1\",\"attempt\":-\(max)},\"sequence\":-\(max),\"reports\":[]}",
            ] {
                try await agent.peer.send(text: text)
            }
            try await agent.say(
                FakeAgent.started(attempt), FakeAgent.report(attempt, 2, ["loss": .infinity]),
                FakeAgent.ended(attempt, 3))
            try await agent.acknowledged(attempt, 3)
            #expect(!FileManager.default.fileExists(atPath: controller.home.runFolder(AttemptID(attempt.trial, 99))))
            #expect(try await client.ask(.trials(sweep: sweep.text, after: nil, states: nil), TrialRow.self).count == 1)
        }
    }

    @Test func `a client that never reads its answers is sent away`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.writeTimeout = 0.5 }
        try await withController(configure: configure) { controller in
            let client = try await controller.client()
            let padding = "# " + String(repeating: "x", count: 400_000)
            let sweep = try await TestSweep.create(client, TestSweep.grid(2, extra: padding))
            let deaf = try await TestPeer(port: controller.file.port, reads: false)
            try await deaf.hello(Hello(role: .client, token: controller.token, build: "test"))
            let flood = try (1...60).flatMap { try PeerLine.client(id: $0, .show(sweep: sweep.text)).line() }
            try? await deaf.send(raw: flood)
            // It reads nothing, so it learns of the end only by writing.
            try await eventually("the connection is closed") {
                try? await deaf.send(text: "{}")
                return deaf.isClosed
            }
            #expect(try await client.ask(.list, SweepRow.self).count == 1)
        }
    }

    @Test func `a client that never reads short answers is sent away, though it was not read for what it asked`()
        async throws
    {
        let configure: (inout ControllerConfiguration) -> Void = {
            ($0.writeTimeout, $0.maximumUnfinished) = (0.5, 2000)
        }
        try await withController(configure: configure) { controller in
            let deaf = try await TestPeer(port: controller.file.port, reads: false)
            try await deaf.hello(Hello(role: .client, token: controller.token, build: "test"))
            let line = try PeerLine.client(id: 1, .show(sweep: "none")).line()
            let piece = (0..<5000).flatMap { _ in line }
            let flood = Task { for _ in 0..<100 { try await deaf.send(raw: piece) } }
            try await eventually("the connection is closed") { deaf.isClosed }
            flood.cancel()
            _ = try? await flood.value
            _ = try await controller.client()
        }
    }

    @Test func `of many deaf clients some are sent away before too much waits for all together`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.maximumUnsentToAll = 2 << 20 }
        try await withController(configure: configure) { controller in
            let client = try await controller.client()
            let padding = "# " + String(repeating: "x", count: 400_000)
            let sweep = try await TestSweep.create(client, TestSweep.grid(2, extra: padding))
            var deaf: [TestPeer] = []
            for _ in 0..<24 {
                let peer = try await TestPeer(port: controller.file.port, reads: false)
                try await peer.hello(Hello(role: .client, token: controller.token, build: "test"))
                let flood = try (1...32).flatMap { try PeerLine.client(id: $0, .show(sweep: sweep.text)).line() }
                try? await peer.send(raw: flood)
                deaf.append(peer)
            }
            // Long before the 30 s of each are over.
            try await eventually("one of them is sent away") {
                for peer in deaf { try? await peer.send(text: "{}") }
                return deaf.contains(where: \.isClosed)
            }
            #expect(try await client.ask(.list, SweepRow.self).count == 1)
        }
    }

    @Test func `a flood waits in the peer's own socket while the disk is full`() async throws {
        let disk = Disk()
        try await withController(hooks: disk.hooks) { controller in
            let client = try await controller.client()
            _ = try await TestSweep.create(client, TestSweep.grid(2))
            let agent = try await FakeAgent(controller)
            disk.set(Disk.full)
            try await agent.say(.ready(slot: 0))
            let report = FakeAgent.report(
                AttemptID(TrialID(SweepID("x"), 1), 1), 1, [String(repeating: "m", count: 1_000): 1])
            let line = try PeerLine.agent(report).line()
            let piece = ByteBuffer(bytes: (0..<1_000).flatMap { _ in line })
            let flood = Task { for _ in 0..<14 { try await agent.peer.channel.writeAndFlush(piece) } }
            let finished = Task {
                try await flood.value
                return true
            }
            try await eventually("the peer cannot write any more") { !agent.peer.channel.isWritable }
            #expect(try await client.ask(.status, ControllerStatus.self).first?.problem != nil)
            disk.set(nil)
            #expect(try await finished.value)
            _ = try await agent.assignment()
        }
    }
}
