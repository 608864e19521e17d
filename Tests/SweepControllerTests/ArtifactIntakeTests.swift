import Crypto
import Foundation
import Logging
import SweepModel
import SweepRecord
import SweepStore
import SweepTrust
import SweepWire
import Synchronization
import Testing

@testable import SweepController

/// What is offered, asked for, taken and freed, with a real store and folder.
@Suite struct ArtifactIntakeTests {
    /// An intake in a folder of its own, removed with it.
    private final class Rig {
        let path = NSTemporaryDirectory() + "sweep-intake-" + UUID().uuidString
        let store: Store
        let intake: ArtifactIntake

        init(
            write: @escaping @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int = {
                pwrite($0, $1.baseAddress, $1.count, off_t($2))
            }
        ) throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            store = try Store.open(path + "/sweep.db")
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            intake = ArtifactIntake(
                BlobFolder(path + "/artifacts", remedy: "free some", write: write), store: store,
                catalogue: SweepCatalogue(), maximum: 1000, logger: logger)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func offer(
            _ manifest: [UInt8], _ name: String = "data", aliases: [String] = [], of attempt: AttemptID? = nil
        ) throws -> ArtifactProgress {
            try intake.consider(
                ArtifactOffer(
                    attempt: attempt, name: name, manifest: ArtifactIntakeTests.digest(manifest), size: manifest.count),
                aliases: aliases)
        }

        @discardableResult
        func send(_ bytes: [UInt8], at offset: Int = 0, of whole: [UInt8]? = nil, size: Int? = nil) -> BlobKept {
            intake.write(
                BlobChunk(
                    digest: ArtifactIntakeTests.digest(whole ?? bytes), offset: offset,
                    base64: Data(bytes).base64EncodedString(), size: size ?? (whole ?? bytes).count))
        }
    }

    private static func digest(_ bytes: [UInt8]) -> String { Hexadecimal.text(SHA256.hash(data: bytes)) }

    private static func manifest(_ files: [(String, [UInt8])], size: Int? = nil) throws -> [UInt8] {
        try JSONCoding.encode(
            ArtifactManifest(
                files: files.map { ArtifactFile(path: $0.0, size: size ?? $0.1.count, digest: digest($0.1)) }))
    }

    private let content = Array("the weights of a model".utf8)

    @Test func `what is missing is asked for, and then there is a version`() throws {
        let rig = try Rig()
        let manifest = try Self.manifest([("a", content), ("b", []), ("c", content)])
        #expect(try rig.offer(manifest).wanted == [BlobCursor(digest: Self.digest(manifest), offset: 0)])
        rig.send(manifest)
        let wanted = try rig.offer(manifest).wanted
        #expect(wanted == [BlobCursor(digest: Self.digest(content), offset: 0)])
        #expect(rig.send(Array(content[..<4]), of: content).offset == 4)
        // A break: whoever offers again is told from where to go on.
        #expect(try rig.offer(manifest).wanted == [BlobCursor(digest: Self.digest(content), offset: 4)])
        #expect(rig.send(Array(content[4...]), at: 4, of: content).offset == content.count)
        #expect(try rig.offer(manifest).version == 0)
        #expect(try rig.offer(manifest).version == 0)
        #expect(try rig.offer(manifest, "other").version == 0)
        #expect(try rig.intake.read(Self.digest(content), offset: 4, limit: 3) == Array(content[4..<7]))
    }

    @Test func `who lies about a size neither blocks nor restarts an honest one`() throws {
        let rig = try Rig()
        let honest = try Self.manifest([("a", content)])
        let lies = try [1, 5, 10_000].map { try Self.manifest([("a", content)], size: $0) }
        for manifest in [honest] + lies {
            _ = try rig.offer(manifest)
            rig.send(manifest)
        }
        _ = try rig.offer(honest)
        #expect(rig.send(Array(content[..<10]), of: content).offset == 10)
        for (manifest, size) in zip(lies, [1, 5, 10_000]) {
            #expect(try rig.offer(manifest).wanted == [BlobCursor(digest: Self.digest(content), offset: 0)])
            rig.send(Array(content[..<min(5, size)]), of: content, size: size)
            #expect(try rig.offer(honest).wanted == [BlobCursor(digest: Self.digest(content), offset: 10)])
        }
        #expect(rig.send(Array(content[10...]), at: 10, of: content).offset == content.count)
        #expect(try rig.offer(honest).version == 0)
        // Now it is plain who has lied.
        for manifest in lies {
            let error = #expect(throws: SweepError.self) { try rig.offer(manifest) }
            #expect(error?.message.contains("\(content.count) bytes") == true)
        }
        #expect(try rig.store.artifacts().count == 1)
    }

    @Test func `a chunk that does not say the size is of the last who offered`() throws {
        let rig = try Rig()
        let manifest = try Self.manifest([("a", content)])
        _ = try rig.offer(manifest)
        let old = BlobChunk(
            digest: Self.digest(manifest), offset: 0, base64: Data(manifest).base64EncodedString())
        #expect(rig.intake.write(old).offset == manifest.count)
    }

    @Test func `nothing is taken that nobody has asked for`() throws {
        let rig = try Rig()
        #expect(rig.send(content).problem != nil)
        _ = try rig.offer(try Self.manifest([("a", content)]))
        #expect(rig.send(content).problem != nil)
        let wrong = BlobChunk(
            digest: Self.digest(try Self.manifest([("a", content)])), offset: 0, base64: "no base64!", size: nil)
        #expect(rig.intake.write(wrong).problem == "it is no base64")
    }

    @Test func `other bytes than those of the digest are refused, and asked for anew`() throws {
        let rig = try Rig()
        let manifest = try Self.manifest([("a", content)])
        _ = try rig.offer(manifest)
        rig.send(manifest)
        _ = try rig.offer(manifest)
        let kept = rig.send(Array(repeating: 7, count: content.count), of: content)
        #expect(kept.problem?.contains("digest") == true)
        #expect(try rig.offer(manifest).wanted == [BlobCursor(digest: Self.digest(content), offset: 0)])
        rig.send(content)
        #expect(try rig.offer(manifest).version == 0)
    }

    @Test(arguments: ["../up", "a/../../b", "/etc/passwd", "", ".", "a//b", "a/.", String(repeating: "x", count: 300)])
    func `a path that leads out of the folder is refused`(path: String) throws {
        let rig = try Rig()
        let manifest = try Self.manifest([(path, content)])
        _ = try rig.offer(manifest)
        rig.send(manifest)
        let error = #expect(throws: SweepError.self) { try rig.offer(manifest) }
        #expect(error?.category == .usage)
        #expect(try rig.store.artifacts().isEmpty)
    }

    @Test(arguments: ["..", "a/b", ".hidden", "", "a b", String(repeating: "x", count: 129)])
    func `a name that is none is refused`(name: String) throws {
        let rig = try Rig()
        #expect(throws: SweepError.self) { try rig.offer(try Self.manifest([("a", content)]), name) }
    }

    @Test func `a manifest that is none is refused`() throws {
        let rig = try Rig()
        for text in ["{}", "nonsense", #"{"files":[]}"#] {
            let bytes = Array(text.utf8)
            _ = try rig.offer(bytes)
            rig.send(bytes)
            #expect(throws: SweepError.self) { try rig.offer(bytes) }
        }
        #expect(throws: SweepError.self) {
            try rig.intake.consider(
                ArtifactOffer(name: "a", manifest: Self.digest([]), size: ArtifactManifest.maximumSize + 1), aliases: []
            )
        }
        #expect(throws: SweepError.self) { try rig.offer(Array("{}".utf8), aliases: ["latest"]) }
    }

    @Test func `on a full disk nothing is lost, and it goes on when there is space`() throws {
        let isFull = Mutex(false)
        let rig = try Rig { file, bytes, offset in
            guard !isFull.withLock({ $0 }) else {
                errno = ENOSPC
                return -1
            }
            return pwrite(file, bytes.baseAddress, bytes.count, off_t(offset))
        }
        let manifest = try Self.manifest([("a", content)])
        _ = try rig.offer(manifest)
        rig.send(manifest)
        _ = try rig.offer(manifest)
        rig.send(Array(content[..<6]), of: content)
        isFull.withLock { $0 = true }
        let kept = rig.send(Array(content[6...]), at: 6, of: content)
        #expect(kept.offset == 6)
        #expect(kept.problem == nil)
        isFull.withLock { $0 = false }
        rig.send(Array(content[6...]), at: 6, of: content)
        #expect(try rig.offer(manifest).version == 0)
    }

    @Test func `of a trial no more is taken than a controller's limit`() throws {
        let rig = try Rig()
        let attempt = AttemptID(TrialID(SweepID("abcd2345"), 1), 1)
        let manifest = try Self.manifest([("a", content), ("b", content)], size: 501)
        _ = try rig.offer(manifest, of: attempt)
        rig.send(manifest)
        #expect(
            throws: SweepError(.usage, "it has 1002 bytes, and the controller takes 1000 of a trial (--max-artifact)")
        ) {
            try rig.offer(manifest, of: attempt)
        }
        // A person knows what they do.
        #expect(try rig.offer(manifest).wanted.count == 1)
    }

    @Test func `what is on its way for a sweep that is deleted is freed with it, and no more of it is taken`() throws {
        let rig = try Rig()
        let attempt = AttemptID(TrialID(SweepID("abcd2345"), 1), 1)
        let other = AttemptID(TrialID(SweepID("bcde3456"), 1), 1)
        let (mine, theirs) = (Array("of the deleted one".utf8), Array("of another one".utf8))
        _ = try rig.offer(mine, of: attempt)
        _ = try rig.offer(theirs, of: other)
        for one in [mine, theirs] { rig.send(Array(one[..<3]), of: one) }
        rig.intake.forget(attempt.sweep)
        #expect(try rig.intake.collect().blobs == 1)
        #expect(rig.send(Array(mine[3...]), at: 3, of: mine).problem == "nobody has asked for it")
        #expect(rig.send(Array(theirs[3...]), at: 3, of: theirs).offset == theirs.count)
    }

    @Test func `what no version has is freed, and what is on its way stays`() throws {
        let rig = try Rig()
        let other = Array("another content".utf8)
        for (name, bytes) in [("one", content), ("two", other)] {
            let manifest = try Self.manifest([("a", bytes)])
            _ = try rig.offer(manifest, name)
            rig.send(manifest)
            _ = try rig.offer(manifest, name)
            rig.send(bytes)
            _ = try rig.offer(manifest, name)
        }
        let begun = Array("is on its way".utf8)
        _ = try rig.offer(begun, "three")
        rig.send(Array(begun[..<3]), of: begun)
        #expect(try rig.intake.collect().blobs == 0)
        let freed = try rig.intake.remove(try rig.store.artifacts(name: "two"))
        #expect(freed.versions == 1)
        #expect(freed.blobs == 2)
        #expect(freed.bytes > 0)
        #expect(rig.intake.file(Self.digest(other)) == nil)
        #expect(rig.intake.file(Self.digest(content)) != nil)
        #expect(try rig.offer(begun, "three").wanted.first?.offset == 3)
        #expect(throws: SweepError.self) { try rig.intake.read("../../etc/passwd", offset: 0, limit: 1) }
    }
}
