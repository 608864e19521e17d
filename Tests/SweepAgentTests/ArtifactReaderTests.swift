import Glibc
import SweepModel
import SweepRecord
import Testing

@testable import SweepAgent

/// What ended trials have left, as it is read.
@Suite struct ArtifactReaderTests {
    let folder: TemporaryFolder
    let attempt: AttemptFolder

    init() throws {
        folder = try TemporaryFolder()
        attempt = AttemptFolder(path: folder.path + "/attempt")
        try folder.write("attempt/artifacts/model/weights", "w")
        try folder.write("secret/key", "secret")
    }

    private func hollow(_ path: String) {
        let file = open(path, O_RDWR | O_CREAT, 0o600)
        ftruncate(file, 4 << 40)
        close(file)
    }

    @Test func `a file of nothing but holes is left out at once, and the rest is taken`() throws {
        hollow(attempt.artifacts + "/model/empty")
        hollow(attempt.artifacts + "/alone")
        let (artifacts, problems) = ArtifactReader.read(attempt)
        #expect(artifacts.map(\.name) == ["model"])
        #expect(artifacts.first?.scan.manifest.files.map(\.path) == ["weights"])
        #expect(problems.count == 2 && problems.allSatisfy { $0.contains("\(4 << 40) bytes") }, "\(problems)")
    }

    @Test func `reading ends when the agent does`() {
        let file = ArtifactReader.read(attempt) { true }
        #expect(file.artifacts.isEmpty)
    }

    @Test func `a folder that is exchanged for a link while it is kept gives nothing away`() throws {
        let (artifacts, _) = ArtifactReader.read(attempt)
        let artifact = try #require(artifacts.first)
        #expect(try artifact.open("weights").size == 1)
        rename(attempt.artifacts + "/model", folder.path + "/moved")
        symlink(folder.path + "/secret", attempt.artifacts + "/model")
        #expect(throws: SweepError.self) { try artifact.open("key") }
        ArtifactReader.remove(artifact)
        #expect(text(folder.path + "/secret/key") == "secret")
    }

    @Test func `a metric file of nothing but holes does not keep its trial from ending`() throws {
        let path = folder.path + "/metrics.csv"
        hollow(path)
        let file = RecordFile(path, CSVFileSource.self, prefix: "")
        let (bytes, isComplete) = file.read(limit: 1 << 20) { _ in }
        #expect(bytes == 0 && isComplete)
    }
}
