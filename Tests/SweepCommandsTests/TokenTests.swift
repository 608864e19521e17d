import Glibc
import SweepModel
import SweepTrust
import SweepWire
import Testing

@testable import SweepCommands

/// `sweep token`, `join`, `login` and `logout`.
@Suite struct TokenTests {
    @Test func `a new token is the only thing on standard output`() async throws {
        let (ran, requests) = try await ask(["token", "new", "--agent", "--label", "gpu 1"])
        #expect(ran.code == 0)
        #expect(ran.output == "swa_\(Fixtures.secret)\n")
        #expect(!ran.talk.contains(Fixtures.secret))
        #expect(requests == [.makeToken(.agent, label: "gpu 1")])
        for arguments in [
            ["token", "new"], ["token", "new", "--agent", "--user"], ["token", "revoke"],
        ] {
            #expect(await run(arguments).code == 64)
        }
    }

    @Test func `tokens are listed without their secret`() async throws {
        let (table, _) = try await ask(["token", "list"])
        #expect(table.output.contains("gpu-box") && table.output.contains("revoked"))
        let (json, _) = try await ask(["token", "list", "--json"])
        guard case .list(let tokens)? = try JSONParser.parse(json.output)["tokens"] else {
            Issue.record("no tokens")
            return
        }
        #expect(tokens.first?["connections"] == 2)
        #expect(tokens.last?["revoked"] == .string("2025-11-24T15:59:30.000Z"))
        let (revoked, requests) = try await ask(["token", "revoke", "a", "b"])
        #expect(revoked.code == 0)
        #expect(requests == [.revokeToken(id: "a"), .revokeToken(id: "b")])
    }

    @Test func `join prints a line that an agent takes, and says where it is of no use`() async throws {
        let (ran, requests) = try await ask(["join", "--label", "box"])
        let line = try JoinLine.parse(String(ran.output.dropLast()), role: .agent)
        #expect(line.token == "swa_\(Fixtures.secret)")
        #expect(line.fingerprint.text == Fixtures.fingerprint)
        #expect(line.address == "127.0.0.1:7733")
        #expect(ran.talk.contains("warning"))
        #expect(requests == [.status, .makeToken(.agent, label: "box")])
        let (user, _) = try await ask(["join", "--user", "--address", "gpu1"])
        #expect(try JoinLine.parse(String(user.output.dropLast()), role: .user).address == "gpu1:7733")
        let (port, _) = try await ask(["join", "--address", "[fe80::1]:99", "--json"])
        #expect(try JSONParser.parse(port.output)["address"] == "[fe80::1]:99")
    }

    @Test func `an address on another machine is not spoken to without TLS`() async {
        let ran = await run(["list", "--controller", "192.0.2.1:7733"])
        #expect(ran.code == 64)
        #expect(ran.talk.contains("sweep join --user"))
    }

    @Test func `login keeps the line, logout forgets it`() async throws {
        let home = SweepHome(path: "/tmp/sweep-login-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
        #expect(mkdir(home.path, 0o700) == 0)
        defer {
            unlink(home.path + "/joined.json")
            rmdir(home.path)
        }
        var joined = Joined()
        let fingerprint = try #require(Fingerprint(Fixtures.fingerprint))
        joined.user = JoinLine(
            token: "swu_" + Fixtures.secret, host: "127.0.0.1", port: 1, fingerprint: fingerprint)
        try joined.write(home)
        // Nobody answers there, which shows that it is asked.
        let ran = await run(["list"], environment: ["SWEEP_HOME": home.path])
        #expect(ran.code == 69)
        #expect(ran.talk.contains("127.0.0.1:1"))
        #expect(await run(["logout"], environment: ["SWEEP_HOME": home.path]).code == 0)
        #expect(try Joined.read(home).user == nil)
        let wrong = await run(["login", "sweep://nonsense"], environment: ["SWEEP_HOME": home.path])
        #expect(wrong.code == 64)
        #expect(try Joined.read(home).user == nil)
    }
}
