import Crypto
import Glibc
import SweepModel
import SweepRecord
import SweepWire

/// A content, and how long it is.
struct BlobFile: Hashable, Sendable {
    var digest: String
    var size: Int
}

/// What an agent keeps of the artifacts that its trials were given: each content once, those that were not used for longest
/// going first when it is too much.
struct InputCache {
    private var folder: BlobFolder
    /// Bytes, at most; what is being given may exceed it meanwhile.
    private let limit: Int

    init(_ path: String, limit: Int) {
        folder = BlobFolder(path, remedy: "free space there, or give the agent a smaller --artifact-cache")
        self.limit = limit
    }

    func begun(_ content: BlobFile) -> Int { folder.begun(content.digest, size: content.size) }

    mutating func write(_ bytes: [UInt8], of content: BlobFile, at offset: Int) throws(SweepError) -> Int {
        try folder.write(bytes, of: content.digest, at: offset, size: content.size)
    }

    // MARK: What is missing

    /// The manifests that are not here; where all are, the files that are not.
    mutating func missing(of fetch: InputFetch) throws(SweepError) -> [BlobFile] {
        let manifests = try missing(fetch.inputs.map { BlobFile(digest: $0.version.manifest, size: $0.version.size) })
        guard manifests.isEmpty else { return manifests }
        var files: [BlobFile] = []
        for input in fetch.inputs {
            files += try manifest(input).files.map { BlobFile(digest: $0.digest, size: $0.size) }
        }
        let missing = try missing(files)
        if !missing.isEmpty {
            let manifests = fetch.inputs.map(\.version.manifest)
            trim(to: limit - missing.reduce(0) { $0 + $1.size }, keeping: Set(files.map(\.digest) + manifests))
        }
        return missing
    }

    private mutating func missing(_ contents: [BlobFile]) throws(SweepError) -> [BlobFile] {
        var missing: [BlobFile] = []
        var seen: Set<BlobFile> = []
        for content in contents where seen.insert(content).inserted {
            guard ArtifactManifest.isDigest(content.digest), content.size >= 0 else {
                throw SweepError(.failed, "the controller names a content that is none")
            }
            if let size = folder.size(of: content.digest) {
                if size == content.size { continue }
                _ = folder.remove(content.digest)
            }
            // Nothing needs to be sent of it; or all came before a break.
            if begun(content) >= content.size {
                do throws(SweepError) {
                    if try write([], of: content, at: content.size) == content.size { continue }
                } catch {
                    guard error.category == .usage, content.size > 0 else { throw error }
                }
            }
            missing.append(content)
        }
        return missing
    }

    private func manifest(_ input: InputFetch.Input) throws(SweepError) -> ArtifactManifest {
        guard let bytes = folder.read(input.version.manifest, offset: 0, limit: ArtifactManifest.maximumSize),
            let manifest = try? JSONCoding.decode(ArtifactManifest.self, from: bytes), manifest.problem == nil
        else { throw SweepError(.failed, "the list of files of \(input.version.version) cannot be read") }
        return manifest
    }

    // MARK: Giving

    /// Puts all into the attempt's folder, read-only.
    ///
    /// - Parameter isReleased: it is not needed any more.
    /// - Returns: the digest of a content that turned out to be damaged here (it is removed); nil: all is there.
    mutating func place(_ fetch: InputFetch, isReleased: () -> Bool) throws(SweepError) -> String? {
        FolderTree.remove(fetch.folder)
        var folders: [String] = []
        try makeFolder(fetch.folder, &folders)
        for input in fetch.inputs {
            let top = "\(fetch.folder)/\(input.name)"
            for file in try manifest(input).files {
                guard !isReleased() else {
                    FolderTree.remove(fetch.folder)
                    return nil
                }
                let target = "\(top)/\(file.path)"
                if let slash = target.lastIndex(of: "/") { try makeFolder(String(target[..<slash]), &folders) }
                guard try place(file, at: target, mayLink: fetch.mayLink, isReleased) else {
                    _ = folder.remove(file.digest)
                    return file.digest
                }
            }
        }
        // From the inside out: nobody makes files in a folder that is closed.
        for path in folders.reversed() { chmod(path, 0o555) }
        trim(to: limit, keeping: [])
        return nil
    }

    private func makeFolder(_ path: String, _ made: inout [String]) throws(SweepError) {
        if mkdir(path, 0o755) == 0 {
            chmod(path, 0o755)
            return made.append(path)
        }
        if errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw failure("made", path)
        }
        try makeFolder(String(path[..<slash]), &made)
        guard mkdir(path, 0o755) == 0 else { throw failure("made", path) }
        chmod(path, 0o755)
        made.append(path)
    }

    /// A link where the trial cannot write through it; else a copy, which shares its blocks where the disk can do that.
    ///
    /// - Returns: false: the bytes here have another digest by now.
    private func place(
        _ file: ArtifactFile, at target: String, mayLink: Bool, _ isReleased: () -> Bool
    ) throws(SweepError) -> Bool {
        let source = open(folder.file(file.digest), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard source >= 0 else { return false }
        defer { close(source) }
        // It was used now.
        futimens(source, nil)
        if mayLink, fchmod(source, 0o444) == 0, link(folder.file(file.digest), target) == 0 { return true }
        let copy = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard copy >= 0 else { throw failure("made", target) }
        defer { close(copy) }
        // FICLONE of linux/fs.h.
        let isShared = ioctl(copy, 0x4004_9409, source) == 0
        if !isShared, try Self.copy(source, to: copy, target, isReleased) != file.digest {
            unlink(target)
            return false
        }
        fchmod(copy, 0o444)
        return true
    }

    /// - Returns: the digest of what was copied.
    private static func copy(
        _ source: Int32, to copy: Int32, _ path: String, _ isReleased: () -> Bool
    ) throws(SweepError) -> String {
        var hash = SHA256()
        var offset = 0
        while true {
            guard !isReleased() else { throw SweepError(.unavailable, "\(path) is not needed any more") }
            guard let bytes = DiskFile.read(source, offset: offset, limit: 1 << 20) else {
                throw failure("copied", path)
            }
            if bytes.isEmpty { return BlobFolder.text(hash.finalize()) }
            hash.update(data: bytes)
            offset += bytes.count
            guard DiskFile.append(copy, bytes) else { throw failure("written", path) }
        }
    }

    // MARK: Bounds

    /// Removes what was not used for longest, until there are at most `limit` bytes.
    private func trim(to limit: Int, keeping kept: Set<String>) {
        var all: [(digest: String, size: Int, used: Int)] = []
        try? folder.forEachFolder { digests in
            for digest in digests {
                var status = stat()
                guard lstat(folder.file(digest), &status) == 0 else { continue }
                let used = Int(status.st_mtim.tv_sec) * 1000 + Int(status.st_mtim.tv_nsec) / 1_000_000
                all.append((digest, Int(status.st_size), used))
            }
        }
        var sum = all.reduce(0) { $0 + $1.size }
        guard sum > limit else { return }
        for content in all.sorted(by: { $0.used < $1.used }) where !kept.contains(content.digest) {
            guard sum > limit else { return }
            _ = folder.remove(content.digest)
            sum -= content.size
        }
    }

    private static func failure(_ verb: String, _ path: String) -> SweepError {
        let number = errno
        return SweepError(
            [ENOSPC, EDQUOT].contains(number) ? .tryAgain : .failed,
            "\(path) cannot be \(verb): \(String(cString: strerror(number)))", remedy: "look at its disk")
    }

    private func failure(_ verb: String, _ path: String) -> SweepError { Self.failure(verb, path) }
}
