package import Crypto
import Glibc
package import SweepModel

/// Contents of files by their SHA-256: `ab/REST` below `path`, each there once, whole or not at all. What is on its way lies
/// in `parts`, by its digest and the size that it is said to have, and goes on from where it was: who lies about a size
/// touches nobody else's part.
///
/// Not thread-safe.
package struct BlobFolder {
    /// Most contents that come at the same time with their digest at hand; of others it is computed anew.
    private static let maximumOpen = 64
    /// Free space that is left to others: this, or a twentieth of the disk where that is less.
    package static let reserve = 512 << 20

    /// A content on its way. Its digest grows with it.
    private final class Part {
        let file: Int32
        var size = 0
        var hash = SHA256()

        init(file: Int32) { self.file = file }

        deinit { close(file) }
    }

    package let path: String
    /// What to do about a full disk.
    private let remedy: String
    private let write: @Sendable (_ file: Int32, UnsafeRawBufferPointer, _ offset: Int) -> Int
    private var parts: [String: Part] = [:]
    /// The last time that the disk was looked at, and the bytes that it has to give since then.
    private var room = 0

    /// - Parameter write: as `pwrite`; for tests.
    package init(
        _ path: String, remedy: String,
        write: @escaping @Sendable (_ file: Int32, UnsafeRawBufferPointer, _ offset: Int) -> Int = {
            pwrite($0, $1.baseAddress, $1.count, off_t($2))
        }
    ) {
        self.path = path
        self.remedy = remedy
        self.write = write
    }

    private func folder(_ digest: String) -> String { "\(path)/\(digest.prefix(2))" }
    package func file(_ digest: String) -> String { "\(folder(digest))/\(digest.dropFirst(2))" }
    private var partsFolder: String { path + "/parts" }
    private static func partName(_ digest: String, _ size: Int) -> String { "\(digest)-\(size)" }
    private func partFile(_ name: String) -> String { "\(partsFolder)/\(name)" }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return status
    }

    /// Bytes of a whole content; nil where it is not there.
    package func size(of digest: String) -> Int? { Self.status(file(digest)).map { Int($0.st_size) } }

    /// Bytes of the disk that a whole content takes; 0 where it is not there.
    package func storedSize(of digest: String) -> Int { Self.stored(file(digest)) }

    private static func stored(_ path: String) -> Int { status(path).map { Int($0.st_blocks) * 512 } ?? 0 }

    /// How much of a content of that size is there, where it is not whole.
    package func begun(_ digest: String, size: Int) -> Int {
        let name = Self.partName(digest, size)
        return parts[name]?.size ?? Self.status(partFile(name)).map { Int($0.st_size) } ?? 0
    }

    /// Adds a piece.
    ///
    /// - Parameters:
    ///   - digest: 64 hexadecimal digits.
    ///   - size: of the whole content.
    /// - Returns: how much there is now; less than was sent where the piece does not follow.
    /// - Throws: `.usage` where the content turns out to have another digest (it is removed) or is there with another size,
    ///   `.tryAgain` on a full disk.
    package mutating func write(
        _ bytes: [UInt8], of digest: String, at offset: Int, size: Int
    ) throws(SweepError) -> Int {
        if let there = self.size(of: digest) {
            guard there == size else { throw SweepError(.usage, "it has \(there) bytes, not \(size)") }
            return size
        }
        let name = Self.partName(digest, size)
        let part = try open(name)
        if part.size > size { try restart(part) }
        guard offset == part.size, bytes.count <= size - offset else { return part.size }
        if !bytes.isEmpty {
            try makeRoom(bytes.count)
            try append(bytes, to: part)
        }
        guard part.size == size else { return part.size }
        parts[name] = nil
        guard Self.text(part.hash.finalize()) == digest else {
            unlink(partFile(name))
            throw SweepError(.usage, "its bytes have another digest")
        }
        guard fsync(part.file) == 0 else { throw failure("written") }
        if mkdir(folder(digest), 0o700) == 0 { sync(path) } else if errno != EEXIST { throw failure("made") }
        guard rename(partFile(name), file(digest)) == 0 else { throw failure("renamed") }
        return size
    }

    private func append(_ bytes: [UInt8], to part: Part) throws(SweepError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(part.file, .init(rebasing: $0[written...]), part.size + written) }
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

    private mutating func open(_ name: String) throws(SweepError) -> Part {
        if let part = parts[name] { return part }
        if parts.count >= Self.maximumOpen { parts.removeAll() }
        for folder in [path, partsFolder] where mkdir(folder, 0o700) != 0 && errno != EEXIST { throw failure("made") }
        let file = Glibc.open(partFile(name), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failure("made") }
        let part = Part(file: file)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = pread(file, &buffer, buffer.count, off_t(part.size))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read") }
            if count == 0 { break }
            part.hash.update(data: buffer[..<count])
            part.size += count
        }
        parts[name] = part
        return part
    }

    /// Contents never take the last of a disk, which the record needs.
    private mutating func makeRoom(_ bytes: Int) throws(SweepError) {
        if room < bytes {
            var facts = statvfs()
            guard statvfs(path, &facts) == 0 else { return }
            let block = Int(clamping: facts.f_frsize)
            let free = Int(clamping: facts.f_bavail).multipliedReportingOverflow(by: block).partialValue
            let all = Int(clamping: facts.f_blocks).multipliedReportingOverflow(by: block).partialValue
            let spare = free - min(Self.reserve, all / 20)
            guard spare >= bytes else { throw SweepError(.tryAgain, "the disk of \(path) is full", remedy: remedy) }
            // Looked at again soon: others write too.
            room = min(spare, 64 << 20)
        }
        room -= bytes
    }

    /// The names of contents are durable only once their folders are.
    package func syncNames(of digests: some Sequence<String>) {
        for folder in Set(digests.map(folder)) { sync(folder) }
    }

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
    package func remove(_ digest: String) -> Int? {
        let bytes = storedSize(of: digest)
        guard unlink(file(digest)) == 0 else { return nil }
        rmdir(folder(digest))
        return bytes
    }

    /// Removes what is not on its way of the contents that were begun; `isWanted` tells.
    package mutating func removeParts(
        _ isWanted: (_ digest: String, _ size: Int) -> Bool
    ) -> (blobs: Int, bytes: Int) {
        var freed = (blobs: 0, bytes: 0)
        for name in Self.names(in: partsFolder) {
            let ends = name.split(separator: "-")
            if ends.count == 2, let size = Int(ends[1]), isWanted(String(ends[0]), size) { continue }
            parts[name] = nil
            let bytes = Self.stored(partFile(name))
            if unlink(partFile(name)) == 0 { freed = (freed.blobs + 1, freed.bytes + bytes) }
        }
        return freed
    }

    /// The digests of all whole contents, a folder at a time.
    package func forEachFolder(_ body: ([String]) throws(SweepError) -> Void) throws(SweepError) {
        for prefix in Self.names(in: path) where prefix.utf8.count == 2 {
            let digests = Self.names(in: "\(path)/\(prefix)").map { prefix + $0 }
            try body(digests.filter(ArtifactManifest.isDigest))
        }
    }

    /// Up to `limit` bytes of a whole content; nil where it is not there.
    package func read(_ digest: String, offset: Int, limit: Int) -> [UInt8]? {
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

    private static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// 64 lowercase hexadecimal digits.
    package static func text(_ digest: SHA256.Digest) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private func failure(_ verb: String) -> SweepError {
        let number = errno
        let passing = [ENOSPC, EDQUOT, EIO, EROFS, EMFILE, ENFILE, ENOMEM]
        let category: SweepError.Category = passing.contains(number) ? .tryAgain : .failed
        return SweepError(category, "a content in \(path) cannot be \(verb): \(String(cString: strerror(number)))")
    }
}
