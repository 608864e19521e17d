import SweepModel
import SweepRecord
import Testing

/// What real clients write of artifacts when they are offline; see `Fixtures/artifacts.py`.
@Suite struct WandbArtifactTests {
    @Test(arguments: ["0.17.9", "0.31.0"], [1, 100, 1 << 20])
    func `an offline run names its artifacts and where their files are`(version: String, piece: Int) throws {
        let bytes = try #require(Fixture.read("artifacts-\(version).wandb"))
        var reader = WandbArtifact.Reader()
        for start in stride(from: 0, to: bytes.count, by: piece) {
            reader.take(Array(bytes[start..<min(bytes.count, start + piece)]))
        }
        // The table's own artifact is not a person's.
        #expect(reader.artifacts.map(\.name) == ["model", "dataset"])
        let model = try #require(reader.artifacts.first)
        #expect(model.type == "model")
        #expect(model.metadata == ["epochs": 3])
        #expect(model.aliases == ["prod"])
        #expect(Set(model.files.map(\.path)) == ["extra/one.txt", "in/weights", "made.txt"])
        #expect(model.files.allSatisfy { $0.place?.hasPrefix("/") == true })
        #expect(reader.artifacts.last?.files.map(\.path) == ["one.txt"])
    }

    @Test func `what is cut or damaged is no artifact`() throws {
        let bytes = try #require(Fixture.read("artifacts-0.31.0.wandb"))
        var generator = SplitMix64(seed: 5)
        for _ in 0..<200 {
            var damaged = Array(bytes.prefix(.random(in: 0...bytes.count, using: &generator)))
            for _ in 0..<3 where !damaged.isEmpty {
                damaged[.random(in: 0..<damaged.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            var reader = WandbArtifact.Reader()
            reader.take(damaged)
            #expect(reader.artifacts.count <= 2)
        }
    }
}
