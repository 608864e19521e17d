import Glibc
import SweepModel
import Testing

@testable import SweepAgent

@Suite struct StopLadderTests {
    private func rungs(_ ladder: StopLadder, seconds: Double) -> [String] {
        var ladder = ladder
        var found: [String] = []
        for tenth in 0...Int(seconds * 10) {
            let now = Instant(nanoseconds: 0) + Double(tenth) / 10
            if let rung = ladder.due(now: now) { found.append("\(rung)@\(Double(tenth) / 10)") }
        }
        return found
    }

    @Test func `a trial that is ended has a grace period for each signal`() {
        let ladder = StopLadder(grace: 15, now: Instant(nanoseconds: 0))
        #expect(rungs(ladder, seconds: 31) == ["interrupt@0.0", "terminate@15.0", "kill@30.0"])
        let fenced = StopLadder(grace: 15, from: .terminate, now: Instant(nanoseconds: 0))
        #expect(rungs(fenced, seconds: 16) == ["terminate@0.0", "kill@15.0"])
    }

    @Test func `a trial that is handed back saves first, and all of it takes one grace period`() {
        let ladder = StopLadder.handingBack(within: 10, from: .checkpoint, now: Instant(nanoseconds: 0))
        #expect(
            rungs(ladder, seconds: 9.5) == ["checkpoint@0.0", "interrupt@5.0", "terminate@7.5", "kill@9.0"])
    }
}

@Suite struct CheckpointTests {
    let folder: TemporaryFolder
    let trial = TrialID(SweepID("abcd2345"), 4)

    init() throws { folder = try TemporaryFolder() }

    private func put(_ name: String, agent: String, attempt: Int) throws {
        let agentFolder = "\(folder.path)/agents/\(agent)"
        let checkpoints = AttemptFolder(agentFolder: agentFolder, attempt: AttemptID(trial, attempt)).checkpoints
        try DiskFile.makeFolder(checkpoints)
        try DiskFile.write("\(checkpoints)/\(name)", [1])
    }

    private func newest(_ attempts: [Int]) -> String? {
        Checkpoints.newest(of: trial, attempts: attempts, agentFolder: folder.path + "/agents/a")
            .map { String($0.dropFirst(folder.path.utf8.count + "/agents/".utf8.count)) }
    }

    @Test func `the newest attempt that has published something is gone on from`() throws {
        #expect(newest([2, 1]) == nil)
        try put("epoch3.pt", agent: "a", attempt: 1)
        for name in ["epoch4.pt.tmp", ".epoch4.pt", "epoch4.part", "state~"] { try put(name, agent: "a", attempt: 2) }
        #expect(newest([2, 1]) == "a/attempts/abcd2345-4-1/checkpoints")
        try put("epoch4.pt", agent: "a", attempt: 2)
        #expect(newest([2, 1]) == "a/attempts/abcd2345-4-2/checkpoints")
    }

    @Test func `another agent of the home may have left it`() throws {
        try put("epoch3.pt", agent: "b", attempt: 1)
        #expect(newest([1]) == "b/attempts/abcd2345-4-1/checkpoints")
    }
}

@Suite struct MachineBootTests {
    @Test func `another start of the machine is known by its number`() throws {
        let folder = try TemporaryFolder()
        #expect(!MachineBoot.note("one", in: folder.path))
        #expect(!MachineBoot.note("one", in: folder.path))
        #expect(MachineBoot.note("two", in: folder.path))
        #expect(!MachineBoot.note("two", in: folder.path))
        #expect(!MachineBoot.note(nil, in: folder.path))
        #expect(MachineBoot.current()?.utf8.count == 36)
    }
}

@Suite struct LostSpoolTests {
    @Test func `messages that follow lost ones are numbered after what the controller has`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/spool.jsonl"
        func line(_ number: Int) -> [UInt8] {
            Array("{\"kind\":\"x\",\"sequence\":\(number),\"body\":\"\\\"sequence\\\":1\"}\n".utf8)
        }
        var spool = Spool(path: path)
        for _ in 0..<3 { spool.append(line) }
        // A crash of the machine has taken what was sent and acknowledged after the third.
        spool = Spool(path: path)
        spool.append(line)
        #expect(spool.hasLost(before: 7))
        #expect(!spool.hasLost(before: 3))
        spool.goOn(after: 7)
        spool.rewind(to: 7)
        #expect(spool.count == 8)
        #expect(String(decoding: spool.next(), as: UTF8.self) == String(decoding: line(8), as: UTF8.self))
        #expect(!spool.hasLost(before: 8))
        spool.append(line)
        #expect(String(decoding: spool.next(), as: UTF8.self) == String(decoding: line(9), as: UTF8.self))
        // What is on disk is whole for the next agent.
        let again = Spool(path: path)
        #expect(again.count == 9)
    }
}
