package import SweepModel

/// A trial is to be given artifacts: which versions are they? Answered with `InputAnswer`; asked again, it is answered again.
package struct InputRequest: Hashable, Sendable, Codable {
    package var attempt: AttemptID
    /// As a person names them (`ArtifactReference`).
    package var references: [String]

    package init(attempt: AttemptID, references: [String]) {
        self.attempt = attempt
        self.references = references
    }
}

/// One version of what was asked for. Its manifest is fetched like a file, and says what else there is to fetch.
package struct InputVersion: Hashable, Sendable, Codable {
    /// What was asked for.
    package var reference: String
    /// What that is now: `[SWEEP/]NAME:vN`.
    package var version: String
    /// The digest and the length of its manifest.
    package var manifest: String
    package var size: Int

    package init(reference: String, version: String, manifest: String, size: Int) {
        self.reference = reference
        self.version = version
        self.manifest = manifest
        self.size = size
    }
}

/// What an attempt is given: noted as used by it.
package struct InputAnswer: Hashable, Sendable, Codable {
    package var attempt: AttemptID
    /// In the order in which they were asked for.
    package var inputs: [InputVersion]
    /// Why it cannot be given them.
    package var problem: SweepError?

    package init(attempt: AttemptID, inputs: [InputVersion] = [], problem: SweepError? = nil) {
        self.attempt = attempt
        self.inputs = inputs
        self.problem = problem
    }
}

/// A piece of a content that an agent has asked for with a `BlobCursor`: up to `BlobChunk.maximumSize` bytes.
package struct BlobContent: Hashable, Sendable, Codable {
    package var digest: String
    package var offset: Int
    package var base64: String?
    /// Why it cannot be had.
    package var problem: String?

    package init(digest: String, offset: Int, base64: String? = nil, problem: String? = nil) {
        self.digest = digest
        self.offset = offset
        self.base64 = base64
        self.problem = problem
    }
}
