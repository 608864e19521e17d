import SweepWire
import Testing

@Suite struct SweepHomeTests {
    @Test func `the home is SWEEP_HOME, else below HOME, else below the account's folder`() {
        #expect(SweepHome(environment: ["SWEEP_HOME": "/a"], directory: "/d").path == "/a")
        #expect(SweepHome(environment: ["SWEEP_HOME": "b"], directory: "/d").path == "/d/b")
        #expect(SweepHome(environment: ["HOME": "/h"], directory: "/d").path == "/h/.sweep")
        let account = SweepHome(environment: [:], directory: "/d").path
        #expect(account.hasPrefix("/") && account.hasSuffix("/.sweep"))
        #expect(!account.hasPrefix("/tmp/"))
    }
}
