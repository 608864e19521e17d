import Foundation
import Testing

@testable import SweepCommands

@Suite struct LocalControllerTests {
    @Test func `a process that has ended runs no more, even where nobody has taken notice of it`() throws {
        let child = try ChildProcess("/bin/cat", ["/dev/zero"], environment: [:], log: "/dev/null", place: .newGroup)
        #expect(LocalController.isRunning(Int(child.pid)))
        kill(child.pid, SIGKILL)
        let deadline = ContinuousClock.now + .seconds(20)
        while LocalController.isRunning(Int(child.pid)), ContinuousClock.now < deadline { usleep(2_000) }
        #expect(!LocalController.isRunning(Int(child.pid)))
        #expect(kill(child.pid, 0) == 0)
        #expect(child.ending() != nil)
    }
}
