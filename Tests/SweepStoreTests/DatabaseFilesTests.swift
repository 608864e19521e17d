import Foundation
import GRDB
import SweepModel
import Testing

@testable import SweepStore

@Suite struct DatabaseFilesTests {
    let folder: TemporaryFolder
    var path: String { folder.file("sweep.db") }

    init() throws { folder = try TemporaryFolder() }

    private func damage(_ path: String) throws {
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        let size = try handle.seekToEnd()
        try handle.seek(toOffset: size / 4)
        handle.write(Data(repeating: 0xA5, count: Int(size / 2)))
        try handle.close()
    }

    private func with<T>(_ path: String, _ body: (Store) throws -> T) throws -> T {
        let store = try Store.open(path)
        defer { try? store.close() }
        return try body(store)
    }

    private func trials(_ path: String) throws -> Int {
        try with(path) { try $0.loaded().first?.trials.count ?? 0 }
    }

    @Test func `a backup is taken while the record is written, and is whole`() throws {
        let store = try Store.open(path)
        try store.apply(Sample.finished(50) { Double($0) })
        let backup = try DatabaseFiles.backUp(path, to: nil, time: Sample.time(1_000_000))
        #expect(backup.path == path + ".1000.backup")
        // It is a moment of the past: what is written after it is not in it.
        try store.apply([.trialInserted(Sample.trialRecord(51))])
        try store.close()
        #expect(DatabaseFiles.problem(in: backup.path) == nil)
        #expect(try trials(backup.path) == 50)
        #expect(try trials(path) == 51)
        let mode = try FileManager.default.attributesOfItem(atPath: backup.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func `a damaged database names its newest good backup, and a restore brings it back`() throws {
        try with(path) { try $0.apply(Sample.finished(200) { Double($0) }) }
        let good = try DatabaseFiles.backUp(path, to: nil, time: Sample.time(1_000_000))
        let bad = try DatabaseFiles.backUp(path, to: path + ".9999.backup", time: Sample.time(2_000_000))
        try damage(path)
        try damage(bad.path)
        let error = #expect(throws: SweepError.self) { try Store.open(path) }
        #expect(error?.message.contains("newest good backup is \(good.path)") == true)
        #expect(error?.remedy == "restore that with: sweep restore \(good.path)")

        #expect(throws: SweepError.self) {
            try DatabaseFiles.restore(path, from: bad.path, time: Sample.time(3_000_000))
        }
        let restored = try DatabaseFiles.restore(path, from: nil, time: Sample.time(3_000_000))
        #expect(restored.backup == good.path)
        #expect(restored.kept == path + ".damaged-3000")
        #expect(FileManager.default.fileExists(atPath: path + ".damaged-3000"))
        #expect(try trials(path) == 200)
    }

    @Test func `a restore that was cut short is finished by the next start`() throws {
        try with(path) { try $0.apply(Sample.finished(5) { Double($0) }) }
        _ = try DatabaseFiles.backUp(path, to: path + ".restoring", time: Sample.time(1_000))
        try FileManager.default.removeItem(atPath: path)
        #expect(try trials(path) == 5)
    }

    @Test func `without a good backup the refusal says so, and a restore does not pretend`() throws {
        try with(path) { try $0.apply(Sample.finished(200) { Double($0) }) }
        try damage(path)
        let error = #expect(throws: SweepError.self) { try Store.open(path) }
        #expect(error?.message.contains("no good backup") == true)
        #expect(throws: SweepError.self) { try DatabaseFiles.restore(path, from: nil, time: Sample.time(1)) }
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func `a backup of nothing, or onto a full disk, leaves nothing behind`() throws {
        #expect(throws: SweepError.self) { try DatabaseFiles.backUp(path, to: nil, time: Sample.time(1)) }
        try with(path) { try $0.apply(Sample.running) }
        #expect(throws: SweepError.self) { try DatabaseFiles.backUp(path, to: "/nonexistent/x", time: Sample.time(1)) }
        #expect(DatabaseFiles.backups(of: path).isEmpty)
    }

    @Test func `a result of an attempt that was given up is late; the same end once more is not`() throws {
        let store = try Store.open(path)
        try store.apply(Sample.finished(1) { Double($0) })
        try store.apply([.lateResult(Sample.attempt, Sample.end, at: Sample.time(5))])
        #expect(try store.lateResults(of: Sample.trial).isEmpty)
        let lost = AttemptID(Sample.trial, 2)
        try store.apply([
            Sample.attemptInserted(lost),
            .attemptEnded(lost, sequence: nil, .lost, reason: "silent", nil, at: Sample.time(6)),
            .lateResult(lost, Sample.end, at: Sample.time(7)),
        ])
        #expect(try store.lateResults(of: Sample.trial).map(\.attempt) == [lost])
    }
}
