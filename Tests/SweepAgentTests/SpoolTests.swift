import Glibc
import SweepModel
import SweepWire
import Testing

@testable import SweepAgent

@Suite struct SpoolTests {
    let folder: TemporaryFolder
    var path: String { folder.path + "/spool.jsonl" }

    init() throws { folder = try TemporaryFolder() }

    private func line(_ number: Int, padding: Int = 0) -> [UInt8] {
        Array("{\"n\":\(number),\"x\":\"\(String(repeating: "x", count: padding))\"}\n".utf8)
    }

    private func numbers(_ bytes: [UInt8]) -> [Int] {
        bytes.split(separator: 0x0A).compactMap {
            if case .int(let number)? = (try? JSONParser.parse(Array($0)))?["n"] { number } else { nil }
        }
    }

    private func fill(_ count: Int, padding: Int = 0) -> Spool {
        let spool = Spool(path: path)
        for _ in 0..<count { spool.append { line($0, padding: padding) } }
        return spool
    }

    private func drain(_ spool: Spool) -> [Int] {
        var all: [Int] = []
        while true {
            let bytes = spool.next()
            if bytes.isEmpty { return all }
            all += numbers(bytes)
            if let last = all.last { spool.acknowledge(last) }
        }
    }

    @Test func `messages are numbered, sent in order, and sent again from what was acknowledged`() {
        let spool = fill(5)
        #expect(numbers(spool.next()) == [1, 2, 3, 4, 5])
        #expect(spool.next().isEmpty)
        spool.acknowledge(2)
        #expect(!spool.isAcknowledged)
        spool.rewind(to: 2)
        #expect(drain(spool) == [3, 4, 5])
        #expect(spool.isAcknowledged)
        // A controller that was put back to an older state.
        spool.rewind(to: 1)
        #expect(drain(spool) == [2, 3, 4, 5])
        // One that says more than there is.
        spool.rewind(to: 99)
        #expect(spool.next().isEmpty)
    }

    @Test func `no more than the window is under way`() {
        let spool = fill(40, padding: 100_000)
        var sent = 0
        while true {
            let bytes = spool.next()
            if bytes.isEmpty { break }
            sent += bytes.count
        }
        #expect(sent >= Spool.window && sent < Spool.window + 200_000)
        spool.rewind(to: 0)
        #expect(drain(spool) == Array(1...40))
    }

    @Test(arguments: ["{\"n\":4,\"x", "\0\0\0\0\n\0\0", "garbage\n{\"n\":5}\n"])
    func `a torn tail is cut, and numbering goes on`(tail: String) {
        _ = fill(3)
        let file = open(path, O_WRONLY | O_APPEND)
        _ = DiskFile.append(file, Array(tail.utf8))
        close(file)
        let spool = Spool(path: path)
        #expect(spool.count == 3)
        spool.append { line($0) }
        #expect(drain(spool) == [1, 2, 3, 4])
        #expect(Spool(path: path).count == 4)
    }

    @Test func `where the disk takes nothing, memory does`() {
        let spool = Spool(path: "/nonexistent/folder/spool")
        for _ in 0..<3 { spool.append { line($0) } }
        #expect(drain(spool) == [1, 2, 3])
        #expect(spool.isAcknowledged)
        spool.rewind(to: 1)
        #expect(drain(spool) == [2, 3])
    }
}

@Suite struct LogShipperTests {
    @Test func `pieces end between lines, and never inside a character`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("log", String(repeating: "ü", count: 20_000) + "\nend\u{20AC}")
        let file = open(path, O_RDONLY)
        defer { close(file) }
        var shipper = LogShipper()
        let attempt = AttemptID(TrialID(SweepID("s"), 1), 1)
        var text = ""
        while let chunk = shipper.next(
            attempt, size: DiskFile.size(file), hasEnded: true, now: Instant(nanoseconds: 0),
            read: { DiskFile.read(file, offset: $0, limit: $1) })
        {
            #expect(chunk.offset == text.utf8.count)
            text += try #require(chunk.text)
            shipper.acknowledge(text.utf8.count)
        }
        #expect(text == SweepAgentTests.text(path))
        #expect(shipper.isDone(size: DiskFile.size(file)))
    }

    @Test func `half a character waits for its rest`() {
        #expect(LogShipper.unfinishedCharacter([0x41, 0xE2, 0x82]) == 2)
        #expect(LogShipper.unfinishedCharacter([0x41, 0xE2, 0x82, 0xAC]) == 0)
        #expect(LogShipper.unfinishedCharacter([0xC3]) == 1)
        #expect(LogShipper.unfinishedCharacter([0x80]) == 0)
        #expect(LogShipper.unfinishedCharacter([]) == 0)
    }
}
