import HTTPTypes
import Hummingbird
import HummingbirdCore
import SweepModel
import Synchronization
import Testing

@testable import SweepDashboard

@Suite struct AccessTests {
    @Test(arguments: [
        "/api/v1/sweeps", "/api/v1/sweeps/bcdfghjk", "/api/v1/sweeps/bcdfghjk/trials.csv", "/api/v1/agents",
    ])
    func `without the token nothing of a run is told`(path: String) async throws {
        let desk = try TestDesk(trials: 1)
        #expect(try await desk.ask(path, headers: [:]).status == 401)
        #expect(try await desk.ask(path, headers: ["Authorization": "Bearer wrong"]).status == 401)
        #expect(try await desk.ask(path).status == 200)
    }

    @Test func `the token becomes a cookie that no script reads`() async throws {
        let desk = try TestDesk()
        let refused = try await desk.ask("/api/v1/session", .post, headers: [:], body: #"{"token":"wrong"}"#)
        #expect(refused.status == 401)
        #expect(refused.headers[.setCookie] == nil)
        let accepted = try await desk.ask(
            "/api/v1/session", .post, headers: [:], body: "{\"token\":\"\(TestDesk.token)\"}")
        #expect(accepted.status == 204)
        let cookie = try #require(accepted.headers[.setCookie])
        #expect(cookie.contains("HttpOnly"))
        #expect(cookie.contains("SameSite=Lax"))
        #expect(!cookie.contains(TestDesk.token))
        let pair = String(cookie.prefix { $0 != ";" })
        #expect(try await desk.ask("/api/v1/sweeps", headers: ["Cookie": "other=1; \(pair)"]).status == 200)
    }

    @Test func `a body of any length is answered`() async throws {
        let desk = try TestDesk()
        let body = String(repeating: "x", count: 1 << 20)
        #expect(try await desk.ask("/api/v1/session", .post, headers: [:], body: body).status == 413)
    }

    @Test func `another name of this machine's address is refused`() async throws {
        let desk = try TestDesk()
        #expect(try await desk.ask("/api/v1/sweeps", host: "evil.example:7734").status == 421)
        #expect(try await desk.ask("/", host: "evil.example").status == 421)
        #expect(try await desk.ask("/api/v1/sweeps", host: "localhost:9000").status == 200)
        #expect(try await desk.ask("/api/v1/sweeps", host: "[::1]:7734").status == 200)
    }

    @Test func `another site's page changes nothing`() async throws {
        let desk = try TestDesk()
        let path = "/api/v1/sweeps/bcdfghjk/actions/pause"
        let token = ["Authorization": "Bearer \(TestDesk.token)"]
        for origin in ["https://evil.example", "http://127.0.0.1:8000", "null"] {
            let answer = try await desk.ask(path, .post, headers: token.merging(["Origin": origin]) { a, _ in a })
            #expect(answer.status == 403)
        }
        let cross = try await desk.ask(
            path, .post, headers: token.merging(["Sec-Fetch-Site": "cross-site"]) { a, _ in a })
        #expect(cross.status == 403)
        #expect(desk.backend.acted.withLock { $0 }.isEmpty)
        let own = try await desk.ask(
            path, .post, headers: token.merging(["Origin": "http://127.0.0.1:7734"]) { a, _ in a })
        #expect(own.status == 204)
        #expect(desk.backend.acted.withLock { $0 } == [.pause(TestDesk.sweep)])
    }

    @Test func `a link reads its sweep and nothing else`() async throws {
        let desk = try TestDesk(trials: 2)
        let link = try #require(try await desk.ask("/api/v1/sweeps/bcdfghjk").json["link"]?.string)
        let own = try await desk.ask("/api/v1/sweeps/bcdfghjk?key=\(link)", headers: [:])
        #expect(own.status == 200)
        #expect(own.json["mayAct"] == .bool(false))
        #expect(own.json["link"] == nil)
        #expect(try await desk.ask("/api/v1/sweeps/bcdfghjk/trials.csv?key=\(link)", headers: [:]).status == 200)
        #expect(try await desk.ask("/api/v1/sweeps?key=\(link)", headers: [:]).status == 403)
        #expect(
            try await desk.ask("/api/v1/sweeps/bcdfghjk/actions/stop?key=\(link)", .post, headers: [:]).status == 403)
        let other = link.replacing("bcdfghjk.", with: "bcdfghjx.")
        #expect(try await desk.ask("/api/v1/sweeps/bcdfghjk?key=\(other)", headers: [:]).status == 401)
        #expect(desk.backend.acted.withLock { $0 }.isEmpty)
    }

    @Test(arguments: ["/", "/sweeps/bcdfghjk", "/static/app.js", "/api/v1/sweeps", "/nothing/here", "/api/v1"])
    func `every answer forbids what is not ours`(path: String) async throws {
        let answer = try await TestDesk().ask(path)
        let policy = try #require(answer.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'"))
        #expect(!policy.contains("unsafe"))
        #expect(answer.headers[.xContentTypeOptions] == "nosniff")
    }

    @Test(arguments: [
        "/static/../token", "/static/..%2F..%2Ftoken", "/static/%00", "/sweeps/a/b/c/d", "/api/v1/sweeps/%ff",
    ])
    func `no address leads out of the pages`(path: String) async throws {
        #expect([400, 404].contains(try await TestDesk().ask(path).status))
    }

    @Test func `pages are bounded in number`() async throws {
        let desk = try TestDesk(trials: 1)
        _ = await desk.respond("/api/v1/sweeps/bcdfghjk/events")
        _ = await desk.respond("/api/v1/sweeps/bcdfghjk/events")
        #expect(await desk.respond("/api/v1/sweeps/bcdfghjk/events").status.code == 503)
    }
}
