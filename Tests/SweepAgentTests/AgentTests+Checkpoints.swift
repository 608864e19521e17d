import Glibc
import SweepAgent
import SweepModel
import SweepWire
import Testing

/// What an attempt goes on from.
extension AgentTests {
    @Test func `a later attempt finds the checkpoint of an earlier one`() async throws {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let first = Assignment.example(["sh", "-c", "echo x > $SWEEP_CHECKPOINT_DIR/model; exit 1"])
            assign(first)
            _ = try await end(of: first.attempt)
            try await waitForReady(2)
            let second = Assignment.example(
                ["sh", "-c", "cat $SWEEP_RESUME_FROM/model"], attempt: 2, earlierAttempts: [1])
            assign(second)
            #expect(try await end(of: second.attempt).end.exitCode == 0)
        }
        await controller.shutdown()
    }

    @Test func `an attempt whose checkpoint leaves it nothing to report is lost, and the next one begins anew`()
        async throws
    {
        try await controller.start()
        try await withAgent { _ in
            func run(_ number: Int, _ script: String) async throws -> AttemptEnd {
                try await waitForReady(number)
                var assignment = Assignment.example(
                    ["sh", "-c", script], attempt: number, earlierAttempts: Array((1..<number).reversed()))
                assignment.metric = "loss"
                assign(assignment)
                return try await end(of: assignment.attempt).end
            }
            #expect(try await run(1, "echo x > $SWEEP_CHECKPOINT_DIR/last; echo loss=1; exit 1").exitCode == 1)
            let script = """
                if [ -n "$SWEEP_RESUME_FROM" ]; then cp $SWEEP_RESUME_FROM/last $SWEEP_CHECKPOINT_DIR; echo acc=1
                else echo x > $SWEEP_CHECKPOINT_DIR/last; echo loss=1; fi
                """
            let second = try await run(2, script)
            #expect(second.lost?.contains("attempts/abcd2345-1-1/checkpoints, where all was done") == true)
            let third = try await run(3, script)
            #expect(third.exitCode == 0 && third.lost == nil)
            #expect(text(folder.path + "/agent/attempts/abcd2345-1-1/checkpoints.done-1/last") == "x\n")
        }
        await controller.shutdown()
    }

    @Test func `a resumed attempt whose shim is killed before it reports keeps the checkpoint`() async throws {
        try await controller.start()
        try await withAgent { _ in
            try await waitForReady()
            let first = Assignment.example(["sh", "-c", "echo x > $SWEEP_CHECKPOINT_DIR/model; exit 1"])
            assign(first)
            _ = try await end(of: first.attempt)
            try await waitForReady(2)
            var second = Assignment.example(["sleep", "300"], attempt: 2, earlierAttempts: [1])
            second.metric = "loss"
            assign(second)
            let attempt = second.attempt
            let start = try await eventually("it runs") { controller.starts(attempt).first }
            kill(Int32(start.pid), SIGKILL)
            #expect(try await end(of: attempt).end.lost == "its supervisor was killed")
            #expect(text(folder.path + "/agent/attempts/abcd2345-1-1/checkpoints/model") == "x\n")
        }
        await controller.shutdown()
    }
}
