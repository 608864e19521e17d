import Foundation
import SweepModel
import SweepSpec
import Testing

@Suite final class SpecFileTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sweep-spec-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func message(_ name: String) -> String? {
        do throws(SweepError) {
            _ = try SpecFile.read(path: folder.appending(path: name).path)
            return nil
        } catch {
            return error.message.replacing(folder.path + "/", with: "")
        }
    }

    @Test func `a file's text is read`() throws {
        try Data("méthode: grid\n".utf8).write(to: folder.appending(path: "a.yaml"))
        #expect(try SpecFile.read(path: folder.appending(path: "a.yaml").path) == "méthode: grid\n")
    }

    @Test func `what is no sweep file is refused in a sentence each`() throws {
        try FileManager.default.createDirectory(at: folder.appending(path: "dir"), withIntermediateDirectories: true)
        try Data([0xFF, 0xFE, 0x00]).write(to: folder.appending(path: "binary"))
        #expect(message("none.yaml") == "there is no file 'none.yaml'")
        #expect(message("dir") == "'dir' is a directory")
        #expect(message("binary") == "'binary' is not UTF-8 text")
        #expect(message("binary/x") == "there is no file 'binary/x'")
    }

    @Test func `a large file is refused by its size, before it is read`() throws {
        let path = folder.appending(path: "large").path
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let file = try #require(FileHandle(forWritingAtPath: path))
        // A hole: 100 GB that no reader would get through.
        try file.truncate(atOffset: 100 << 30)
        try file.close()
        #expect(
            message("large")
                == "'large' is too large for a sweep file (107374182400 bytes): at most 1048576 bytes")
        do throws(SweepError) {
            _ = try SpecFile.read(path: "/dev/zero")
            Issue.record("endless")
        } catch {
            #expect(error.message == "'/dev/zero' is too large for a sweep file: at most 1048576 bytes")
        }
    }

    @Test func `a file's folder is absolute`() throws {
        try Data().write(to: folder.appending(path: "a.yaml"))
        let found = try #require(SpecFile.folder(of: folder.appending(path: "a.yaml").path))
        #expect(found.hasPrefix("/"))
        #expect(found.hasSuffix(folder.lastPathComponent))
        #expect(SpecFile.folder(of: "/nowhere/at/all") == nil)
    }
}
