import Foundation
import SweepModel
import SweepWire
import Testing

@testable import SweepController

@Suite struct LogTests {
    /// A running attempt of a new sweep.
    private func running(
        _ controller: TestController, points: Int = 1
    ) async throws -> (client: TestPeer, agent: FakeAgent, attempt: AttemptID) {
        let client = try await controller.client()
        _ = try await TestSweep.create(client, TestSweep.grid(points, extra: "retries: 1"))
        let agent = try await FakeAgent(controller)
        try await agent.say(.ready(slot: 0))
        let attempt = try await agent.assignment().attempt
        try await agent.say(FakeAgent.started(attempt))
        try await agent.acknowledged(attempt, 1)
        return (client, agent, attempt)
    }

    /// Ships a chunk, and waits until the log is kept up to `offset`.
    private func ship(_ agent: FakeAgent, _ chunk: LogChunk, until offset: Int) async throws {
        try await agent.say(.log(chunk))
        while true {
            if case .agent(.logged(chunk.attempt, let kept, nil)) = try await agent.peer.next() {
                #expect(kept == offset)
                return
            }
        }
    }

    @Test func `chunks are placed by their offset, whatever comes twice`() async throws {
        try await withController { controller in
            let (client, agent, attempt) = try await running(controller)
            try await ship(agent, LogChunk(attempt: attempt, offset: 0, text: "one\n"), until: 4)
            try await ship(agent, LogChunk(attempt: attempt, offset: 0, text: "one\n"), until: 4)
            try await ship(agent, LogChunk(attempt: attempt, offset: 2, text: "e\ntwo\n"), until: 8)
            let binary = Data([0xFF, 0x00, 0xFE]).base64EncodedString()
            try await ship(agent, LogChunk(attempt: attempt, offset: 8, text: nil, base64: binary), until: 11)
            let file = try Data(contentsOf: URL(fileURLWithPath: controller.home.runFolder(attempt) + "/output.log"))
            #expect(Array(file) == Array("one\ntwo\n".utf8) + [0xFF, 0x00, 0xFE])
            let pieces = try await client.ask(
                .logs(attempt.trial, attempt: nil, follow: false, tail: nil), LogPiece.self)
            #expect(pieces.count == 1)
            #expect(pieces.first?.base64.flatMap { Data(base64Encoded: $0) } == file)
        }
    }

    @Test func `output and errors are told apart, each with its time`() async throws {
        try await withController { controller in
            let (client, agent, attempt) = try await running(controller)
            try await ship(agent, LogChunk(attempt: attempt, offset: 0, text: "out\nerr\nößt"), until: 13)
            for (file, text) in [("output.errors", "[4,8]\n"), ("output.times", "[4,1000]\n[10,2000]\n")] {
                try await agent.say(.log(LogChunk(attempt: attempt, offset: 0, text: text, file: file)))
                while true {
                    if case .agent(.logged(attempt, _, file)) = try await agent.peer.next() { break }
                }
            }
            let pieces = try await client.ask(
                .logs(attempt.trial, attempt: nil, follow: false, tail: nil, apart: true), LogPiece.self)
            #expect(pieces.map(\.text) == ["out\n", "err\n", "ö", "ßt"])
            #expect(pieces.map(\.isError) == [false, true, false, false])
            #expect(pieces.map(\.time?.milliseconds) == [1000, 2000, 2000, 2000])
            // What is not yet known to be of either is not shown as it comes.
            let follower = try await controller.client()
            let answer = Task {
                try await follower.ask(
                    .logs(attempt.trial, attempt: nil, follow: true, tail: nil, apart: true), LogPiece.self)
            }
            try await agent.say(FakeAgent.ended(attempt, 2))
            #expect(try await answer.value.compactMap(\.text).joined() == "out\nerr\nößt")
        }
    }

    @Test func `what was left out is told, and takes no space`() async throws {
        try await withController { controller in
            let (client, agent, attempt) = try await running(controller)
            try await ship(agent, LogChunk(attempt: attempt, offset: 0, text: "begin\n"), until: 6)
            let far = 1 << 34
            try await ship(
                agent, LogChunk(attempt: attempt, offset: far, text: "end ♥\n", skipped: far - 6), until: far + 8)
            let pieces = try await client.ask(
                .logs(attempt.trial, attempt: 1, follow: false, tail: nil), LogPiece.self)
            #expect(
                pieces == [
                    LogPiece(attempt: 1, text: "begin\n"), LogPiece(attempt: 1, text: "end ♥\n", skipped: far - 6),
                ])
        }
    }

    @Test func `a log is kept up to its limit`() async throws {
        let configure: (inout ControllerConfiguration) -> Void = { $0.maximumLog = 10_000 }
        try await withController(configure: configure) { controller in
            let (client, agent, attempt) = try await running(controller)
            let text = String(repeating: "x", count: 8_000)
            try await ship(agent, LogChunk(attempt: attempt, offset: 0, text: text), until: 8_000)
            try await ship(agent, LogChunk(attempt: attempt, offset: 8_000, text: text), until: 16_000)
            let pieces = try await client.ask(
                .logs(attempt.trial, attempt: 1, follow: false, tail: nil), LogPiece.self)
            #expect(pieces.first?.text == text)
            #expect(pieces.last == LogPiece(attempt: 1, text: "", skipped: 8_000))
        }
    }

    @Test func `what there is no space for is not taken, nor what follows it, which would leave a hole`() async throws {
        try await withController { controller in
            let (_, agent, attempt) = try await running(controller)
            let folder = controller.home.runFolder(attempt)
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: folder + "/output.log", withDestinationPath: "/dev/full")
            try await ship(agent, LogChunk(attempt: attempt, offset: 0, text: "one\n"), until: 0)
            try await ship(agent, LogChunk(attempt: attempt, offset: 4, text: "two\n"), until: 0)
            // The log is closed with its attempt; then there is space.
            try await agent.say(FakeAgent.ended(attempt, 2))
            try await agent.acknowledged(attempt, 2)
            try FileManager.default.removeItem(atPath: folder + "/output.log")
            try await ship(agent, LogChunk(attempt: attempt, offset: 4, text: "two\n"), until: 0)
            try await ship(agent, LogChunk(attempt: attempt, offset: 0, text: "one\n"), until: 4)
            try await ship(agent, LogChunk(attempt: attempt, offset: 4, text: "two\n"), until: 8)
            // What an agent leaves out on purpose is another matter.
            try await ship(agent, LogChunk(attempt: attempt, offset: 20, text: "end\n", skipped: 12), until: 24)
            let file = try Data(contentsOf: URL(fileURLWithPath: folder + "/output.log"))
            #expect(file == Data("one\ntwo\n".utf8) + Data(count: 12) + Data("end\n".utf8))
            let gaps = try String(contentsOfFile: folder + "/output.gaps", encoding: .utf8)
            #expect(gaps == "{\"offset\":8,\"bytes\":12}\n")
        }
    }

    @Test func `another agent's attempt takes no chunk`() async throws {
        try await withController { controller in
            let (_, _, attempt) = try await running(controller)
            let thief = try await FakeAgent(controller, id: "thief")
            try await ship(thief, LogChunk(attempt: attempt, offset: 0, text: "forged"), until: 6)
            #expect(!FileManager.default.fileExists(atPath: controller.home.runFolder(attempt)))
        }
    }

    /// Files below the attempt's folder that this process has open.
    private func openFiles(_ controller: TestController, _ attempt: AttemptID) -> Int {
        let folder = URL(fileURLWithPath: controller.home.runFolder(attempt)).resolvingSymlinksInPath().path
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return all.count { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
            return target?.hasPrefix(folder + "/") == true
        }
    }

    @Test func `a log is open while its attempt lives, and no longer`() async throws {
        try await withController { controller in
            let (_, agent, attempt) = try await running(controller)
            try await ship(agent, LogChunk(attempt: attempt, offset: 0, text: "one\n"), until: 4)
            #expect(openFiles(controller, attempt) == 1)
            try await agent.say(FakeAgent.ended(attempt, 2))
            try await agent.acknowledged(attempt, 2)
            // What comes after the end is taken; and the closing was ordered before it.
            try await ship(agent, LogChunk(attempt: attempt, offset: 4, text: "two\n"), until: 8)
            #expect(openFiles(controller, attempt) == 0)
            let file = try Data(contentsOf: URL(fileURLWithPath: controller.home.runFolder(attempt) + "/output.log"))
            #expect(file == Data("one\ntwo\n".utf8))
        }
    }

    @Test func `the last lines are found from the end`() async throws {
        try await withController { controller in
            let (client, agent, attempt) = try await running(controller)
            let text = (1...30_000).map { "line \($0)\n" }.joined()
            try await ship(agent, LogChunk(attempt: attempt, offset: 0, text: text), until: text.utf8.count)
            for (tail, expected) in [(2, "line 29999\nline 30000\n"), (1, "line 30000\n"), (0, ""), (-4, "")] {
                let pieces = try await client.ask(
                    .logs(attempt.trial, attempt: 1, follow: false, tail: tail), LogPiece.self)
                #expect(pieces.compactMap(\.text).joined() == expected)
            }
            let all = try await client.ask(.logs(attempt.trial, attempt: 1, follow: false, tail: 99_999), LogPiece.self)
            #expect(all.compactMap(\.text).joined() == text)
            #expect(all.count > 1)
        }
    }

    @Test func `following shows every attempt as it prints, and ends with the trial`() async throws {
        try await withController { controller in
            let (_, agent, first) = try await running(controller)
            let follower = try await controller.client()
            let following = Task {
                try await follower.ask(.logs(first.trial, attempt: nil, follow: true, tail: nil), LogPiece.self)
            }
            // A character cut in two comes out whole.
            let heart = Array("♥".utf8)
            try await ship(
                agent, LogChunk(attempt: first, offset: 0, text: nil, base64: Data(heart[..<1]).base64EncodedString()),
                until: 1)
            try await ship(
                agent, LogChunk(attempt: first, offset: 1, text: nil, base64: Data(heart[1...]).base64EncodedString()),
                until: 3)
            try await agent.say(FakeAgent.ended(first, 2, exit: 1), .ready(slot: 0))
            let second = try await agent.assignment().attempt
            #expect(second == AttemptID(first.trial, 2))
            try await agent.say(FakeAgent.started(second))
            try await ship(agent, LogChunk(attempt: second, offset: 0, text: "again\n"), until: 6)
            try await agent.say(FakeAgent.ended(second, 2, exit: 1))
            let pieces = try await following.value
            #expect(pieces.filter { $0.attempt == 1 }.compactMap(\.text).joined() == "♥")
            #expect(pieces.filter { $0.attempt == 2 }.compactMap(\.text).joined() == "again\n")
        }
    }
}
