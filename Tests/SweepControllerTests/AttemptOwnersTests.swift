import SweepModel
import Testing

@testable import SweepController

@Suite struct AttemptOwnersTests {
    private let attempt = AttemptID(TrialID(SweepID("s"), 1), 1)
    private let running = AttemptOwners.Owner(agent: AgentID("a"), hasEnded: false)

    private func ended(_ attempt: AttemptID) -> Change {
        .attemptEnded(attempt, sequence: 3, .completed, reason: nil, nil, at: Timestamp(milliseconds: 1))
    }

    @Test func `what the store says of an attempt that ended while it was asked is out of date`() {
        var owners = AttemptOwners()
        let known = owners.find(attempt)
        #expect(known == nil)
        let closed = owners.note([ended(attempt)])
        #expect(closed.isEmpty)
        let newest = owners.remember(running, of: attempt)
        #expect(newest.hasEnded)
        let isOpened = owners.open(attempt)
        #expect(!isOpened)
        #expect(!owners.hasOpenLogs)
    }

    @Test func `the end of another attempt says nothing of the one that is asked about`() {
        var owners = AttemptOwners()
        let known = owners.find(attempt)
        #expect(known == nil)
        _ = owners.note([ended(AttemptID(TrialID(SweepID("s"), 2), 1))])
        let newest = owners.remember(running, of: attempt)
        #expect(newest == running)
        let isOpened = owners.open(attempt)
        #expect(isOpened)
        let closed = owners.note([ended(attempt)])
        #expect(closed == [attempt])
        let found = owners.find(attempt)
        #expect(found?.hasEnded == true)
        #expect(!owners.hasOpenLogs)
    }
}
