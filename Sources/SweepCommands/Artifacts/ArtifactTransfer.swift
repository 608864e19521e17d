import FoundationEssentials
import Glibc
import SweepModel
import SweepRecord
import SweepTrust
import SweepWire

/// Artifacts between a folder here and the controller.
struct ArtifactTransfer {
    let client: Client

    /// Offers what was read from `path`, and sends what the controller lacks.
    ///
    /// - Returns: the version, and the bytes that had to be sent.
    func put(
        _ scan: ArtifactScan, from path: String, name: String, aliases: [String]
    ) async throws -> (version: Int, sent: Int) {
        var places: [String: (path: String, size: Int)] = [:]
        let isFile = !Self.isFolder(path)
        for file in scan.manifest.files {
            places[file.digest] = (isFile ? path : "\(path)/\(file.path)", file.size)
        }
        let offer = ArtifactOffer(name: name, manifest: scan.digest, size: scan.bytes.count, aliases: aliases)
        var sent = 0
        var breaks = 0
        while true {
            let progress = try await client.one(.artifact(.offer(offer: offer)), as: ArtifactProgress.self)
            if let version = progress.version { return (version, sent) }
            if let problem = progress.problem {
                throw SweepError(.failed, "the controller does not take it: \(problem)")
            }
            for cursor in progress.wanted {
                do {
                    if cursor.digest == scan.digest {
                        sent += try await send(cursor, of: scan.bytes.count) {
                            Array(scan.bytes.dropFirst($0).prefix($1))
                        }
                    } else if let place = places[cursor.digest] {
                        let file = open(place.path, O_RDONLY | O_CLOEXEC)
                        guard file >= 0 else { throw Self.failure("opened", place.path) }
                        defer { close(file) }
                        sent += try await send(cursor, of: place.size) { Self.read(file, offset: $0, limit: $1) }
                    } else {
                        throw SweepError(.failed, "the controller asks for a content that is not in \(path)")
                    }
                } catch let error as SweepError where error.category == .conflict && breaks < 3 {
                    // Begun by somebody else with other bytes, or gone meanwhile: from the beginning.
                    breaks += 1
                }
            }
        }
    }

    private func send(
        _ cursor: BlobCursor, of size: Int, read: (_ offset: Int, _ limit: Int) -> [UInt8]
    ) async throws -> Int {
        var offset = cursor.offset
        var sent = 0
        var still = 0
        while true {
            let bytes = read(offset, BlobChunk.maximumSize)
            if bytes.isEmpty, sent > 0 { return sent }
            let chunk = BlobChunk(
                digest: cursor.digest, offset: offset, base64: Data(bytes).base64EncodedString(), size: size)
            let kept = try await client.one(.artifact(.write(chunk: chunk)), as: BlobKept.self)
            if let problem = kept.problem {
                throw SweepError(.conflict, "a file is not taken: \(problem)", remedy: "see that nobody changes it")
            }
            still = kept.offset > offset ? 0 : still + 1
            guard still < 3 else {
                throw SweepError(
                    .tryAgain, "the controller takes no more of the file (is its disk full?)",
                    remedy: "free space there: sweep artifact gc")
            }
            sent += max(0, kept.offset - offset)
            offset = kept.offset
            if bytes.count < BlobChunk.maximumSize, kept.offset >= offset, still == 0 { return sent }
        }
    }

    /// Writes every file of an artifact below `folder`; what is there already with the right content stays.
    ///
    /// - Returns: the bytes that came.
    func get(_ files: [ArtifactFile], into folder: String) async throws -> Int {
        var fetched = 0
        for file in files {
            guard ArtifactManifest.isPath(file.path) else {
                throw SweepError(.failed, "'\(DisplayText.escape(file.path))' is no path in a folder")
            }
            let target = "\(folder)/\(file.path)"
            if let scan = try? ArtifactScan(folder: target, open: Self.opener(target)),
                scan.manifest.files.first?.digest == file.digest
            {
                continue
            }
            try Self.makeFolder(
                String(target.prefix(target.utf8.count - (file.path.split(separator: "/").last?.utf8.count ?? 0) - 1)))
            try await fetch(file, to: target)
            fetched += file.size
        }
        return fetched
    }

    /// Aside, checked, then renamed: a file that is there is whole.
    private func fetch(_ file: ArtifactFile, to target: String) async throws {
        let aside = "\(target).\(getpid()).part"
        let descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("made", aside) }
        var isDone = false
        defer {
            close(descriptor)
            if !isDone { unlink(aside) }
        }
        var size = 0
        try await client.stream(.artifact(.read(digest: file.digest, offset: 0))) { item in
            let chunk = try JSONCoding.decode(BlobChunk.self, from: item)
            guard chunk.offset == size, let bytes = Data(base64Encoded: chunk.base64) else {
                throw SweepError(.failed, "a piece of '\(DisplayText.escape(file.path))' came out of order")
            }
            guard Self.write(Array(bytes), descriptor) else { throw Self.failure("written", aside) }
            size += bytes.count
        }
        guard try ArtifactScan(folder: aside, open: Self.opener(aside)).manifest.files.first?.digest == file.digest
        else { throw SweepError(.failed, "'\(DisplayText.escape(file.path))' came with another content") }
        guard rename(aside, target) == 0 else { throw Self.failure("renamed", aside) }
        isDone = true
    }

    // MARK: Files here

    static func opener(_ path: String) -> (String) throws(SweepError) -> Int32 {
        { (file) throws(SweepError) in
            let full = file.isEmpty ? path : "\(path)/\(file)"
            let descriptor = open(full, O_RDONLY | O_CLOEXEC | (file.isEmpty ? 0 : O_NOFOLLOW) | O_NONBLOCK)
            guard descriptor >= 0 else { throw failure("opened", full) }
            return descriptor
        }
    }

    static func isFolder(_ path: String) -> Bool { FileFacts(path)?.isFolder == true }

    private static func makeFolder(_ path: String) throws(SweepError) {
        if isFolder(path) { return }
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try makeFolder(String(path[..<slash])) }
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("made", path) }
    }

    private static func read(_ file: Int32, offset: Int, limit: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = 0
            while count < limit {
                let got = pread(file, buffer.baseAddress.map { $0 + count }, limit - count, off_t(offset + count))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return }
                count += got
            }
        }
    }

    private static func write(_ bytes: [UInt8], _ file: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(file, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private static func failure(_ verb: String, _ path: String) -> SweepError {
        SweepError(.failed, "\(path) cannot be \(verb): \(String(cString: strerror(errno)))")
    }
}
