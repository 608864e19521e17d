import Foundation
import SweepModel
import SweepStore
import Testing

@Suite struct RecordShelfTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/shelf-\(UUID().uuidString)"

    private func attempt(_ sweep: String, _ trial: Int) -> AttemptID { AttemptID(TrialID(SweepID(sweep), trial), 1) }

    private func size(_ path: String) -> Int {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }

    @Test func `files come back as they were, also after it was opened again, and only of their own attempt`() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/records.db"
        do {
            let shelf = try RecordShelf(path)
            try shelf.put([0, 255, 10], attempt("s", 1), "overview.json")
            try shelf.put(Array("old".utf8), attempt("s", 2), "overview.json")
            try shelf.put(Array("new".utf8), attempt("s", 2), "overview.json")
        }
        let shelf = try RecordShelf(path)
        #expect(try shelf.bytes(attempt("s", 1), "overview.json") == [0, 255, 10])
        #expect(try shelf.bytes(attempt("s", 2), "overview.json") == Array("new".utf8))
        #expect(try shelf.bytes(attempt("s", 1), "diff.patch") == nil)
        #expect(try shelf.bytes(attempt("t", 1), "overview.json") == nil)
    }

    @Test func `what is the same for many attempts is kept once, and goes with the last sweep that has it`() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/records.db"
        let packages = (0..<30_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 3) }
        do {
            let shelf = try RecordShelf(path)
            for trial in 1...100 {
                for sweep in ["s", "t"] { try shelf.put(packages, attempt(sweep, trial), "requirements.txt") }
            }
            try shelf.remove(SweepID("s"))
            #expect(try shelf.bytes(attempt("s", 1), "requirements.txt") == nil)
            #expect(try shelf.bytes(attempt("t", 100), "requirements.txt") == packages)
        }
        #expect(size(path) < 3 * packages.count)
        try RecordShelf(path).remove(SweepID("t"))
        #expect(try RecordShelf(path).bytes(attempt("t", 100), "requirements.txt") == nil)
    }

    @Test func `a file that is no database is said to be none`() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try String(repeating: "nonsense", count: 1000).write(
            toFile: folder + "/records.db", atomically: true, encoding: .utf8)
        #expect(throws: SweepError.self) { try RecordShelf(folder + "/records.db") }
    }
}
