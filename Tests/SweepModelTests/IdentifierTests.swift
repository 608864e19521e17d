import SweepModel
import Testing

@Suite struct IdentifierTests {
    @Test func `a trial id is read as it is written`() {
        let id = TrialID(SweepID("abc-d"), 12)
        #expect(id.description == "abc-d-12")
        #expect(TrialID("abc-d-12") == id)
    }

    @Test(arguments: ["", "abc", "abc-", "-3", "abc-0", "abc-x", "abc-99999999999999999999"])
    func `what is no trial id is refused`(text: String) {
        #expect(TrialID(text) == nil)
    }

    @Test func `random ids have eight characters and begin with a letter`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            let id = SweepID.random(using: &generator).text
            #expect(id.count == 8)
            #expect(try #require(id.first).isLetter)
        }
    }
}
