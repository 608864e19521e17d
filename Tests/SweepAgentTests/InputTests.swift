import Glibc
import SweepModel
import SweepWire
import Synchronization
import Testing

@testable import SweepAgent

/// What trials are given before they start, against a fake controller.
@Suite struct InputTests {
    let folder: TemporaryFolder
    let controller = FakeController()
    let said = AgentTests.Said()

    init() throws { folder = try TemporaryFolder() }

    private func withAgent(
        cache: Int = 1 << 30, environment: [String: String] = [:],
        _ body: @escaping @Sendable (Agent) async throws -> Void
    ) async throws {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        var configuration = AgentConfiguration(
            id: AgentID("a1"), incarnation: AgentIdentity.random(), name: "test", host: "here",
            folder: folder.path + "/agent", slots: [AgentSlot(info: SlotInfo(index: 0))], grace: 0.3,
            environment: environment.merging(["PATH": path]) { $1 }, directory: folder.path)
        configuration.artifactCache = cache
        try await controller.start()
        try await withRunningAgent(configuration, home: folder, controller: controller, said: said, body)
        await controller.shutdown()
    }

    private func example(_ script: String, trial: Int = 1, _ inputs: ArtifactInput...) -> Assignment {
        var assignment = Assignment.example(["sh", "-c", script], trial: trial)
        assignment.launch.inputs = inputs
        return assignment
    }

    /// Runs the trial once a slot is offered.
    @discardableResult
    private func run(_ assignment: Assignment) async throws -> Ended {
        let number = assignment.attempt.trial.number
        _ = try await eventually("a slot is offered: \(said.all)") {
            controller.readySlots().count >= number ? true : nil
        }
        var assignment = assignment
        assignment.slot = controller.readySlots().last ?? 0
        controller.send(.assign(assignment))
        return try await eventually("\(assignment.attempt) ends: \(said.all)") {
            controller.ends(assignment.attempt).first
        }
    }

    private func log(_ assignment: Assignment) async throws -> String {
        try await eventually("the log comes") { controller.state.withLock { $0.logs[assignment.attempt] } }
    }

    private var reads: Int { controller.messages.count { if case .read = $0 { true } else { false } } }

    /// More than the pieces that are on their way at once.
    private let large = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }

    @Test func `a trial finds what it is given, read-only, and the same content is not fetched twice`() async throws {
        try controller.add("data:v3", [("empty", []), ("in/large", large), ("small", Array("hello".utf8))])
        try controller.add("model", [("copy of small", Array("hello".utf8))])
        let large = large
        try await withAgent { _ in
            let script = """
                cd "$SWEEP_INPUT_ARTIFACTS_DIR" && cat data/small model/*; wc -c < data/in/large; wc -c < data/empty
                ls -ld data data/in data/in/large | cut -c1-10; echo bad > data/small; chmod -R u+w data; echo bad > data/small
                """
            let first = try example(script, ArtifactInput("data:v3"), ArtifactInput("model"))
            try await run(first)
            let lines = try await log(first).split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }
            #expect(lines.first == "hellohello\(large.count)")
            #expect(Array(lines.dropFirst().prefix(4)) == ["0", "dr-xr-xr-x", "dr-xr-xr-x", "-r--r--r--"])
            let fetched = reads
            #expect(fetched >= 16)
            // What the first trial has written is nobody else's, and is gone with it.
            let second = try example(
                "cat $SWEEP_INPUT_ARTIFACTS_DIR/d/small", trial: 2, ArtifactInput("data:v3", folder: "d"))
            try await run(second)
            #expect(try await log(second) == "hello")
            #expect(reads == fetched)
            _ = try await eventually("the trials' folders are gone") {
                DiskFile.names(in: folder.path + "/agent/inputs").isEmpty ? true : nil
            }
        }
    }

    @Test func `a trial that is given nothing asks for nothing`() async throws {
        try controller.add("data", [("a", [1])])
        try await withAgent { _ in
            let assignment = Assignment.example(["sh", "-c", "echo ${SWEEP_INPUT_ARTIFACTS_DIR-none}"])
            try await run(assignment)
            #expect(try await log(assignment) == "none\n")
            #expect(!controller.messages.contains { if case .inputs = $0 { true } else { false } })
        }
    }

    @Test func `the agent's own environment may name what all its trials are given`() async throws {
        try controller.add("data:latest", [("a", Array("one".utf8))])
        try await withAgent(environment: [ArtifactInput.variable: "d=data:latest"]) { _ in
            let assignment = Assignment.example(["sh", "-c", "cat $SWEEP_INPUT_ARTIFACTS_DIR/d/a"])
            try await run(assignment)
            #expect(try await log(assignment) == "one")
        }
    }

    @Test func `what is not there is the trial's launch error, and the slot is free again`() async throws {
        try controller.add("data", [("a", [1])])
        try await withAgent { _ in
            let ended = try await run(example("true", ArtifactInput("model:best")))
            #expect(ended.end.launchError?.contains("there is no artifact 'model:best'") == true)
            let next = try await run(example("cat $SWEEP_INPUT_ARTIFACTS_DIR/data/a", trial: 2, ArtifactInput("data")))
            #expect(next.end.exitCode == 0)
        }
    }

    @Test func `a content that has gone, or comes with other bytes, is a launch error`() async throws {
        try controller.add("gone", [("a", [1, 2, 3])])
        try controller.add("other", [("a", [4, 5, 6])])
        controller.state.withLock { state in
            for (digest, bytes) in state.contents where bytes == [1, 2, 3] { state.contents[digest] = nil }
            for (digest, bytes) in state.contents where bytes == [4, 5, 6] { state.contents[digest] = [4, 5, 7] }
        }
        try await withAgent { _ in
            let first = try await run(example("true", ArtifactInput("gone")))
            #expect(first.end.launchError?.contains("gone") == true)
            let second = try await run(example("true", trial: 2, ArtifactInput("other")))
            #expect(second.end.launchError?.contains("other bytes") == true)
        }
    }

    @Test func `a connection that is cut goes on from where it was, with the same attempt`() async throws {
        try controller.add("data", [("large", large)])
        controller.state.withLock { $0.piecesUntilCut = 6 }
        let size = large.count
        try await withAgent { _ in
            let assignment = try example("wc -c < $SWEEP_INPUT_ARTIFACTS_DIR/data/large", ArtifactInput("data"))
            #expect(try await run(assignment).end.exitCode == 0)
            #expect(
                try await log(assignment).split(separator: "\n").first.map { $0.trimmingPrefix { $0 == " " } }
                    == "\(size)")
            #expect(controller.hellos.count == 2)
            #expect(controller.hellos.last?.agent?.held.map(\.attempt) == [assignment.attempt])
            // Of the pieces that had come none was asked for again; the first of the second content may have been lost.
            let offsets = controller.messages.compactMap { message -> Int? in
                if case .read(let cursor) = message { cursor.offset } else { nil }
            }
            #expect(offsets.count { $0 == 0 } <= 3)
        }
    }

    @Test func `an attempt whose inputs are being fetched is alive, and can be stopped`() async throws {
        try controller.add("data", [("large", large)])
        // Nobody answers.
        controller.state.withLock { $0.artifacts["slow"] = $0.artifacts["data"] }
        controller.state.withLock { $0.contents = [:] }
        controller.state.withLock { $0.isDeaf = true }
        try await withAgent { _ in
            _ = try await eventually("a slot is offered") { controller.readySlots().isEmpty ? nil : true }
            let assignment = try example("true", ArtifactInput("slow"))
            controller.send(.assign(assignment))
            _ = try await eventually("its lease is renewed") {
                controller.messages.contains(.heartbeat([assignment.attempt])) ? true : nil
            }
            controller.send(.stop(assignment.attempt, .cancelled, detail: "enough"))
            let ended = try await eventually("it ends") { controller.ends(assignment.attempt).first }
            #expect(ended.end.stopReason == .cancelled)
            _ = try await eventually("the slot is offered again") { controller.readySlots().count > 1 ? true : nil }
        }
    }

    @Test func `the cache keeps to its bound, and what is in use is not fetched again`() async throws {
        for number in 1...3 { try controller.add("d\(number)", [("large", large.map { $0 ^ UInt8(number) })]) }
        try await withAgent(cache: 7 << 20) { _ in
            for number in 1...3 {
                let assignment = try example(
                    "test -s $SWEEP_INPUT_ARTIFACTS_DIR/d\(number)/large", trial: number, ArtifactInput("d\(number)"))
                #expect(try await run(assignment).end.exitCode == 0)
            }
            let before = reads
            try await run(example("true", trial: 4, ArtifactInput("d3")))
            #expect(reads == before)
            try await run(example("true", trial: 5, ArtifactInput("d1")))
            #expect(reads > before)
        }
    }
}
