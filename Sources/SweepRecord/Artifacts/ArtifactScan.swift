import Crypto
import Glibc
package import SweepModel

/// Reads a folder as an artifact: which files it holds, and the digest of each.
///
/// Blocks, for as long as the disk needs to read everything.
package struct ArtifactScan: Sendable {
    /// Seen at the top of a folder, this file is also the artifact's metadata.
    package static let metadataFile = "metadata.json"

    package let manifest: ArtifactManifest
    /// The manifest as JSON, which is what is kept.
    package let bytes: [UInt8]
    package let digest: String
    /// What is not taken, in words: links, devices, what cannot be read.
    package let skipped: [String]

    /// - Parameters:
    ///   - manifest: as it was found.
    /// - Throws: `.usage` when it is no artifact.
    package init(_ manifest: ArtifactManifest, skipped: [String] = []) throws(SweepError) {
        if let problem = manifest.problem { throw SweepError(.usage, problem) }
        guard let bytes = try? JSONCoding.encode(manifest), bytes.count <= ArtifactManifest.maximumSize else {
            throw SweepError(.usage, "its list of files has over \(ArtifactManifest.maximumSize) bytes")
        }
        self.manifest = manifest
        self.bytes = bytes
        self.skipped = skipped
        digest = BlobFolder.text(SHA256.hash(data: bytes))
    }

    /// - Parameters:
    ///   - path: a folder, or one file.
    ///   - isStopped: asked now and then; true: it is left.
    ///   - open: opens a file below `path` (the empty path: `path` itself) for reading; the caller closes it. Throws why not.
    /// - Throws: `.usage` when there is nothing in it, or too much; `.unavailable` when it was stopped.
    package init(
        folder path: String, type: String? = nil, metadata: ParameterValue? = nil, aliases: [String]? = nil,
        isStopped: () -> Bool = { false }, open: (_ file: String) throws(SweepError) -> Int32
    ) throws(SweepError) {
        var walk = Walk()
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw SweepError(.notFound, "\(path): \(String(cString: strerror(errno)))")
        }
        if status.st_mode & S_IFMT == S_IFDIR { try walk.enter(path, "") } else { walk.files = [""] }
        let single = String(path.split(separator: "/").last ?? "file")
        try self.init(
            paths: walk.files.map { $0.isEmpty ? single : $0 }, in: path,
            ArtifactManifest(type: type, metadata: metadata, aliases: aliases, files: []), skipped: walk.skipped,
            isStopped: isStopped
        ) { (file) throws(SweepError) in try open(walk.files == [""] ? "" : file) }
    }

    /// Files that need not lie in one folder.
    ///
    /// - Parameters:
    ///   - paths: in the artifact.
    ///   - what: for people.
    ///   - manifest: without files.
    package init(
        paths: [String], in what: String, _ manifest: ArtifactManifest, skipped: [String] = [],
        isStopped: () -> Bool = { false }, open: (_ path: String) throws(SweepError) -> Int32
    ) throws(SweepError) {
        var (manifest, skipped) = (manifest, skipped)
        for path in paths.sorted() {
            do throws(SweepError) {
                let descriptor = try open(path)
                defer { close(descriptor) }
                manifest.files.append(try Self.file(descriptor, path, isStopped))
                if path == Self.metadataFile, manifest.metadata == nil { manifest.metadata = Self.metadata(descriptor) }
            } catch {
                guard error.category != .unavailable else { throw error }
                skipped.append(error.message)
            }
        }
        guard !manifest.files.isEmpty else {
            throw SweepError(.usage, "\(what) holds no file\(skipped.first.map { " that is taken: \($0)" } ?? "")")
        }
        try self.init(manifest, skipped: skipped)
    }

    /// The files below a folder, links and devices left out.
    private struct Walk {
        var files: [String] = []
        var skipped: [String] = []

        mutating func enter(_ folder: String, _ prefix: String) throws(SweepError) {
            guard let handle = opendir(folder) else {
                skipped.append("\(prefix): \(String(cString: strerror(errno)))")
                return
            }
            defer { closedir(handle) }
            while let entry = readdir(handle) {
                let raw = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
                guard let name = String(validating: raw, as: UTF8.self) else {
                    skipped.append("\(prefix)\(String(decoding: raw, as: UTF8.self)): its name is no UTF-8")
                    continue
                }
                if name == "." || name == ".." { continue }
                let path = prefix + name
                var status = stat()
                guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFDIR:
                    if ArtifactManifest.isPath(path) { try enter("\(folder)/\(name)", path + "/") }
                case S_IFREG where !ArtifactManifest.isPath(path): skipped.append("\(path): its path is too long")
                case S_IFREG:
                    files.append(path)
                    guard files.count <= ArtifactManifest.maximumFiles else {
                        throw SweepError(.usage, "it holds over \(ArtifactManifest.maximumFiles) files")
                    }
                case S_IFLNK: skipped.append("\(path): it is a link")
                default: skipped.append("\(path): it is no regular file")
                }
            }
        }
    }

    private static func file(
        _ descriptor: Int32, _ path: String, _ isStopped: () -> Bool
    ) throws(SweepError) -> ArtifactFile {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw SweepError(.failed, "\(path): \(String(cString: strerror(errno)))")
        }
        guard !HollowFile.is(status) else {
            throw SweepError(
                .denied, "\(path): it is said to have \(status.st_size) bytes, and next to none of them are there")
        }
        var hash = SHA256()
        var size = 0
        // Who still writes to it is not followed for ever.
        try forEachPiece(descriptor, path, limit: Int(status.st_size)) { (piece) throws(SweepError) in
            guard !isStopped() else { throw SweepError(.unavailable, "'\(path)' was not read to its end") }
            hash.update(data: piece)
            size += piece.count
        }
        return ArtifactFile(path: path, size: size, digest: BlobFolder.text(hash.finalize()))
    }

    private static func forEachPiece(
        _ descriptor: Int32, _ path: String, limit: Int, _ body: (ArraySlice<UInt8>) throws(SweepError) -> Void
    ) throws(SweepError) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset = 0
        while offset < limit {
            let count = pread(descriptor, &buffer, min(buffer.count, limit - offset), off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw SweepError(.failed, "\(path) cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0 { return }
            try body(buffer[..<count])
            offset += count
        }
    }

    /// nil where it is no JSON object, or a large one: then it is a file like any.
    private static func metadata(_ descriptor: Int32) -> ParameterValue? {
        var bytes: [UInt8] = []
        try? forEachPiece(descriptor, metadataFile, limit: ArtifactManifest.maximumMetadata + 1) { bytes += $0 }
        guard bytes.count <= ArtifactManifest.maximumMetadata, let value = try? JSONParser.parse(bytes),
            value.members != nil
        else { return nil }
        return value
    }
}
