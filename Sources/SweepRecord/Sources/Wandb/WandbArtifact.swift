package import SweepModel

/// An artifact that an offline run of W&B has logged: what it is called, and where its files lie. Field numbers: wandb's
/// wandb_internal.proto, the same in 0.12 to 0.31.
package struct WandbArtifact: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        /// In the artifact.
        package var path: String
        /// Where the client has put it; nil: it only refers to it.
        package var place: String?
    }

    /// Names and types that people have given, as near as can be.
    package var name = ""
    package var type: String?
    package var metadata: ParameterValue?
    /// Without those that move by themselves.
    package var aliases: [String] = []
    package var files: [File] = []
    /// Its list of files is in a file of its own, which is not read.
    package var isIncomplete = false

    /// The artifacts that a `.wandb` file has, in the order in which they were logged; not those that the client makes by
    /// itself, of tables and code.
    package struct Reader {
        private var log = WandbLog()
        package private(set) var artifacts: [WandbArtifact] = []

        package init() {}

        /// Bytes that follow those before.
        package mutating func take(_ bytes: [UInt8]) {
            var found: [WandbArtifact] = []
            log.take(bytes) { record in
                record.eachField { number, value in
                    if number == 8, let artifact = WandbArtifact(value.content) { found.append(artifact) }
                }
            }
            for artifact in found where artifacts.count < 10_000 { artifacts.append(artifact) }
        }
    }

    /// What the client makes by itself: tables that were logged, histories, jobs.
    private static func isOwn(_ type: String) -> Bool {
        type == "run_table" || type == "job" || type.hasPrefix("wandb-")
    }

    /// `ArtifactRecord`; nil: not a person's.
    private init?(_ message: UnsafeRawBufferPointer) {
        message.eachField { number, value in
            switch number {
            case 4: type = value.text
            case 5: name = value.text
            case 8: metadata = Self.metadata(value.content)
            case 11: if aliases.count < 100, ArtifactManifest.isAlias(value.text) { aliases.append(value.text) }
            case 12: manifest(value.content)
            default: break
            }
        }
        guard !name.isEmpty, type.map(Self.isOwn) != true else { return nil }
        name = ArtifactManifest.name(from: name)
        type = type.flatMap { $0.isEmpty ? nil : ArtifactManifest.name(from: $0) }
    }

    private static func metadata(_ json: UnsafeRawBufferPointer) -> ParameterValue? {
        guard json.count <= ArtifactManifest.maximumMetadata, let value = try? JSONParser.parse(Array(json)),
            value.members?.isEmpty == false
        else { return nil }
        return value
    }

    /// `ArtifactManifest`: contents = 4 {path = 1, ref = 3, local_path = 6}, manifest_file_path = 5.
    private mutating func manifest(_ message: UnsafeRawBufferPointer) {
        message.eachField { number, value in
            if number == 5 { isIncomplete = true }
            guard number == 4, files.count < ArtifactManifest.maximumFiles else { return }
            var file = File(path: "")
            value.content.eachField { number, value in
                if number == 1 { file.path = value.text }
                if number == 6, !value.content.isEmpty { file.place = value.text }
            }
            files.append(file)
        }
    }
}
