import Foundation
import SweepModel
import SweepWire
import Testing

@testable import SweepAgent

@Suite struct RecordFolderTests {
    @Test func `a disk that takes no file is left alone for some seconds`() throws {
        let path = NSTemporaryDirectory() + "sweep-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let name = try #require(RecordFileName.all.first)
        let folder = AttemptFolder(path: path)
        let record = RecordFolder(folder)
        record.take([CapturedFile(name: name, bytes: [1, 2, 3])])
        let now = Instant(nanoseconds: 1_000_000_000)
        record.keep(now: now)
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: folder.recordFile(name)).deletingLastPathComponent().path,
            withIntermediateDirectories: true)
        record.keep(now: now + 0.1)
        #expect(!FileManager.default.fileExists(atPath: folder.recordFile(name)))
        record.keep(now: now + RecordFolder.refusalPause)
        #expect(FileManager.default.contents(atPath: folder.recordFile(name)) == Data([1, 2, 3]))
    }
}
