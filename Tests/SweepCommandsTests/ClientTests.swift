import SweepCommands
import SweepModel
import SweepWire
import Testing

@Suite struct ClientTests {
    private func connect<Result>(
        to controller: FakeController, reply: Duration = .seconds(20), _ body: (Client) async throws -> Result
    ) async throws -> Result {
        var limits = Client.Limits()
        limits.connect = min(reply, .seconds(5))
        limits.reply = reply
        return try await Client.connected(to: .parse(controller.address), limits: limits, body)
    }

    private func failure(
        greeting: FakeController.Greeting = .welcome, reply: Duration = .seconds(20),
        _ answer: @escaping @Sendable (ClientRequest) -> FakeController.Answer
    ) async throws -> SweepError? {
        try await FakeController.with(greeting: greeting, answering: answer) { controller in
            do {
                _ = try await connect(to: controller, reply: reply) { try await $0.items(.list, as: SweepRow.self) }
                return nil
            } catch let error as SweepError {
                return error
            }
        }
    }

    @Test func `an answer comes in order, request after request`() async throws {
        try await FakeController.with(answering: Fixtures.answer) { controller in
            try await connect(to: controller) { client in
                #expect(try await client.one(.show(sweep: "k"), as: SweepRow.self) == Fixtures.sweep())
                let rows = try await client.trialRows(.leaderboard(sweep: "k", top: 3))
                #expect(rows == Array(Fixtures.trials.prefix(3)))
            }
            #expect(controller.requests == [.show(sweep: "k"), .leaderboard(sweep: "k", top: 3)])
        }
    }

    @Test func `ten thousand rows arrive, more than may wait unread`() async throws {
        let rows = (1...10_000).map { Fixtures.item(Fixtures.trial($0, .completed, objective: Double($0))) }
        @Sendable func answer(_ request: ClientRequest) -> FakeController.Answer { .items(rows) }
        try await FakeController.with(answering: answer) { controller in
            let numbers = try await connect(to: controller, reply: .seconds(60)) { client in
                try await client.trialRows(.trials(sweep: "k", after: nil, states: nil)).map(\.number)
            }
            #expect(numbers == Array(1...10_000))
        }
    }

    @Test func `rows read by hand are the rows that Decodable gives`() throws {
        for row in Fixtures.trials + [Fixtures.trial(9, .completed, objective: .infinity, metrics: ["b": 1])] {
            let item = Fixtures.item(row)
            #expect(try TrialRow(item: item) == row)
            #expect(try JSONCoding.decode(TrialRow.self, from: item) == row)
        }
        let read = try TrialRow(item: Fixtures.item(Fixtures.trial(9, .completed, metrics: ["a": .nan])))
        #expect(read.metrics["a"]?.isNaN == true)
        #expect(throws: (any Error).self) { try TrialRow(item: ["id": "k-1", "state": "dreaming"]) }
    }

    @Test func `refused gives the reason, and 77`() async throws {
        let error = try await failure(greeting: .refused("the token is wrong")) { _ in .silent }
        #expect(error?.category == .denied)
        #expect(error?.message.contains("the token is wrong") == true)
    }

    @Test func `nobody listening gives 69 and says what to do`() async throws {
        let address = try await FakeController.with(answering: Fixtures.answer) { $0.address }
        let ran = await run(["list"], environment: ["SWEEP_CONTROLLER": address])
        #expect(ran.code == 69)
        #expect(ran.talk.hasPrefix("error: no controller answers at \(address)"))
        #expect(ran.talk.contains("help: "))
        #expect(ran.output.isEmpty)
    }

    @Test func `no controller at all names the home and the remedy`() async {
        let ran = await run(["list"])
        #expect(ran.code == 69)
        #expect(ran.talk.contains("/nonexistent/sweep-home"))
        #expect(ran.talk.contains("sweep controller start"))
    }

    @Test func `a connection that ends in the middle of an answer is an error`() async throws {
        let error = try await failure { _ in .cut([Fixtures.item(Fixtures.sweep())]) }
        #expect(error?.category == .unavailable)
        #expect(error?.message.contains("before its answer was complete") == true)
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "{\"kind\":\"nonsense\"}\n", "[]\n", "{}\n", "\u{0}\u{1b}\n"])
    func `garbage is an error, whether it greets or answers`(text: String) async throws {
        let greeted = try await failure(greeting: .bytes(Array(text.utf8))) { _ in .silent }
        #expect(greeted?.category == .unavailable)
        let answered = try await failure { _ in .bytes(Array(text.utf8)) }
        #expect(answered?.category == .unavailable)
        #expect(answered?.message.contains("\u{1b}") == false)
    }

    @Test func `a line without end is an error, not memory`() async throws {
        let error = try await failure { _ in .bytes([UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)) }
        #expect(error?.message.contains("does not understand") == true)
    }

    @Test func `silence ends after the limit`() async throws {
        let late = try await failure(reply: .milliseconds(200)) { _ in .silent }
        #expect(late?.message.contains("does not answer") == true)
        let mute = try await failure(greeting: .silent, reply: .milliseconds(200)) { _ in .silent }
        #expect(mute?.category == .unavailable)
    }

    @Test func `a cancelled reader stops waiting`() async throws {
        @Sendable func silent(_ request: ClientRequest) -> FakeController.Answer { .silent }
        try await FakeController.with(answering: silent) { controller in
            let address = try ControllerAddress.parse(controller.address)
            let task = Task {
                try await Client.connected(to: address) { client in
                    try await client.stream(.watch(sweep: "k"), patient: true) { _ in }
                }
            }
            let deadline = ContinuousClock.now + .seconds(20)
            while controller.requests.isEmpty, ContinuousClock.now < deadline { await Task.yield() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `the controller's error and its exit code are passed on`() async throws {
        let (ran, _) = try await ask(["list"]) { _ in
            .failed(SweepError(.tryAgain, "the queue is full", remedy: "try again in a moment"))
        }
        #expect(ran.code == 75)
        #expect(ran.talk == "error: the queue is full\nhelp: try again in a moment\n")
    }

    @Test func `the token comes from the environment or a file`() async throws {
        try await FakeController.with(answering: Fixtures.answer) { controller in
            _ = await run(["list"], environment: ["SWEEP_CONTROLLER": controller.address, "SWEEP_TOKEN": "secret"])
            _ = await run(["list"], environment: ["SWEEP_CONTROLLER": controller.address])
            let missing = await run(["list", "--controller", controller.address, "--token-file", "/nonexistent/token"])
            #expect(missing.code == 64)
            #expect(controller.tokens == ["secret", nil])
        }
    }

    @Test(arguments: [
        ("host", "host", 7733), ("host:1", "host", 1), ("[::1]:65535", "::1", 65535), ("::1", "::1", 7733),
        ("[fe80::1]", "fe80::1", 7733), ("127.0.0.1:7733", "127.0.0.1", 7733),
    ])
    func `addresses are read`(text: String, host: String, port: Int) throws {
        let address = try ControllerAddress.parse(text)
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test(arguments: ["", ":1", "host:", "host:0", "host:65536", "host:x", "[::1", "[::1]x", "http://host:1"])
    func `what is no address is refused`(text: String) {
        #expect(throws: SweepError.self) { try ControllerAddress.parse(text) }
    }
}
