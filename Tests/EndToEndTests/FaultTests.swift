import Testing

/// The fault suite in its short form: cases 1 to 22 and 34 to 36 of the plan. `Scripts/faults` runs all of it.
@Suite(.serialized) struct FaultTests {
    @Test(.timeLimit(.minutes(10)), arguments: [1, 2, 3])
    func `no fault loses, doubles or leaves anything`(seed: Int) async throws {
        let home = try Home()
        let suite = try home.start("SweepFaults", "run", "--seeds", "\(seed)", "--jobs", "6")
        #expect(try await suite.wait(540) == 0, "\(suite.output)")
    }
}
