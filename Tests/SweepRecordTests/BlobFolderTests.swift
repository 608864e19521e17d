import Crypto
import Foundation
import SweepModel
import SweepRecord
import Synchronization
import Testing

/// Contents by their digest: nothing but what has that digest is ever there.
@Suite struct BlobFolderTests {
    /// A folder of its own, removed with it.
    private final class Rig {
        let path = NSTemporaryDirectory() + "sweep-blobs-" + UUID().uuidString
        var folder: BlobFolder

        init() { folder = BlobFolder(path, remedy: "r") }

        init(write: @escaping @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int) {
            folder = BlobFolder(path, remedy: "r", write: write)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// Whoever comes after a crash.
        func restart() { folder = BlobFolder(path, remedy: "r") }

        @discardableResult
        func write(_ bytes: some Sequence<UInt8>, of digest: String, at offset: Int, size: Int) throws -> Int {
            try folder.write(Array(bytes), of: digest, at: offset, size: size)
        }

        func removeParts(_ isWanted: Bool) -> Int { folder.removeParts { _, _ in isWanted }.blobs }
    }

    private func digest(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private let content = Array("the content of a file".utf8)

    @Test func `what is sent in pieces is there once it is whole`() throws {
        let rig = Rig()
        let name = digest(content)
        #expect(try rig.write(Array(content[..<5]), of: name, at: 0, size: content.count) == 5)
        #expect(rig.folder.size(of: name) == nil)
        #expect(rig.folder.read(name, offset: 0, limit: 100) == nil)
        #expect(try rig.write(Array(content[5...]), of: name, at: 5, size: content.count) == content.count)
        #expect(rig.folder.size(of: name) == content.count)
        #expect(rig.folder.read(name, offset: 4, limit: 7) == Array(content[4..<11]))
        #expect(rig.folder.read(name, offset: 1000, limit: 7) == [])
    }

    @Test func `half a content goes on from where it was, also after a restart`() throws {
        let rig = Rig()
        let name = digest(content)
        try rig.write(Array(content[..<5]), of: name, at: 0, size: content.count)
        rig.restart()
        #expect(rig.folder.begun(name, size: content.count) == 5)
        // What does not follow changes nothing, and says from where to go on.
        #expect(try rig.write(Array(content[8...]), of: name, at: 8, size: content.count) == 5)
        #expect(try rig.write(content, of: name, at: 0, size: content.count) == 5)
        #expect(try rig.write(content + [0], of: name, at: 5, size: content.count) == 5)
        #expect(try rig.write(Array(content[5...]), of: name, at: 5, size: content.count) == content.count)
        #expect(rig.folder.read(name, offset: 0, limit: 100) == content)
    }

    @Test func `other bytes than the digest says are not kept`() throws {
        let rig = Rig()
        let name = digest(content)
        let error = #expect(throws: SweepError.self) {
            try rig.write(Array(repeating: 1, count: content.count), of: name, at: 0, size: content.count)
        }
        #expect(error?.category == .usage)
        #expect(rig.folder.size(of: name) == nil)
        #expect(rig.folder.begun(name, size: content.count) == 0)
        #expect(try rig.write(content, of: name, at: 0, size: content.count) == content.count)
    }

    @Test func `who lies about a size touches nobody else's part`() throws {
        let rig = Rig()
        let name = digest(content)
        try rig.write(Array(content[..<5]), of: name, at: 0, size: content.count)
        // Shorter and longer than it is.
        _ = try? rig.write(Array(content[..<3]), of: name, at: 0, size: 3)
        try rig.write(Array(content[..<9]), of: name, at: 0, size: 1000)
        #expect(rig.folder.begun(name, size: content.count) == 5)
        #expect(try rig.write(Array(content[5...]), of: name, at: 5, size: content.count) == content.count)
        #expect(rig.folder.size(of: name) == content.count)
        let error = #expect(throws: SweepError.self) { try rig.write([], of: name, at: 9, size: 1000) }
        #expect(error?.category == .usage)
        #expect(rig.removeParts(false) == 1)
    }

    @Test func `a full disk keeps what was there, and the rest follows when there is space`() throws {
        let space = Mutex(7)
        let full: @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int = { file, bytes, offset in
            let count = space.withLock { space in
                defer { space -= min(space, bytes.count) }
                return min(space, bytes.count)
            }
            guard count > 0 else {
                errno = ENOSPC
                return -1
            }
            return pwrite(file, bytes.baseAddress, count, off_t(offset))
        }
        let rig = Rig(write: full)
        let name = digest(content)
        #expect(try rig.write(Array(content[..<5]), of: name, at: 0, size: content.count) == 5)
        let error = #expect(throws: SweepError.self) {
            try rig.write(Array(content[5...]), of: name, at: 5, size: content.count)
        }
        #expect(error?.category == .tryAgain)
        #expect(rig.folder.begun(name, size: content.count) == 5)
        #expect(BlobFolder(rig.path, remedy: "r").begun(name, size: content.count) == 5)
        space.withLock { $0 = 1000 }
        #expect(try rig.write(Array(content[5...]), of: name, at: 5, size: content.count) == content.count)
        #expect(rig.folder.read(name, offset: 0, limit: 100) == content)
    }

    @Test func `only whole contents are counted, and what is removed is gone`() throws {
        let rig = Rig()
        let other = Array("another".utf8)
        for bytes in [content, other] {
            try rig.write(bytes, of: digest(bytes), at: 0, size: bytes.count)
        }
        try rig.write([1], of: digest([1, 2]), at: 0, size: 2)
        var all: Set<String> = []
        try rig.folder.forEachFolder { all.formUnion($0) }
        #expect(all == [digest(content), digest(other)])
        #expect((rig.folder.remove(digest(other)) ?? 0) > 0)
        #expect(rig.folder.remove(digest(other)) == nil)
        #expect(rig.removeParts(true) == 0)
        #expect(rig.removeParts(false) == 1)
    }
}
