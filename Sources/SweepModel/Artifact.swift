/// One file of an artifact.
package struct ArtifactFile: Hashable, Sendable, Codable {
    /// From the artifact's folder, with `/` between the parts.
    package var path: String
    /// Bytes.
    package var size: Int
    /// SHA-256, 64 lowercase hexadecimal digits: where its content is kept.
    package var digest: String

    package init(path: String, size: Int, digest: String) {
        self.path = path
        self.size = size
        self.digest = digest
    }
}

/// What an artifact holds. The digest of its JSON names the artifact's content: the same files with the same metadata have
/// the same manifest, whoever made it and when.
package struct ArtifactManifest: Hashable, Sendable, Codable {
    /// Bytes of its JSON, and files, at most.
    package static let maximumSize = 32 << 20
    package static let maximumFiles = 100_000
    /// Bytes of `metadata` as JSON, at most.
    package static let maximumMetadata = 64 << 10

    /// What kind of thing it is, as W&B has it: `model`, `dataset`; nil: nobody has said.
    package var type: String?
    /// A JSON object.
    package var metadata: ParameterValue?
    /// Names that this version is to have, besides its number.
    package var aliases: [String]?
    /// By path, ascending.
    package var files: [ArtifactFile]

    package init(
        type: String? = nil, metadata: ParameterValue? = nil, aliases: [String]? = nil, files: [ArtifactFile]
    ) {
        self.type = type
        self.metadata = metadata
        self.aliases = aliases
        self.files = files
    }

    /// Bytes of all files; nil when there is no such number.
    package var size: Int? {
        var sum = 0
        for file in files {
            let (next, isTooLarge) = sum.addingReportingOverflow(file.size)
            guard !isTooLarge, file.size >= 0 else { return nil }
            sum = next
        }
        return sum
    }

    /// Why it is not taken; nil when nothing is wrong.
    package var problem: String? {
        guard !files.isEmpty else { return "it holds no file" }
        guard files.count <= Self.maximumFiles else { return "it holds over \(Self.maximumFiles) files" }
        guard size != nil else { return "its sizes are no sizes" }
        var previous: String?
        for file in files {
            guard Self.isPath(file.path) else { return "'\(file.path.prefix(80))' is no path in a folder" }
            guard Self.isDigest(file.digest) else { return "'\(file.digest.prefix(80))' is no SHA-256" }
            if let previous, previous >= file.path { return "its files are not in the order of their paths" }
            previous = file.path
        }
        if let metadata, metadata.members == nil { return "its metadata is no object" }
        if let type, !Self.isName(type) { return "'\(type.prefix(80))' is no type" }
        if let aliases, aliases.count > 100 || !aliases.allSatisfy(Self.isAlias) { return "its aliases are no names" }
        return nil
    }

    /// Relative, without `.` and `..`, at most 1,024 bytes and 64 parts.
    package static func isPath(_ path: String) -> Bool {
        guard (1...1024).contains(path.utf8.count), !path.utf8.contains(0) else { return false }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count <= 64
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
    }

    package static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
                default: false
                }
            }
    }

    /// 1 to 128 letters, digits, `-`, `_` and `.`, not beginning with a dot.
    package static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: ".") && name(from: text) == text
    }

    /// A name that is neither a version nor one of those that move by themselves.
    package static func isAlias(_ text: String) -> Bool {
        isName(text) && ArtifactReference.version(text) == nil && !ArtifactReference.moving.contains(text)
    }

    /// The nearest name to what a file or folder is called.
    package static func name(from text: String) -> String {
        var bytes = text.utf8.prefix(128).map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                byte
            default: UInt8(ascii: "_")
            }
        }
        if bytes.first == UInt8(ascii: ".") { bytes[0] = UInt8(ascii: "_") }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// How a person names a version: `[SWEEP/]NAME[:vN|:ALIAS]`; `latest` where no version is named.
package struct ArtifactReference: Hashable, Sendable, CustomStringConvertible {
    package static let latest = "latest"
    package static let best = "best"
    /// The aliases that nobody sets.
    package static let moving = [latest, best]

    package var sweep: String?
    package var name: String
    package var alias: String

    /// nil where it is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let last = parts.last, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        let ends = last.split(separator: ":", omittingEmptySubsequences: false)
        guard ends.count <= 2, let name = ends.first, ArtifactManifest.isName(String(name)) else { return nil }
        sweep = parts.count == 2 ? String(parts[0]) : nil
        self.name = String(name)
        alias = ends.count == 2 ? String(ends[1]) : Self.latest
        guard ArtifactManifest.isName(alias) else { return nil }
    }

    package var description: String { (sweep.map { "\($0)/" } ?? "") + "\(name):\(alias)" }

    /// The number in `v3`.
    package static func version(_ text: String) -> Int? {
        guard text.utf8.first == UInt8(ascii: "v"), let number = Int(text.dropFirst()), number >= 0,
            "v\(number)" == text
        else { return nil }
        return number
    }
}
