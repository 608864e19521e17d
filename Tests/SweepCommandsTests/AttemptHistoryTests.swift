import SweepCommands
import SweepModel
import SweepWire
import Testing

@Suite struct AttemptHistoryTests {
    private func row(
        _ attempt: Int, _ outcome: AttemptOutcome?, _ reason: String? = nil, late: String? = nil
    ) -> AttemptRow {
        AttemptRow(
            attempt: attempt, agent: "gpu-box-\(attempt)", slot: "gpu 0", assigned: Fixtures.at(1),
            started: Fixtures.at(1),
            outcome: outcome, reason: reason, late: late)
    }

    @Test func `attempts are told in words`() {
        #expect(
            AttemptHistory.words([
                row(1, .lost, "attempt 1 lost: agent gpu-box-2 silent for 90 s"),
                row(2, .lost, "machine box was restarted", late: "exit code 0"),
                row(3, .preempted, "agent gpu-box-3 handed it back"), row(4, .completed), row(5, nil),
            ]) == [
                "attempt 1 lost: agent gpu-box-2 silent for 90 s",
                "attempt 2 lost: machine box was restarted (it came back later with exit code 0, which does not count)",
                "attempt 3 preempted: agent gpu-box-3 handed it back", "attempt 4 completed",
                "attempt 5 running on gpu-box-5",
            ])
    }

    @Test func `release says what is used again`() async throws {
        let (ran, requests) = try await ask(["release", "n1", "--slot", "1"])
        #expect(ran.code == 0)
        #expect(requests == [.release(agent: "n1", slot: 1)])
        #expect(ran.talk == "agent n1 uses again: gpu 1\n")
    }
}
