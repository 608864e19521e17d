import Crypto
import Glibc
import SweepModel
import SweepTrust
import SweepWire

/// Contents of files by their SHA-256: `ab/REST` below the home's `artifacts`, each there once, whole or not at all. What is
/// on its way lies in `parts`, and goes on from where it was.
///
/// Not thread-safe: `ArtifactIntake` holds it behind a lock.
struct BlobFolder {
    /// Most contents that come at the same time with their digest at hand; of others it is computed anew.
    private static let maximumOpen = 64
    /// Free space that artifacts leave to the record: this, or a twentieth of the disk where that is less.
    static let reserve = 512 << 20

    /// A content on its way. Its digest grows with it.
    private final class Part {
        let file: Int32
        var size: Int
        var hash = SHA256()

        init(file: Int32, size: Int) {
            self.file = file
            self.size = size
        }

        deinit { close(file) }
    }

    let path: String
    private var parts: [String: Part] = [:]
    /// The last time that the disk was looked at, and the bytes that it has to give since then.
    private var room = 0

    init(_ path: String) { self.path = path }

    private func folder(_ digest: String) -> String { "\(path)/\(digest.prefix(2))" }
    func file(_ digest: String) -> String { "\(folder(digest))/\(digest.dropFirst(2))" }
    private var partsFolder: String { path + "/parts" }
    private func partFile(_ digest: String) -> String { "\(partsFolder)/\(digest)" }

    func has(_ digest: String) -> Bool { FileFacts(file(digest), followsLinks: false)?.isFile == true }

    /// How much of a content is there that is not whole.
    func begun(_ digest: String) -> Int { parts[digest]?.size ?? FileFacts(partFile(digest))?.size ?? 0 }

    /// Adds a piece.
    ///
    /// - Parameter size: of the whole content.
    /// - Returns: how much there is now; less than was sent where the piece does not follow or the disk is full.
    /// - Throws: `.usage` where the content turns out to have another digest (it is removed), `.tryAgain` on a full disk.
    mutating func write(_ bytes: [UInt8], of digest: String, at offset: Int, size: Int) throws(SweepError) -> Int {
        if has(digest) { return size }
        let part = try open(digest)
        if part.size > size { try restart(part) }
        guard offset == part.size, bytes.count <= size - offset else { return part.size }
        if !bytes.isEmpty {
            try makeRoom(bytes.count)
            try append(bytes, to: part, digest)
        }
        guard part.size == size else { return part.size }
        parts[digest] = nil
        guard Hexadecimal.text(part.hash.finalize()) == digest else {
            unlink(partFile(digest))
            throw SweepError(.usage, "its bytes have another digest")
        }
        guard fsync(part.file) == 0 else { throw failure("written") }
        if mkdir(folder(digest), 0o700) == 0 { sync(path) }
        guard rename(partFile(digest), file(digest)) == 0 else { throw failure("renamed") }
        return size
    }

    private func append(_ bytes: [UInt8], to part: Part, _ digest: String) throws(SweepError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(
                    part.file, buffer.baseAddress.map { $0 + written }, buffer.count - written,
                    off_t(part.size + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let problem = failure("written")
                ftruncate(part.file, off_t(part.size))
                throw problem
            }
            written += count
        }
        part.hash.update(data: bytes)
        part.size += bytes.count
    }

    private func restart(_ part: Part) throws(SweepError) {
        guard ftruncate(part.file, 0) == 0 else { throw failure("written") }
        part.size = 0
        part.hash = SHA256()
    }

    private mutating func open(_ digest: String) throws(SweepError) -> Part {
        if let part = parts[digest] { return part }
        if parts.count >= Self.maximumOpen { parts.removeAll() }
        try HomeFolder.make(partsFolder)
        let file = Glibc.open(partFile(digest), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("made") }
        let part = Part(file: file, size: 0)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = pread(file, &buffer, buffer.count, off_t(part.size))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read") }
            if count == 0 { break }
            part.hash.update(data: buffer[..<count])
            part.size += count
        }
        parts[digest] = part
        return part
    }

    /// Artifacts never take the last of a disk, which the record needs.
    private mutating func makeRoom(_ bytes: Int) throws(SweepError) {
        if room < bytes {
            var facts = statvfs()
            guard statvfs(path, &facts) == 0 else { return }
            let block = Int(clamping: facts.f_frsize)
            let free = Int(clamping: facts.f_bavail).multipliedReportingOverflow(by: block).partialValue
            let all = Int(clamping: facts.f_blocks).multipliedReportingOverflow(by: block).partialValue
            let spare = free - min(Self.reserve, all / 20)
            guard spare >= bytes else {
                throw SweepError(
                    .tryAgain, "the disk of \(path) is full", remedy: "free space there: sweep artifact gc")
            }
            // Looked at again soon: others write too.
            room = min(spare, 64 << 20)
        }
        room -= bytes
    }

    /// The names of contents are durable only once their folders are.
    func syncNames(of digests: some Sequence<String>) { for folder in Set(digests.map(folder)) { sync(folder) } }

    private func sync(_ folder: String) {
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    // MARK: Freeing

    /// Removes a whole content.
    ///
    /// - Returns: the bytes of the disk that are free again; nil where there was none.
    func remove(_ digest: String) -> Int? {
        guard let facts = FileFacts(file(digest), followsLinks: false), unlink(file(digest)) == 0 else { return nil }
        rmdir(folder(digest))
        return facts.storedBytes
    }

    /// Removes what is not on its way of the contents that were begun; `isWanted` tells.
    mutating func removeParts(_ isWanted: (String) -> Bool) -> (blobs: Int, bytes: Int) {
        var freed = (blobs: 0, bytes: 0)
        for digest in HomeFolder.names(in: partsFolder) where !isWanted(digest) {
            parts[digest] = nil
            let bytes = FileFacts(partFile(digest), followsLinks: false)?.storedBytes ?? 0
            if unlink(partFile(digest)) == 0 { freed = (freed.blobs + 1, freed.bytes + bytes) }
        }
        return freed
    }

    /// The digests of all whole contents, a folder at a time.
    func forEachFolder(_ body: ([String]) throws(SweepError) -> Void) throws(SweepError) {
        for prefix in HomeFolder.names(in: path) where prefix.utf8.count == 2 {
            let digests = HomeFolder.names(in: "\(path)/\(prefix)").map { prefix + $0 }
            try body(digests.filter(ArtifactManifest.isDigest))
        }
    }

    /// Up to `limit` bytes of a whole content; nil where it is not there.
    func read(_ digest: String, offset: Int, limit: Int) -> [UInt8]? {
        let descriptor = Glibc.open(file(digest), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let have = bytes.count
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: min(limit - have, 1 << 18)) { buffer, length in
                count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset + have))
                length = max(0, count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += piece
        }
        return bytes
    }

    private func failure(_ verb: String) -> SweepError {
        let number = errno
        let category: SweepError.Category = [ENOSPC, EDQUOT, EIO, EROFS].contains(number) ? .tryAgain : .failed
        return SweepError(category, "a content in \(path) cannot be \(verb): \(systemError(number))")
    }
}
