import Glibc
import SweepAgent
import SweepModel
import SweepWire
import Testing

/// Trials that are made ready while others run.
extension AgentTests {
    /// Runs a short trial, then one that runs until the file `go` is there, and gives the second once the standby of its
    /// slot is offered.
    private func runBehindShort() async throws -> Assignment {
        try await waitForReady()
        let short = Assignment.example(["true"])
        assign(short)
        _ = try await end(of: short.attempt)
        try await waitForReady(2)
        let running = Assignment.example(
            ["sh", "-c", "while [ ! -e \(folder.path)/go ]; do sleep 0.02; done"], trial: 2)
        assign(running)
        _ = try await eventually("the standby is offered: \(said.all)") {
            controller.readySlots().last == 1 ? true : nil
        }
        return running
    }

    private func standby(_ command: [String], trial: Int, slot: Int = 1) -> Assignment {
        var next = Assignment.example(command, trial: trial)
        next.slot = slot
        return next
    }

    @Test func `after a short trial the next is made ready while one runs, and starts when that one has ended`()
        async throws
    {
        try await controller.start()
        try await withAgent { _ in
            let running = try await runBehindShort()
            let next = standby(["true"], trial: 3)
            assign(next)
            _ = try await eventually("it is made ready") { isGone(attemptFolder(next).launch) ? nil : true }
            #expect(controller.starts(next.attempt).isEmpty)
            _ = try folder.write("go", "")
            _ = try await end(of: next.attempt)
            let kinds = controller.messages.compactMap { message -> String? in
                switch message {
                case .started(let body) where body.attempt == next.attempt: "next starts"
                case .ended(let body) where body.attempt == running.attempt: "running ends"
                case .ended(let body) where body.attempt == next.attempt: "next ends"
                default: nil
                }
            }
            #expect(Set(kinds.prefix(2)) == ["next starts", "running ends"])
            #expect(kinds.last == "next ends")
        }
        await controller.shutdown()
    }

    @Test func `behind tiny trials two stand by, and start one after the other in the order in which they came`()
        async throws
    {
        try await controller.start()
        try await withAgent(tinyTrial: 1000) { _ in
            try await waitForReady()
            let tiny = Assignment.example(["true"])
            assign(tiny)
            _ = try await end(of: tiny.attempt)
            try await waitForReady(3)
            #expect(controller.readySlots() == [0, 0, 1])
            let running = Assignment.example(
                ["sh", "-c", "while [ ! -e \(folder.path)/go ]; do sleep 0.02; done"], trial: 2)
            assign(running)
            try await waitForReady(4)
            #expect(controller.readySlots().last == 2)
            // The later slot's comes first.
            let next = [standby(["true"], trial: 3, slot: 2), standby(["true"], trial: 4)]
            for assignment in next { assign(assignment) }
            _ = try await eventually("they are made ready") {
                next.allSatisfy { !isGone(attemptFolder($0).launch) } ? true : nil
            }
            #expect(next.allSatisfy { controller.starts($0.attempt).isEmpty })
            _ = try folder.write("go", "")
            _ = try await end(of: next[1].attempt)
            let order = controller.messages.compactMap { message -> Int? in
                if case .started(let body) = message { body.attempt.trial.number } else { nil }
            }
            #expect(order == [1, 2, 3, 4])
            let first = try #require(controller.ends(next[0].attempt).first).end
            let second = try #require(controller.ends(next[1].attempt).first).end
            #expect(first.ended <= second.started)
        }
        await controller.shutdown()
    }

    @Test func `what stands by behind a long trial is handed back, at no cost`() async throws {
        try await controller.start()
        try await withAgent { _ in
            let running = try await runBehindShort()
            let next = standby(["true"], trial: 3)
            assign(next)
            let end = try await end(of: next.attempt).end
            #expect(end.declined == true)
            #expect(end.lastLine == "the trial before it takes longer")
            #expect(controller.starts(next.attempt).isEmpty)
            // Its shell looks for the file: it must see it before the folder goes.
            _ = try folder.write("go", "")
            _ = try await self.end(of: running.attempt)
        }
        await controller.shutdown()
    }

    @Test func `a trial that stands by is cancelled before it starts`() async throws {
        try await controller.start()
        try await withAgent { _ in
            let running = try await runBehindShort()
            let next = standby(["true"], trial: 3)
            assign(next)
            _ = try await eventually("it is made ready") { isGone(attemptFolder(next).launch) ? nil : true }
            controller.send(.stop(next.attempt, .cancelled, detail: "by a person"))
            #expect(try await end(of: next.attempt).end.stopReason == .cancelled)
            #expect(controller.starts(next.attempt).isEmpty)
            // Its shell looks for the file: it must see it before the folder goes.
            _ = try folder.write("go", "")
            _ = try await self.end(of: running.attempt)
        }
        await controller.shutdown()
    }
}
