package import SweepModel

/// Somebody has an artifact. Answered with the contents that are missing, and, once there are none, with its version: whoever
/// offers sends them and offers again. Asked again, it has the version that it had.
package struct ArtifactOffer: Hashable, Sendable, Codable {
    /// The attempt that has made it; nil: a person.
    package var attempt: AttemptID?
    package var name: String
    /// The digest and the length of its manifest, which is sent like a file.
    package var manifest: String
    package var size: Int
    /// What it should be called besides; only of a person's.
    package var aliases: [String]?

    package init(attempt: AttemptID? = nil, name: String, manifest: String, size: Int, aliases: [String]? = nil) {
        self.attempt = attempt
        self.name = name
        self.manifest = manifest
        self.size = size
        self.aliases = aliases
    }
}

/// A content that is wanted from `offset` on.
package struct BlobCursor: Hashable, Sendable, Codable {
    package var digest: String
    package var offset: Int

    package init(digest: String, offset: Int) {
        self.digest = digest
        self.offset = offset
    }
}

/// How an offer stands.
package struct ArtifactProgress: Hashable, Sendable, Codable {
    package var attempt: AttemptID?
    package var name: String
    package var manifest: String
    /// Not all that is missing, only what is to be sent next.
    package var wanted: [BlobCursor]
    /// It is kept under this number.
    package var version: Int?
    /// It is not taken, and why.
    package var problem: String?

    package init(
        attempt: AttemptID?, name: String, manifest: String, wanted: [BlobCursor] = [], version: Int? = nil,
        problem: String? = nil
    ) {
        self.attempt = attempt
        self.name = name
        self.manifest = manifest
        self.wanted = wanted
        self.version = version
        self.problem = problem
    }
}

/// A piece of a content.
package struct BlobChunk: Hashable, Sendable, Codable {
    /// Bytes in one of them, at most: what a line holds with ease.
    package static let maximumSize = 192 << 10

    package var digest: String
    package var offset: Int
    package var base64: String
    /// Of the whole content.
    package var size: Int?

    package init(digest: String, offset: Int, base64: String, size: Int? = nil) {
        self.digest = digest
        self.offset = offset
        self.base64 = base64
        self.size = size
    }
}

/// How much of a content is kept; what is to be sent next begins there.
package struct BlobKept: Hashable, Sendable, Codable {
    package var digest: String
    package var offset: Int
    /// Why it is not taken: it was not asked for, or its bytes have another digest.
    package var problem: String?

    package init(digest: String, offset: Int, problem: String? = nil) {
        self.digest = digest
        self.offset = offset
        self.problem = problem
    }
}

/// One version of an artifact.
package struct ArtifactRow: Hashable, Sendable, Codable {
    package var name: String
    package var version: Int
    /// The sweep whose artifact it is; nil: a person's.
    package var sweep: SweepID?
    package var trial: TrialID?
    package var attempt: Int?
    package var type: String?
    package var manifest: String
    package var size: Int
    package var files: Int
    package var created: Timestamp
    package var aliases: [String]
    package var metadata: ParameterValue?
    /// Of the trial that has made it.
    package var objective: Double?
    /// The attempts that were given it.
    package var uses: [AttemptID]

    package init(
        name: String, version: Int, sweep: SweepID?, trial: TrialID?, attempt: Int?, type: String?, manifest: String,
        size: Int, files: Int, created: Timestamp, aliases: [String], metadata: ParameterValue?, objective: Double?,
        uses: [AttemptID]
    ) {
        self.name = name
        self.version = version
        self.sweep = sweep
        self.trial = trial
        self.attempt = attempt
        self.type = type
        self.manifest = manifest
        self.size = size
        self.files = files
        self.created = created
        self.aliases = aliases
        self.metadata = metadata
        self.objective = objective
        self.uses = uses
    }

    /// As a person names it.
    package var reference: String { (sweep.map { "\($0)/" } ?? "") + "\(name):v\(version)" }
}

/// What was freed.
package struct FreedBlobs: Hashable, Sendable, Codable {
    /// Versions that are gone, contents that no version has any more, and their bytes on the disk.
    package var versions: Int
    package var blobs: Int
    package var bytes: Int
    /// What is left.
    package var keptBlobs: Int?
    package var keptBytes: Int?

    package init(versions: Int, blobs: Int, bytes: Int, keptBlobs: Int? = nil, keptBytes: Int? = nil) {
        self.versions = versions
        self.blobs = blobs
        self.bytes = bytes
        self.keptBlobs = keptBlobs
        self.keptBytes = keptBytes
    }
}

/// What a client asks of artifacts.
package enum ArtifactRequest: Hashable, Sendable, Codable {
    /// Items: `ArtifactRow`, newest first; of one sweep, or of one name.
    case list(sweep: String?, name: String?)
    /// Item: `ArtifactRow`, then its `ArtifactFile`s. `sweep`: where it is looked for first.
    case find(reference: String, sweep: String?)
    /// Item: `ArtifactProgress`.
    case offer(offer: ArtifactOffer)
    /// Item: `BlobKept`.
    case write(chunk: BlobChunk)
    /// Items: `BlobChunk`s in order, to the end.
    case read(digest: String, offset: Int)
    /// One version, or with `all` every version of the name. Item: `FreedBlobs`.
    case remove(reference: String, sweep: String?, all: Bool)
    /// Items: `FreedBlobs`. Removes the contents that no version has.
    case collect
}
