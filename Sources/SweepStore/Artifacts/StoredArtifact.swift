package import SweepModel

/// One version of an artifact, as the store has it.
package struct StoredArtifact: Hashable, Sendable {
    package var id: Int64
    package var name: String
    package var version: Int
    /// nil: a person has put it.
    package var sweep: SweepID?
    package var attempt: AttemptID?
    package var type: String?
    package var manifest: String
    package var size: Int
    package var files: Int
    package var metadata: ParameterValue?
    package var created: Timestamp
    /// Those that people and scripts have set.
    package var aliases: [String]
    /// Of the trial that has made it, where that has finished with a finite one.
    package var objective: Double?
    package var uses: [AttemptID]
    /// Nothing further happens to the trial that has made it.
    package var isFinal: Bool
}

/// A version that is to be kept.
package struct NewArtifact: Sendable {
    package var name: String
    package var attempt: AttemptID?
    /// The digest of the manifest.
    package var digest: String
    package var manifest: ArtifactManifest
    package var aliases: [String]
    package var created: Timestamp

    package init(
        name: String, attempt: AttemptID?, digest: String, manifest: ArtifactManifest, aliases: [String],
        created: Timestamp
    ) {
        self.name = name
        self.attempt = attempt
        self.digest = digest
        self.manifest = manifest
        self.aliases = aliases
        self.created = created
    }
}
