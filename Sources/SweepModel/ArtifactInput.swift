/// An artifact that a trial is given before it starts.
package struct ArtifactInput: Hashable, Sendable, Codable {
    /// Of one trial, at most.
    package static let maximum = 64
    /// Names inputs beside `use_artifact`: in a sweep file's `environment`, or of the agent.
    package static let variable = "SWEEP_USE_ARTIFACTS"

    /// As a person names it (`ArtifactReference`).
    package var reference: String
    /// What its folder in `SWEEP_INPUT_ARTIFACTS_DIR` is called.
    package var folder: String

    /// - Parameter folder: nil: the artifact's name.
    /// - Throws: `.usage` where one of them is none.
    package init(_ reference: String, folder: String? = nil) throws(SweepError) {
        guard let parsed = ArtifactReference(reference) else {
            throw SweepError(
                .usage, "'\(reference.prefix(80))' names no artifact",
                remedy: "write NAME, NAME:v3, NAME:latest or NAME:best, with SWEEP/ before it where that is needed")
        }
        if let folder, !ArtifactManifest.isName(folder) {
            throw SweepError(
                .usage, "'\(folder.prefix(80))' is no name of a folder", remedy: "use letters, digits and -_.")
        }
        self.reference = reference
        self.folder = folder ?? parsed.name
    }

    /// `[FOLDER=]ARTIFACT`, with commas or spaces between them.
    package static func list(_ text: String) throws(SweepError) -> [ArtifactInput] {
        var inputs: [ArtifactInput] = []
        for word in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            let ends = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            inputs.append(try ends.count == 2 ? ArtifactInput(ends[1], folder: ends[0]) : ArtifactInput(ends[0]))
            guard inputs.count <= maximum else { break }
        }
        try check(inputs)
        return inputs
    }

    /// - Throws: `.usage` where they cannot be given to one trial.
    package static func check(_ inputs: [ArtifactInput]) throws(SweepError) {
        guard inputs.count <= maximum else {
            throw SweepError(.usage, "a trial is given at most \(maximum) artifacts", remedy: "put several into one")
        }
        var folders: Set<String> = []
        for input in inputs where !folders.insert(input.folder).inserted {
            throw SweepError(
                .usage, "two artifacts would be given in one folder, '\(input.folder)'",
                remedy: "give one of them another: {name: \(input.reference), as: other}")
        }
    }
}
