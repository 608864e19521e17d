import Glibc
import Testing

@testable import SweepController

@Suite struct SpareMemoryTests {
    /// The third number of /proc/self/statm: pages of files that are mapped and in memory (proc(5)).
    private func filePages() throws -> Int {
        let file = open("/proc/self/statm", O_RDONLY)
        try #require(file >= 0)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 200)
        let count = try #require(Optional(read(file, &bytes, bytes.count)))
        let words = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
        return try #require(words.count > 2 ? Int(words[2]) : nil)
    }

    @Test func `code that is not needed again leaves the memory, and what is needed runs on`() throws {
        let before = try filePages()
        SpareMemory.forgetCode()
        let after = try filePages()
        #expect(after < before)
        #expect([3, 1, 2].sorted().map(String.init).joined(separator: ",") == "1,2,3")
    }
}
