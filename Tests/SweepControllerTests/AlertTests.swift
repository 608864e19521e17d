import Foundation
import Glibc
import NIOSSL
import SweepModel
import SweepWire
import Testing

@testable import SweepController

/// Alerts from the trial that causes them to the server that is told, over real HTTP.
@Suite struct AlertTests {
    /// A grid of two with `notify`, one trial of which is run to its end. Retries come at once.
    private func run(
        _ notify: String, home: SweepHome? = nil, ends: Int = 2, code: Int = 0,
        configure: (inout ControllerConfiguration) -> Void = { _ in },
        _ body: (TestController, TestPeer, SweepID) async throws -> Void
    ) async throws {
        try await withController {
            $0.alertPauses = [0.01, 0.01, 0.01]
            $0.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "SWEEP_TOKEN": "secret"]
            configure(&$0)
        } _: { controller in
            let client = try await controller.client()
            let sweep = try await TestSweep.create(client, TestSweep.grid(2) + "notify:\n\(notify)\n", name: "mine")
            let agent = try await FakeAgent(controller)
            for _ in 0..<ends {
                try await agent.say(.ready(slot: 0))
                let attempt = try await agent.assignment().attempt
                try await agent.say(
                    FakeAgent.started(attempt),
                    FakeAgent.report(attempt, 2, ["loss": 1 / Double(attempt.trial.number)], step: 1),
                    FakeAgent.ended(attempt, 3, exit: code))
                try await agent.acknowledged(attempt, 3)
            }
            try await body(controller, client, sweep)
        }
    }

    private func alerts(_ client: TestPeer) async throws -> [AlertRow] {
        try await client.ask(.show(sweep: "mine"), SweepRow.self).first?.alerts ?? []
    }

    private func outcomes(_ client: TestPeer, _ count: Int = 1) async throws -> [String] {
        try await eventually("\(count) alerts are settled") {
            let rows = try await alerts(client)
            return rows.count == count && rows.allSatisfy { $0.outcome != nil }
        }
        return try await alerts(client).reversed().flatMap { $0.outcome ?? [] }
    }

    @Test func `the end of a sweep is posted as one JSON object`() async throws {
        let server = try await WebhookServer()
        try await run("  - {webhook: '\(server.url("/a?b=c"))', on: [finished, new_best], every: 0}") {
            _, client, sweep in
            let outcomes = try await outcomes(client, 2)
            #expect(outcomes == Array(repeating: "webhook 127.0.0.1:\(server.port)/…: told", count: 2))
            let request = try #require(server.requests.first { $0.json?["kind"] == "finished" })
            #expect(request.method == "POST" && request.path == "/a?b=c" && request.type == "application/json")
            #expect(request.host == "127.0.0.1:\(server.port)")
            let json = try #require(request.json)
            #expect(
                json["id"] == .string("\(sweep)!2") && json["sweep"] == .string(sweep.text) && json["name"] == "mine")
            #expect(json["text"]?.string?.contains("best loss 0.5 (trial 2)") == true)
            #expect(json["page"]?.string?.hasSuffix("/sweeps/\(sweep)") == true)
            let best = try #require(server.requests.first { $0.json?["kind"] == "new_best" }?.json)
            #expect(best["trial"] == .string("\(sweep)-2"))
        }
        try await server.close()
    }

    @Test func `a server that is away, silent or busy is tried again until it takes it`() async throws {
        let server = try await WebhookServer([
            .status(503), .hangUp, .status(429, retryAfter: "0"), .status(204),
        ])
        try await run("  - {webhook: '\(server.url())', on: finished}") { _, client, _ in
            let outcomes = try await outcomes(client)
            #expect(outcomes == ["webhook 127.0.0.1:\(server.port)/…: told at try 4"])
            #expect(Set(server.requests).count == 1)
            #expect(server.requests.count == 4)
        }
        try await server.close()
    }

    @Test func `a refusal is final, and a server that stays away is given up with the reason`() async throws {
        let refusing = try await WebhookServer([.status(404)])
        let broken = try await WebhookServer([.status(500)])
        let gone = try await WebhookServer()
        try await gone.close()
        let notify = [refusing, broken, gone].map { "  - {webhook: '\($0.url("/secret"))', on: finished}" }
        try await run(notify.joined(separator: "\n")) { _, client, _ in
            let outcomes = try await outcomes(client)
            #expect(
                outcomes == [
                    "webhook 127.0.0.1:\(refusing.port)/…: not told: HTTP status 404",
                    "webhook 127.0.0.1:\(broken.port)/…: given up after 4 tries: HTTP status 500",
                    "webhook 127.0.0.1:\(gone.port)/…: given up after 4 tries: it cannot be reached",
                ])
            #expect(refusing.requests.count == 1)
            #expect(broken.requests.count == 4)
        }
        for server in [refusing, broken] { try await server.close() }
    }

    @Test func `a server that never answers is not waited for`() async throws {
        let server = try await WebhookServer([.silence])
        var client = WebhookClient()
        client.timeout = 0.1
        let address = try #require(WebAddress(server.url()))
        let failure = await #expect(throws: WebhookClient.Failure.self) {
            _ = try await client.post(address, [], type: "text/plain")
        }
        #expect(failure?.reason == "no answer within 1 s")
        try await server.close()
    }

    @Test(arguments: [("7", 7.0), ("-3", 0), ("1e300", 600), ("inf", 600), ("nan", nil), ("soon", nil)])
    func `a server says when it wants to be asked again, within bounds`(header: String, seconds: Double?) async throws {
        let server = try await WebhookServer([.status(503, retryAfter: header)])
        let address = try #require(WebAddress(server.url()))
        let answer = try await WebhookClient().post(address, [], type: "text/plain")
        #expect(answer == WebhookClient.Answer(status: 503, retryAfter: seconds))
        try await server.close()
    }

    @Test func `Slack gets its text, in which a trial's words are only words`() async throws {
        let alert = AlertRecord(
            sweep: SweepID("s"), number: 1, kind: .failed, trial: 3, text: "<b> & \u{1B}[31m\"x\"\n",
            time: Timestamp(milliseconds: 0))
        let message = AlertMessage(alert: alert, name: "<mine>", page: "http://h/sweeps/s", heldBack: 2)
        let slack = try JSONParser.parse(message.slack)
        #expect(slack.members?.map(\.key) == ["text"])
        #expect(
            slack["text"]
                == "*&lt;mine&gt; (s)*: &lt;b&gt; &amp;  [31m\"x\"  (and 2 alerts before it, held back)\n<http://h/sweeps/s|s>"
        )
        let json = try JSONParser.parse(message.json)
        #expect(json["text"] == "<b> &  [31m\"x\"  (and 2 alerts before it, held back)")
        #expect(json["held_back"] == 2 && json["time"] == "1970-01-01T00:00:00.000Z" && json["trial"] == "s-3")
    }

    @Test func `a command has the alert in its variables, and no secret`() async throws {
        let folder = NSTemporaryDirectory() + "sweep-alert-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let script = "printf %s \"$SWEEP_ALERT_JSON\" > \(folder)/json; env > \(folder)/env"
        let notify = """
              - {command: [sh, -c, '\(script)'], on: finished}
              - {command: [sh, -c, 'exit 3'], on: finished}
              - {command: [no-such-program-here], on: finished}
            """
        try await run(notify) { _, client, sweep in
            let outcomes = try await outcomes(client)
            #expect(
                outcomes == [
                    "command sh: told", "command sh: given up after 4 tries: exit code 3",
                    "command no-such-program-here: not told: it cannot be started (127)",
                ])
            let input = try JSONParser.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: folder + "/json"))))
            #expect(input["id"] == .string("\(sweep)!1"))
            let variables = try String(contentsOfFile: folder + "/env", encoding: .utf8)
            #expect(variables.contains("SWEEP_ALERT_KIND=finished") && variables.contains("SWEEP_ALERT_NAME=mine"))
            #expect(!variables.contains("SWEEP_TOKEN"))
        }
    }

    @Test func `a command that takes too long is ended with all that it has started`() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "alert-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        var sender = AlertSender(mayRun: true, environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""])
        sender.commandTime = 1
        let alert = AlertRecord(
            sweep: SweepID("abcd2345"), number: 1, kind: .test, text: "", time: SystemClock.now().wall)
        let outcome = await sender.send(
            AlertMessage(alert: alert, name: nil, page: nil, heldBack: 0),
            to: .command(["sh", "-c", "sleep 1000 & echo $! > '\(file)'; wait"]))
        #expect(outcome == .again("it took longer than 1 s and was ended"))
        let child = try #require(Int32(try String(contentsOfFile: file, encoding: .utf8).dropLast()))
        try await eventually("the program's own child is gone") { kill(child, 0) != 0 || isZombie(child) }
    }

    /// Nobody here waits for what was re-parented.
    private func isZombie(_ process: Int32) -> Bool {
        let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return status?.contains(") Z") == true
    }

    @Test func `a controller that others reach takes no file with a command, unless it is told to`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.allowsAlertCommands = false }
        try await withController(configure: configure) { controller in
            let client = try await controller.client()
            let error = await #expect(throws: SweepError.self) {
                _ = try await TestSweep.create(client, TestSweep.grid(2) + "notify: {command: [true]}\n", name: "mine")
            }
            #expect(error?.category == .denied && error?.remedy?.contains("--notify-commands") == true)
            #expect(try await client.ask(.list, SweepRow.self).isEmpty)
            _ = try await TestSweep.create(client, TestSweep.grid(2), name: "mine")
            var edit = EditRequest(key: "k")
            edit.yaml = TestSweep.grid(2) + "notify: {command: [true]}\n"
            await #expect(throws: SweepError.self) {
                _ = try await client.ask(.edit(sweep: "mine", edit), EditedSweep.self)
            }
        }
        var configuration = ControllerConfiguration(home: SweepHome(path: "/h"))
        #expect(configuration.runsAlertCommands)
        configuration.host = "0.0.0.0"
        #expect(!configuration.runsAlertCommands)
        configuration.allowsAlertCommands = true
        #expect(configuration.runsAlertCommands)
    }

    @Test func `what comes too soon is held back and counted, but for the end`() async throws {
        let server = try await WebhookServer()
        try await run("  - {webhook: '\(server.url())', on: [failed, finished], every: 1h}", code: 1) { _, client, _ in
            let outcomes = try await outcomes(client, 3)
            #expect(outcomes.count { $0.hasSuffix(": told") } == 2)
            #expect(outcomes.count { $0.hasSuffix("held back, another was told less than 3600 s before") } == 1)
            #expect(server.requests.count == 2)
            let last = try #require(server.requests.first { $0.json?["kind"] == "finished" }?.json)
            #expect(last["held_back"] == 1)
        }
        try await server.close()
    }

    @Test func `what a controller leaves untold the next one tells`() async throws {
        let server = try await WebhookServer([.silence])
        let first = try await TestController { $0.alertPauses = [] }
        defer { first.remove() }
        var client = try await first.client()
        let notify = "notify: {webhook: '\(server.url())', on: finished}\n"
        let sweep = try await TestSweep.create(client, TestSweep.grid(1) + notify, name: "mine")
        let agent = try await FakeAgent(first)
        try await agent.say(.ready(slot: 0))
        let attempt = try await agent.assignment().attempt
        try await agent.say(
            FakeAgent.started(attempt), FakeAgent.report(attempt, 2, ["loss": 1], step: 1),
            FakeAgent.ended(attempt, 3))
        try await eventually("it is being told") { server.requests.count == 1 }
        #expect(try await alerts(client).map(\.outcome) == [nil])
        try await first.stop()
        try await server.close()

        // Another server at the same address is more than a test can count on: the file gets a new one.
        let second = try await WebhookServer()
        let controller = try await TestController(home: first.home)
        client = try await controller.client()
        try await eventually("it is told or tried") { second.requests.isEmpty }
        var edit = EditRequest(key: "k")
        edit.yaml = TestSweep.grid(1) + "notify: {webhook: '\(second.url())', on: finished}\n"
        _ = try await client.ask(.edit(sweep: sweep.text, edit), EditedSweep.self)
        try await controller.stop()
        let third = try await TestController(home: first.home)
        client = try await third.client()
        let outcomes = try await outcomes(client)
        #expect(outcomes == ["webhook 127.0.0.1:\(second.port)/…: told"])
        #expect(second.requests.first?.json?["id"] == .string("\(sweep)!1"))
        try await third.stop()
        try await second.close()
    }

    @Test func `a test goes to every target and says what came back`() async throws {
        let server = try await WebhookServer()
        let refusing = try await WebhookServer([.status(403)])
        let notify = """
              - {webhook: '\(server.url())', on: gpu_hot}
              - {webhook: '\(refusing.url())', format: slack}
              - {webhook: '${envvar:NO_SUCH_HOOK}'}
            """
        try await run(notify, ends: 0) { _, client, _ in
            let told = try await client.ask(.testAlert(sweep: "mine"), ToldAlert.self).first?.outcome
            #expect(
                told == [
                    "webhook 127.0.0.1:\(server.port)/…: told",
                    "slack webhook 127.0.0.1:\(refusing.port)/…: not told: HTTP status 403",
                    "webhook ${envvar:NO_SUCH_HOOK}: not told: the controller has no environment variable NO_SUCH_HOOK",
                ])
            #expect(server.requests.map { $0.json?["kind"] } == ["test"])
            // No alert of the sweep's.
            #expect(try await alerts(client).isEmpty)
            _ = try await TestSweep.create(client, TestSweep.grid(1), name: "silent")
            let error = await #expect(throws: SweepError.self) {
                _ = try await client.ask(.testAlert(sweep: "silent"), ToldAlert.self)
            }
            #expect(error?.category == .conflict)
        }
        for server in [server, refusing] { try await server.close() }
    }

    private static let openssl = "/usr/bin/openssl"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: openssl), "no openssl here to make a certificate"))
    func `https is spoken with a server whose certificate is trusted, and with no other`() async throws {
        let folder = NSTemporaryDirectory() + "sweep-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let making = Process()
        making.executableURL = URL(fileURLWithPath: Self.openssl)
        making.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", folder + "/key.pem", "-out", folder + "/certificate.pem",
        ]
        making.standardError = FileHandle.nullDevice
        try making.run()
        making.waitUntilExit()
        let tls = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(folder + "/certificate.pem").map {
                    .certificate($0)
                },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: folder + "/key.pem", format: .pem))))
        let server = try await WebhookServer(tls: tls)
        let address = try #require(WebAddress("https://localhost:\(server.port)/hook"))
        var client = WebhookClient()
        let failure = await #expect(throws: WebhookClient.Failure.self) {
            _ = try await client.post(address, [], type: "text/plain")
        }
        #expect(failure?.reason.contains("TLS") == true)
        #expect(server.requests.isEmpty)
        client.authorities = folder + "/certificate.pem"
        #expect(try await client.post(address, Array("{}".utf8), type: "application/json").status == 200)
        #expect(server.requests.map(\.body) == ["{}"])
        try await server.close()
    }
}
