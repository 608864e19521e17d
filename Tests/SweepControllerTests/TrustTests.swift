import Foundation
import Glibc
import NIOCore
import SweepModel
import SweepTrust
import SweepWire
import Testing

@testable import SweepController

/// Who is let in, and over what.
@Suite struct TrustTests {
    /// An address of this machine that is not loopback; nil where it has none.
    private static let outside: String? = {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return nil }
        defer { freeifaddrs(first) }
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, Int32(address.pointee.sa_family) == AF_INET else { continue }
            var name = [CChar](repeating: 0, count: 64)
            guard getnameinfo(address, 16, &name, 64, nil, 0, Int32(NI_NUMERICHOST)) == 0 else { continue }
            let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if !text.hasPrefix("127.") { return text }
        }
        return nil
    }()

    private func pin(_ controller: TestController) throws -> Fingerprint {
        try #require(controller.file.fingerprint.flatMap { Fingerprint($0) })
    }

    private func hello(_ controller: TestController, _ role: Hello.Role = .client, token: String?) -> Hello {
        let agent = AgentDescription(
            id: AgentID("a"), incarnation: "i", name: "n", host: "h", pid: 1, slots: [SlotInfo(index: 0)])
        return Hello(role: role, token: token, build: "test", agent: role == .agent ? agent : nil)
    }

    private func expectRefusal(_ peer: TestPeer, _ words: String) async throws {
        guard case .refused(let reason) = try await peer.nextWord() else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains(words), "\(reason)")
        try await eventually("the connection is closed") { peer.isClosed }
    }

    @Test func `TLS with the right fingerprint is let in, on the port that takes plain connections too`() async throws {
        try await withController { controller in
            let peer = try await TestPeer(port: controller.file.port, pin: pin(controller))
            try await peer.hello(hello(controller, token: controller.token))
            guard case .welcome = try await peer.next() else {
                Issue.record("no welcome")
                return
            }
            #expect(try await peer.ask(.list, SweepRow.self).isEmpty)
            _ = try await controller.client()
        }
    }

    @Test func `another certificate is not accepted, and hears no token`() async throws {
        try await withController { controller in
            let stranger = try #require(Fingerprint(String(repeating: "00", count: 32)))
            let peer = try await TestPeer(port: controller.file.port, pin: stranger)
            try? await peer.hello(hello(controller, token: controller.token))
            try await eventually("the connection is closed") { peer.isClosed }
            #expect(peer.waiting == 0)
            let refusal = try #require(peer.tls?.refusal("here"))
            #expect(refusal.category == .denied)
            #expect(refusal.message.contains(try pin(controller).text))
        }
    }

    @Test(.enabled(if: outside != nil)) func `without TLS only this machine's loopback is served`() async throws {
        let outside = try #require(Self.outside)
        let open: (inout ControllerConfiguration) -> Void = { $0.host = "0.0.0.0" }
        try await withController(configure: open) { controller in
            let plain = try await TestPeer(host: outside, port: controller.file.port)
            try await plain.hello(hello(controller, token: controller.token))
            try await expectRefusal(plain, "only TLS")
            let secure = try await TestPeer(host: outside, port: controller.file.port, pin: pin(controller))
            try await secure.hello(hello(controller, token: controller.token))
            guard case .welcome = try await secure.next() else {
                Issue.record("no welcome")
                return
            }
            _ = try await controller.client()
            #expect(controller.file.host == "127.0.0.1")
        }
        let insecure: (inout ControllerConfiguration) -> Void = {
            $0.host = "0.0.0.0"
            $0.isInsecure = true
        }
        try await withController(configure: insecure) { controller in
            let plain = try await TestPeer(host: outside, port: controller.file.port)
            try await plain.hello(hello(controller, token: controller.token))
            guard case .welcome = try await plain.next() else {
                Issue.record("no welcome")
                return
            }
            #expect(try await plain.ask(.status, ControllerStatus.self).first?.insecure == true)
        }
    }

    @Test func `garbage in place of a handshake, and half of one, end their own connection only`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.helloTimeout = 0.4 }
        try await withController(configure: configure) { controller in
            let garbage = try await TestPeer(port: controller.file.port)
            try await garbage.send(
                raw: [0x16, 3, 1, 0xFF, 0xFF] + (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            let slow = try await TestPeer(port: controller.file.port)
            try await slow.send(raw: [0x16, 3, 1, 2, 0, 1, 0, 1])
            let drip = Task {
                while !slow.isClosed {
                    try? await slow.send(raw: [0])
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            let silent = try await TestPeer(port: controller.file.port, pin: pin(controller))
            for peer in [garbage, slow, silent] { try await eventually("it is closed") { peer.isClosed } }
            await drip.value
            _ = try await controller.client()
        }
    }

    @Test func `a token of one role is not good for the other, and an unknown one for none`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let agents = try await make(.agent, client)
            let users = try await make(.user, client)
            for (role, token, words) in [
                (Hello.Role.client, agents.secret, "an agent's"), (.agent, users.secret, "a person's"),
                (.client, controller.agentToken, "an agent's"), (.agent, controller.token, "a person's"),
                (.client, agents.secret + "x", "none of this controller's"), (.client, "", "none of this controller's"),
                (.agent, String(repeating: "x", count: 100_000), "none of this controller's"),
            ] {
                let peer = try await TestPeer(port: controller.file.port)
                try await peer.hello(hello(controller, role, token: token))
                try await expectRefusal(peer, words)
            }
            for (role, token) in [(Hello.Role.client, users.secret), (.agent, agents.secret)] {
                let peer = try await TestPeer(port: controller.file.port)
                try await peer.hello(hello(controller, role, token: token))
                guard case .welcome = try await peer.nextWord() else {
                    Issue.record("no welcome")
                    return
                }
            }
            let agent = try await TestPeer(port: controller.file.port)
            try await agent.hello(hello(controller, .agent, token: agents.secret))
            _ = try await agent.nextWord()
            try await agent.send(.client(id: 1, .list))
            guard case .agent(.error(let error)) = try await agent.nextWord() else {
                Issue.record("an agent's request was answered")
                return
            }
            #expect(error.message.contains("an agent makes no requests"))
        }
    }

    private func make(_ role: TokenRole, _ client: TestPeer, label: String? = nil) async throws -> NewToken {
        try #require(try await client.ask(.makeToken(role, label: label), NewToken.self).first)
    }

    @Test func `a revoked token loses its connections at once, and lets nobody in after a restart either`() async throws
    {
        let first = try await TestController()
        defer { first.remove() }
        let client = try await first.client()
        let made = try await make(.agent, client, label: "gpu box")
        let other = try await make(.agent, client)
        let lost = try await TestPeer(port: first.file.port)
        try await lost.hello(hello(first, .agent, token: made.secret))
        _ = try await lost.nextWord()
        let kept = try await FakeAgent(first)
        let rows = try await client.ask(.tokens, TokenRow.self)
        #expect(rows.map(\.id) == [made.row.id, other.row.id])
        #expect(rows.map(\.connections) == [1, 0])
        #expect(rows[0].label == "gpu box" && rows[0].lastUsed != nil && rows[1].lastUsed == nil)

        #expect(try await client.ask(.revokeToken(id: made.row.id), TokenRow.self).first?.revoked != nil)
        try await eventually("the agent is disconnected") { lost.isClosed }
        #expect(!kept.peer.isClosed)
        let again = try await TestPeer(port: first.file.port)
        try await again.hello(hello(first, .agent, token: made.secret))
        try await expectRefusal(again, "none of this controller's")
        for id in ["nobody", "local-user"] {
            await #expect(throws: SweepError.self) { try await client.ask(.revokeToken(id: id)) }
        }
        try await first.stop()

        let second = try await TestController(home: first.home)
        let after = try await TestPeer(port: second.file.port)
        try await after.hello(hello(second, .agent, token: made.secret))
        try await expectRefusal(after, "none of this controller's")
        let good = try await TestPeer(port: second.file.port)
        try await good.hello(hello(second, .agent, token: other.secret))
        guard case .welcome = try await good.nextWord() else {
            Issue.record("no welcome")
            return
        }
        #expect(second.file.fingerprint == first.file.fingerprint)
        try await second.stop()
    }

    @Test func `no file of the home but its owner's own holds a token, and none is readable by others`() async throws {
        let controller = try await TestController()
        defer { controller.remove() }
        let client = try await controller.client()
        let made = try await make(.user, client)
        let wrong = try await TestPeer(port: controller.file.port)
        let guess = "swu_" + String(repeating: "guess", count: 8)
        try await wrong.hello(hello(controller, token: guess))
        try await expectRefusal(wrong, "token")
        try await controller.stop()
        let files = try #require(FileManager.default.enumerator(atPath: controller.home.path)?.allObjects as? [String])
        #expect(files.contains("tokens.json") && files.contains("sweep.db") && files.contains("tls/key.pem"))
        for file in files {
            let path = controller.home.path + "/" + file
            guard let mode = FileFacts(path)?.mode, let data = FileManager.default.contents(atPath: path) else {
                continue
            }
            #expect(mode & 0o077 == 0, "\(file)")
            for secret in [made.secret, guess] { #expect(data.range(of: Data(secret.utf8)) == nil, "\(file)") }
        }
    }

    @Test func `a renewed certificate is another one for new connections`() async throws {
        try await withController { controller in
            let client = try await controller.client()
            let old = try pin(controller)
            let renewed = try #require(try await client.ask(.renewCertificate, RenewedCertificate.self).first)
            let fresh = try #require(Fingerprint(renewed.fingerprint))
            #expect(fresh != old)
            let stale = try await TestPeer(port: controller.file.port, pin: old)
            try? await stale.hello(hello(controller, token: controller.token))
            try await eventually("the connection is closed") { stale.isClosed }
            let peer = try await TestPeer(port: controller.file.port, pin: fresh)
            try await peer.hello(hello(controller, token: controller.token))
            guard case .welcome = try await peer.next() else {
                Issue.record("no welcome")
                return
            }
        }
    }

    @Test func `a key that others may read, and a damaged one, are not used`() async throws {
        let controller = try await TestController()
        defer { controller.remove() }
        try await controller.stop()
        chmod(controller.home.certificateKeyFile, 0o644)
        let open = await #expect(throws: SweepError.self) { try await TestController(home: controller.home) }
        #expect(open?.remedy?.contains("chmod 600") == true)
        try PrivateFile.write(Array("nonsense".utf8), to: controller.home.certificateKeyFile)
        let damaged = await #expect(throws: SweepError.self) { try await TestController(home: controller.home) }
        #expect(damaged?.message.contains("cannot be used") == true)
    }

    @Test func `a thousand wrong tokens keep no right one out`() async throws {
        try await withController { controller in
            var peers: [TestPeer] = []
            for _ in 0..<40 {
                let peer = try await TestPeer(port: controller.file.port)
                try await peer.hello(hello(controller, token: "wrong"))
                peers.append(peer)
            }
            _ = try await controller.client()
            #expect(peers.count { !$0.isClosed } > 0, "those beyond the burst wait for their refusal")
            for peer in peers { try await eventually("it is refused") { peer.isClosed } }
        }
    }

    @Test func `failures are counted by address, slowed, logged seldom, and forgotten`() {
        let limiter = FailureLimiter()
        let start = Instant(nanoseconds: 1_000_000_000)
        let first = (0..<10).map { _ in limiter.failed("a", now: start) }
        #expect(first.allSatisfy { $0 == .init(delay: 0, count: 1) })
        #expect(limiter.failed("a", now: start) == .init(delay: 1, count: nil))
        #expect(limiter.failed("b", now: start) == .init(delay: 0, count: 1))
        for _ in 0..<98 { _ = limiter.failed("a", now: start + 1) }
        #expect(limiter.failed("a", now: start + 61).count == 100)
        #expect(limiter.failed("a", now: start + 1000) == .init(delay: 0, count: 1))
        for number in 0..<10_000 { _ = limiter.failed("x\(number)", now: start + 2000) }
        #expect(limiter.count <= FailureLimiter.maximumAddresses)
        #expect(limiter.failed("new", now: start + 2000) == .init(delay: 1, count: nil))
        #expect(limiter.failed("new", now: start + 4000) == .init(delay: 0, count: 1))
    }

    @Test func `addresses are told apart`() throws {
        for (text, isLoopback, group) in [
            ("127.0.0.1", true, "127.0.0.1"), ("127.8.9.1", true, "127.8.9.1"), ("10.0.0.1", false, "10.0.0.1"),
            ("::1", true, "0:0:0:0:0:0:0:0"), ("::ffff:127.0.0.1", true, "127.0.0.1"),
            ("::ffff:10.0.0.1", false, "10.0.0.1"), ("2001:db8::7", false, "20:1:d:b8:0:0:0:0"),
        ] {
            let address = PeerAddress(try SocketAddress(ipAddress: text, port: 1))
            #expect(address.isLoopback == isLoopback, "\(text)")
            #expect(address.group == group)
        }
        #expect(!PeerAddress(nil).isLoopback)
        #expect(PeerAddress.isLoopback(host: "localhost") && !PeerAddress.isLoopback(host: "0.0.0.0"))
        #expect(!PeerAddress.isLoopback(host: "127.0.0.1.example.com"))
    }
}
